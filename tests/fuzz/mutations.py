"""Changes of files that keep their structure: of values in JSON, of headers of archives, of parts of HDF5 files."""

from __future__ import annotations

import io
import json
import random
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from fuzz.corpus import Seed

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 3, 0.5, -0.0, 1e-300, 1e308, 2**31, 2**63, 10**30, 300_000_000, "", "x", "relu",
    "/etc/passwd", "../x", "a\0b", "\ud800", "ü" * 300, "float64", "int8", "string", [], {}, [None], [0], [[]],
    [1, 2, 3],
    {"class_name": "Dense", "config": {}}, {"class_name": "function", "config": "exp", "module": "builtins"},
    {"class_name": "__numpy__", "config": {"value": [1], "dtype": "float32"}},
    {"class_name": "__lambda__", "config": ""},
    {"class_name": "__keras_tensor__", "config": {"shape": [3], "dtype": "float32", "keras_history": ["x", 0, 0]}},
    {"class_name": "__tensor__", "config": {"value": [[1]], "dtype": "x"}}, {"class_name": "__slice__", "config": {}},
    float("nan"), float("inf"),
)  # fmt: skip
CLASSES = (
    "Dense", "Embedding", "LSTM", "GRU", "Bidirectional", "TimeDistributed", "Conv2D", "BatchNormalization", "Flatten",
    "Reshape", "Permute", "Lambda", "InputLayer", "Sequential", "Functional", "Model", "RNN", "StackedRNNCells",
    "Attention", "EinsumDense", "Resizing", "Discretization", "TextVectorization", "Adam", "MeanSquaredError", "AUC",
    "HeNormal", "L2", "MaxNorm", "DTypePolicy", "Function", "Variable", "Layer",
)  # fmt: skip
WORDS = (
    0,
    1,
    7,
    8,
    0x7F,
    0xFF,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    0x7FFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF,
    1 << 20,
    1 << 33,
)
SIGNS = re.compile(rb"TREE|SNOD|HEAP|GCOL|OHDR|OCHK|FRHP|FHDB|BTHD|BTLF|\x89HDF|PK\x01\x02|PK\x03\x04|PK\x05\x06")


def mutated(seed: Seed, draw: random.Random) -> bytes:
    """A file like `seed` with some changes."""
    content = seed.content
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if seed.ending == ".keras":
            content = _archive(content, draw)
        elif seed.ending == ".safetensors":
            content = draw.choice((_tensors, _bytes))(content, draw)
        else:
            content = _hdf5(content, draw)
    return content


def _archive(content: bytes, draw: random.Random) -> bytes:
    """A change in the config, in the weights, of members, or of the archive itself."""
    kind = draw.random()
    if kind < 0.15:
        return _bytes(content, draw)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, EOFError, zlib.error, ValueError):
        return _bytes(content, draw)
    name = draw.choice([*members, "config.json", "config.json", "model.weights.h5"])
    if name == "config.json":
        members[name] = _json(members.get(name, b"{}"), draw)
    elif name.endswith(".h5"):
        members[name] = _hdf5(members.get(name, b""), draw)
    elif kind < 0.6:
        members[name] = _bytes(members[name], draw)
    else:
        members[draw.choice(("assets/../x", "assets/layers/string_lookup/vocabulary.txt", "b", "config.json/"))] = (
            members.pop(name)
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for each, data in members.items():
            archive.writestr(each, data)
    return buffer.getvalue()


def _tensors(content: bytes, draw: random.Random) -> bytes:
    """A change in the header of a file of safetensors."""
    length = struct.unpack("<Q", content[:8])[0] if len(content) >= 8 else 0
    if length > len(content):
        return _bytes(content, draw)
    header = _json(content[8 : 8 + length], draw)
    return struct.pack("<Q", len(header)) + header + content[8 + length :]


# ---- JSON -----------------------------------------------------------------------------------------------------------


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in nested data: a dict or list, and a key or index."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from _places(inner)


def _json(text: bytes, draw: random.Random) -> bytes:
    """A change of a value, a key, or the order in JSON; sometimes of a byte."""
    if draw.random() < 0.05:
        return _bytes(text, draw)
    try:
        data = json.loads(text)
        places = list(_places(data))
    except (ValueError, AttributeError, TypeError):
        return _bytes(text, draw)
    if not places:
        return _bytes(text, draw)
    nest, key = draw.choice(places)
    kind = draw.random()
    named = [place for place in places if place[1] == "class_name"]
    if kind < 0.5:
        nest[key] = draw.choice(VALUES)
    elif kind < 0.6:
        del nest[key]
    elif kind < 0.75:
        other, other_key = draw.choice(places)
        nest[key] = json.loads(json.dumps(other[other_key] if _has(other, other_key) else None))
    elif kind < 0.85 and named:
        nest, key = draw.choice(named)
        nest[key] = draw.choice(CLASSES)
    elif kind < 0.93:
        numbers = [(n, k) for n, k in places if isinstance(n[k], int) and not isinstance(n[k], bool)]
        for nest, key in draw.sample(numbers, min(len(numbers), 2)):
            nest[key] = draw.choice(
                (nest[key] + 1, -nest[key], nest[key] * 1_000_003, nest[key] << 20, float(nest[key]))
            )
    elif isinstance(nest, list):
        nest.extend([nest[key]] * draw.choice((1, 5, 300)))
    else:
        nest[draw.choice(("name", "config", "module", "dtype", "trainable", "x", "build_config"))] = nest.pop(key)
    return json.dumps(data).encode()


def _has(nest: Any, key: Any) -> bool:
    return key in nest if isinstance(nest, dict) else key < len(nest)


# ---- bytes ----------------------------------------------------------------------------------------------------------


def _hdf5(content: bytes, draw: random.Random) -> bytes:
    """A change near the beginning of a structure of HDF5: a word, or some bytes. Sometimes anywhere."""
    places = [found.start() for found in SIGNS.finditer(content)]
    return _bytes(content, draw, places or None)


def _bytes(content: bytes, draw: random.Random, places: list[int] | None = None) -> bytes:
    """A change of bytes near one of the places, or near a signature, or anywhere."""
    if not content:
        return bytes(draw.randrange(256) for _ in range(draw.randrange(40)))
    data = bytearray(content)
    places = places if places is not None else [found.start() for found in SIGNS.finditer(content)]
    kind = draw.random()
    at = draw.randrange(len(data))
    if places and draw.random() < 0.8:
        at = min(len(data) - 1, draw.choice(places) + draw.randrange(96))
    if kind < 0.35:
        size = draw.choice((1, 2, 4, 8))
        word = draw.choice((*WORDS, len(data), draw.randrange(len(data)), *(places or [0])))
        data[at : at + size] = (word & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    elif kind < 0.6:
        data[at] ^= 1 << draw.randrange(8)
    elif kind < 0.75:
        data[at] = draw.randrange(256)
    elif kind < 0.82:
        del data[at:]
    elif kind < 0.88:
        del data[at : at + draw.choice((1, 2, 8, 100))]
    elif kind < 0.94:
        data[at:at] = data[at : at + draw.choice((1, 8, 100))]
    else:
        other = draw.randrange(len(data))
        size = draw.choice((8, 16, 64, 512))
        data[at : at + size] = data[other : other + size]
    return bytes(data)
