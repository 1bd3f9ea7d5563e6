"""What layers are called with, and the arguments that all of them take."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models import options as o
from random_models.drawing import Draw, made

Options = dict[str, Any]
FLOATS = ("float16", "bfloat16", "float64")
INTEGERS = ("int32", "int64", "uint8", "int8")
POLICIES = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def numbers(d: Draw, shape: list[int], dtype: str | None = None, scale: float = 1.0) -> dict[str, Any]:
    """Normal numbers, of float32 mostly."""
    dtype = kind(d) if dtype is None else dtype
    values = d.generator.normal(size=shape) * scale
    if dtype in INTEGERS:
        values = np.round(values * 3)
        values = np.abs(values) if dtype.startswith("u") else values
    return {"array": values.astype("float32"), "dtype": dtype}


def kind(d: Draw, integers: bool = True) -> str:
    """A dtype."""
    if d.chance(0.85):
        return "float32"
    return d.one([*FLOATS, *(INTEGERS[:3] if integers else ())])


def steps_of_zeros(d: Draw, leaf: dict[str, Any]) -> dict[str, Any]:
    """The same numbers, some rows of which are zeros, so that `Masking` takes them for padding; never all of them."""
    values = leaf["array"].copy()
    hidden = d.generator.random(values.shape[:2]) < 0.4
    hidden[np.arange(len(values)), d.generator.integers(0, values.shape[1], len(values))] = False
    values[hidden] = 0
    return {**leaf, "array": values}


def truth(d: Draw, shape: list[int], share: float = 0.6) -> dict[str, Any]:
    """A mask."""
    return {"array": d.generator.random(shape) < share, "dtype": "bool"}


def sizes(d: Draw, rank: int, low: int = 1, high: int = 7) -> list[int]:
    """Sizes of axes; sometimes all are 1."""
    if d.chance(0.04):
        return [1] * rank
    return [d.whole(low, high) for _ in range(rank)]


def layer(d: Draw, name: str, /, penalty: bool = True, **options: Any) -> dict[str, Any]:
    """A layer with the arguments that all of them take, rarely."""
    options["name"] = "layer"
    if d.chance(0.1):
        options["dtype"] = d.one(POLICIES)
    if d.chance(0.05) and penalty:
        options["activity_regularizer"] = o.regularizer(d, 1)
    return made(f"layers.{name}", **options)


def data_format(d: Draw) -> Options:
    """The order of the axes, often left out."""
    return d.one([{}, {}, {"data_format": "channels_last"}, {"data_format": "channels_first"}])


def shaped(batch: int, inner: list[int], channels: int, options: Options) -> list[int]:
    """A shape in the format that the options say."""
    if options.get("data_format") == "channels_first":
        return [batch, channels, *inner]
    return [batch, *inner, channels]


def unknown(d: Draw, axes: list[int]) -> list[int]:
    """Axes whose size a symbolic call does not know: the batch, and perhaps some of those."""
    return [0, *(axis for axis in axes if d.chance(0.3))]
