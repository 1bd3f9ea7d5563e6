"""Files of weights whose objects are elsewhere, too large, too many, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from hostile import making
from hostile.making import SAFETENSORS, Good
from hostile.table import CORRUPT, KERNEL, LOADS, MISFIT, SLOT, UNSAFE, Case, weight_cases


def weights() -> list[Case]:
    """HDF5 files whose objects are elsewhere, too large, too many, or none."""

    def replaced(place: str, make: Callable[[h5py.Group, str], object]) -> Callable[[Good], bytes]:
        return lambda good: making.replaced(good, place, make)

    def changed(change: Callable[[h5py.File], object]) -> Callable[[Good], bytes]:
        return lambda good: making.changed_weights(good, change)

    def declared(*shape: int, **options: Any) -> Callable[[h5py.Group, str], object]:
        return lambda group, name: group.create_dataset(name, shape=shape, dtype="f4", **options)

    def virtual(group: h5py.Group, name: str) -> None:
        layout = h5py.VirtualLayout((3, 4), "f4")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (3, 4))
        group.create_virtual_dataset(name, layout)

    def with_text(group: h5py.Group, name: str) -> None:
        group.create_dataset(name, data=[["a" * 1000] * 4] * 3, dtype=h5py.string_dtype())

    compound = np.dtype([("a", "f4"), ("b", "f8")])
    external = [("/etc/passwd", 0, 48)]
    filters = {"lzf": "lzf", "fletcher32": None, "scaleoffset": None}
    return [
        *weight_cases("a link to another file", replaced(KERNEL, lambda group, name: group.__setitem__(
            name, h5py.ExternalLink("/etc/passwd", "x")
        )), *UNSAFE),
        *weight_cases("a link to another group", replaced("layers/dense", lambda group, name: group.__setitem__(
            name, h5py.SoftLink("/layers/dense_1")
        )), *UNSAFE),
        *weight_cases("data in another file", replaced(KERNEL, declared(3, 4, external=external)), *UNSAFE),
        *weight_cases("virtual data", replaced(KERNEL, virtual), *UNSAFE),
        *weight_cases("a weight of 400 million numbers", replaced(KERNEL, declared(400_000_000)), *MISFIT),
        *weight_cases("a weight of 400 million numbers in chunks", replaced(
            KERNEL, declared(400_000_000, chunks=(1000,), compression="gzip")
        ), *MISFIT),
        *weight_cases("a weight of more numbers than there are", replaced(KERNEL, declared(1 << 40, 1 << 20)), *MISFIT),
        *weight_cases("an optimizer's value of 400 million numbers", replaced(SLOT, declared(400_000_000)), LOADS),
        *weight_cases("a step count of 400 million numbers", replaced(
            "optimizer/vars/0", lambda group, name: group.create_dataset(name, shape=(400_000_000,), dtype="i4")
        ), LOADS),
        *weight_cases("a chunk of 1 GiB", replaced(
            KERNEL, lambda group, name: making.gzip_bomb(group, name, (3, 4), 1 << 30)
        ), *CORRUPT),
        *weight_cases("an optimizer's chunk of 1 GiB", replaced(
            SLOT, lambda group, name: making.gzip_bomb(group, name, (3, 4), 1 << 30)
        ), *CORRUPT, LOADS),
        *weight_cases("a chunk that is larger than its array", replaced(
            KERNEL, declared(3, 4, chunks=(1000, 4000), maxshape=(None, None))
        ), *CORRUPT),
        *weight_cases("numbers of 100 MB", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, shape=(3, 4), dtype="V100000000"
        )), *UNSAFE),
        *weight_cases("compound numbers", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, shape=(3, 4), dtype=compound
        )), *UNSAFE),
        *weight_cases("opaque numbers", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, data=np.zeros((3, 4), "V2")
        )), LOADS),
        *weight_cases("texts", replaced(KERNEL, with_text), *UNSAFE),
        *weight_cases("references", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, shape=(3, 4), dtype=h5py.ref_dtype
        )), *UNSAFE),
        *weight_cases("integers", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, data=np.zeros((3, 4), "i4")
        )), *MISFIT),
        *weight_cases("complex numbers", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, data=np.zeros((3, 4), "c8")
        )), *MISFIT),
        *weight_cases("nothing in a dataset", replaced(KERNEL, lambda group, name: group.create_dataset(
            name, data=h5py.Empty("f4")
        )), *CORRUPT),
        *weight_cases("a group for a weight", replaced(KERNEL, lambda group, name: group.create_group(name)), *CORRUPT),
        *weight_cases("a type for a weight", replaced(KERNEL, lambda group, name: group.__setitem__(
            name, np.dtype("f4")
        )), *CORRUPT),
        *weight_cases("a weight in two places", changed(lambda file: file.__setitem__(
            "layers/dense/vars/2", file[KERNEL]
        )), *CORRUPT),
        *weight_cases("2**22 paths", changed(_web), *CORRUPT),
        *weight_cases("groups in a circle", changed(lambda file: file["layers/dense"].__setitem__(
            "inner", file["layers"]
        )), *CORRUPT),
        *weight_cases("1,500 groups in each other", changed(
            lambda file: file.create_group("/".join(["a"] * 1500))
        ), *CORRUPT),
        *weight_cases("a name that is not UTF-8", changed(lambda file: h5py.h5g.create(file.id, b"a\xffb")), LOADS),
        *weight_cases("a name that is a number", changed(lambda file: file["layers/dense"]["vars"].attrs.__setitem__(
            "name", 7
        )), LOADS),
        *weight_cases("a name that is many texts", changed(_many_texts), LOADS),
        *weight_cases("a checksum that is many texts", changed(_many_checksums), LOADS),
        *weight_cases("20,000 groups", changed(_many_groups), *UNSAFE, *MISFIT, LOADS),
        *weight_cases("a tree whose nodes lead in a circle", lambda good: _patched(
            good, b"TREE", 16, lambda at: at
        ), *CORRUPT),
        *weight_cases("a heap whose objects have no end", lambda good: _patched(
            good, b"GCOL", 24, lambda at: (1 << 64) - 16
        ), *CORRUPT),
        *weight_cases("no HDF5", lambda good: b"\x89HDF\r\n\x1a\n" + bytes(100), *CORRUPT),
        *weight_cases("nothing", lambda good: b"", *CORRUPT),
        *[
            case
            for name, compression in filters.items()
            for case in weight_cases(f"the filter {name}", replaced(KERNEL, declared(
                3, 4, chunks=(3, 4), compression=compression, **({name: True} if compression is None and
                name != "scaleoffset" else {"scaleoffset": 3} if name == "scaleoffset" else {})
            )), *UNSAFE)
        ],
    ]  # fmt: skip


def _patched(good: Good, sign: bytes, offset: int, word: Callable[[int], int]) -> bytes:
    """The good weights with another number behind the first place of a signature."""
    content = bytearray(good.weights)
    at = content.index(sign)
    content[at + offset : at + offset + 8] = word(at).to_bytes(8, "little")
    return bytes(content)


def _web(file: h5py.File) -> None:
    group = file.create_group("web")
    for _ in range(22):
        inner = group.create_group("a")
        group["b"] = inner
        group = inner


def _many_texts(file: h5py.File) -> None:
    del file["layers/dense/vars"].attrs["name"]
    file["layers/dense/vars"].attrs["name"] = ["a" * 10_000] * 1000


def _many_checksums(file: h5py.File) -> None:
    file[KERNEL].attrs["crc32"] = ["a" * 10_000] * 1000


def _many_groups(file: h5py.File) -> None:
    for i in range(20_000):
        file.create_group(f"many/{i}")


def tensors() -> list[Case]:
    """Files of safetensors whose header lies."""
    entry = {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}
    headers: dict[str, Any] = {
        "an array of 2**60 numbers": {KERNEL: {**entry, "shape": [1 << 30, 1 << 30]}},
        "a place behind the end": {KERNEL: {**entry, "data_offsets": [1 << 40, (1 << 40) + 48]}},
        "negative sizes": {KERNEL: {**entry, "shape": [-3, -4]}},
        "a dtype of its own": {KERNEL: {**entry, "dtype": "X9"}},
        "an entry that is a number": {KERNEL: 3},
        "metadata that are a number": {"__metadata__": 7, KERNEL: entry},
        "names that are no JSON": {"__metadata__": {"format": "keraslite.weights", "names": "["}},
        "a million lists": {"a": [[]] * 1_000_000},
    }
    cases = [
        Case(
            name,
            SAFETENSORS,
            lambda good, header=header: making.safetensors(header, bytes(48)),
            (*CORRUPT, *UNSAFE, *MISFIT),
        )
        for name, header in headers.items()
    ]
    return [
        *cases,
        Case("a header of 2**60 bytes", SAFETENSORS, lambda good: b"\xff" * 7 + b"\0" * 9, CORRUPT),
        Case("a header of no bytes", SAFETENSORS, lambda good: b"", CORRUPT),
    ]
