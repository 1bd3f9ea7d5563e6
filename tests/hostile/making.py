"""What hostile files are made of: a good file, and ways to change one part of it."""

from __future__ import annotations

import base64
import io
import json
import marshal
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

import keraslite as keras
from keraslite import layers, saving

ARCHIVE, WEIGHTS, SAFETENSORS = ".keras", ".weights.h5", ".safetensors"
DIRECTORY = struct.Struct("<4s6H3L5H2L")  # an entry in the directory of a zip archive


def network() -> Any:
    """The model of the good file."""
    x = keras.Input((3,), name="x")
    y = layers.Dense(2, name="out")(layers.Dense(4, activation="relu", name="hidden")(x))
    net = keras.Model(x, y, name="net")
    net.compile(keras.optimizers.Adam(), "mse")
    return net


class Good:
    """The content of a good file of each kind, and the code that a bad one may want to run."""

    def __init__(self, marker: str):
        self.marker = marker
        net = network()
        net.optimizer.build(net.trainable_variables)
        self.archive = saving.dumps(net)
        with zipfile.ZipFile(io.BytesIO(self.archive)) as archive:
            self.members = {name: archive.read(name) for name in archive.namelist()}
        self.weights = self.members["model.weights.h5"]
        self.config = json.loads(self.members["config.json"])

    @property
    def lambda_code(self) -> str:
        """A marshalled function that makes the marker."""
        code = compile(f"lambda x: open({self.marker!r}, 'w')", "<file>", "eval").co_consts[0]
        return base64.b64encode(marshal.dumps(code)).decode()


def zipped(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def with_config(good: Good, change: Callable[[dict], object]) -> bytes:
    """The good archive with a changed config. What `change` returns takes its place, unless that is None."""
    config = json.loads(good.members["config.json"])
    new = change(config)
    return with_members(good, {"config.json": json.dumps(config if new is None else new)})


def with_members(good: Good, members: Mapping[str, bytes | str], method: int = zipfile.ZIP_STORED) -> bytes:
    """The good archive with other members."""
    return zipped({**good.members, **members}, method)


def with_layer(good: Good, config: dict[str, Any]) -> bytes:
    """The good archive with another first layer after the input. `config` is as in a file, without its calls."""

    def change(whole: dict) -> None:
        entry = whole["config"]["layers"][1]
        whole["config"]["layers"][1] = {**entry, **config}

    return with_config(good, change)


def builtin(class_name: str, config: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
    """An object of Keras as files have it."""
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


def stack(
    *entries: dict[str, Any], shape: tuple[int | None, ...] = (None, 3), dtype: str = "float32"
) -> dict[str, Any]:
    """The config of a `Sequential` of these layers."""
    first = builtin("InputLayer", {"batch_shape": list(shape), "dtype": dtype, "name": "x"})
    return builtin("Sequential", {"name": "s", "layers": [first, *entries]}, "keras")


def archive_of(good: Good, config: object) -> bytes:
    """An archive with this config and the good weights."""
    return with_members(good, {"config.json": json.dumps(config)})


def changed_weights(good: Good, change: Callable[[h5py.File], object]) -> bytes:
    """The good weights after a change in HDF5."""
    buffer = io.BytesIO(good.weights)
    with h5py.File(buffer, "r+") as file:
        change(file)
    return buffer.getvalue()


def replaced(good: Good, place: str, make: Callable[[h5py.Group, str], object]) -> bytes:
    """The good weights with something else at a place."""

    def change(file: h5py.File) -> None:
        above, _, name = place.rpartition("/")
        del file[place]
        make(file[above], name)

    return changed_weights(good, change)


def deflated(*parts: tuple[bytes, int], bits: int = -zlib.MAX_WBITS) -> bytes:
    """A deflate stream of blocks, each repeated so many times. A repeated block is compressed once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    stream = [packer.flush(zlib.Z_FULL_FLUSH)]
    for block, count in parts:
        stream.append((packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)) * count)
    return b"".join([*stream, packer.flush()])


def with_stream(
    good: Good, name: str, stream: bytes, declared: int | None, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """The good archive with a member whose bytes are as they are given, and whose size is what is declared.

    With None the size and the checksum are right.
    """
    right = zlib.decompress(stream, -zlib.MAX_WBITS) if declared is None else b""
    declared = len(right) if declared is None else declared
    content = bytearray(zipped({**{n: c for n, c in good.members.items() if n != name}, name: stream}))
    at = content.rindex(b"PK\x01\x02")
    fields = list(DIRECTORY.unpack_from(content, at))
    fields[4], fields[7], fields[9] = method, zlib.crc32(right), declared
    DIRECTORY.pack_into(content, at, *fields)
    start = content.rindex(b"PK\x03\x04", 0, at)
    struct.pack_into("<H", content, start + 8, method)
    struct.pack_into("<LLL", content, start + 14, fields[7], fields[8], declared)
    return bytes(content)


def gzip_bomb(group: h5py.Group, name: str, shape: tuple[int, ...], size: int) -> None:
    """A dataset of a right shape whose one chunk is inflated to `size` bytes."""
    chunk = (256,) * len(shape)
    unlimited = (None,) * len(shape)
    dataset = group.create_dataset(name, shape=shape, dtype="f4", chunks=chunk, maxshape=unlimited, compression="gzip")
    stream = deflated((bytes(1 << 20), size >> 20), bits=zlib.MAX_WBITS)
    dataset.id.write_direct_chunk((0,) * len(shape), stream)


def safetensors(entries: Mapping[str, object], data: bytes = b"") -> bytes:
    """A file of safetensors with that header."""
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + data


def zeros(*shape: int) -> np.ndarray:
    """An array of zeros."""
    return np.zeros(shape, "float32")
