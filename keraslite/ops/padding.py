"""Padding: more elements before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraslite.errors import ArgumentError
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Name, Number, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.dtype import same
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import pad_constant
from keraslite.ops.shape import Dims

__all__ = ["pad"]

_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def _pairs(pad_width: object, rank: int) -> tuple[tuple[Size, Size], ...]:
    """One pair of sizes for each axis, from Keras's and NumPy's short forms."""
    given: Any = pad_width if isinstance(pad_width, (tuple, list, np.ndarray)) else (pad_width,)
    given = [tuple(p) if isinstance(p, (tuple, list, np.ndarray)) else p for p in given]
    if given and not any(isinstance(p, tuple) for p in given):  # one size, or one pair
        given = [tuple(given)]
    pairs = [(p[0], p[-1]) for p in given if isinstance(p, tuple) and len(p) in (1, 2)]
    pairs = pairs * rank if len(given) == len(pairs) == 1 else pairs
    negative = any(not isinstance(n, Dimension) and n < 0 for pair in pairs for n in pair)
    if len(pairs) != rank or negative:
        raise ArgumentError(
            f"`pad` needs `pad_width` to be a size of 0 or more, a pair, or one pair for each of {rank} axes. "
            f"Received {pad_width}."
        )
    return tuple(pairs)


def _checked(x: Dims, pad_width: object, mode: str, constant_values: object) -> tuple[tuple[Size, Size], ...]:
    if mode not in _MODES:
        raise ArgumentError(f"`pad` needs `mode` to be one of {', '.join(_MODES)}. Received {mode!r}.")
    if mode != "constant" and constant_values is not None:
        raise ArgumentError(f"`pad` needs `constant_values` for mode 'constant' only. Received mode {mode!r}.")
    return _pairs(pad_width, len(x))


def _padded(x: Dims, pad_width: object, mode: str = "constant", constant_values: object = None) -> Dims:
    pairs = _checked(x, pad_width, mode, constant_values)
    return tuple(before + size + after for size, (before, after) in zip(x, pairs, strict=True))


@composite(shape=_padded, dtype=same)
def pad(
    x: TensorLike,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    mode: Name = "constant",
    constant_values: Number = None,
) -> Tensor:
    """Add elements before and after the axes of a tensor.

    Args:
        x: of any shape.
        pad_width: a pair `(before, after)` for each axis; one pair or one size for all of them.
        mode: "constant"; "edge" repeats the last element; "reflect" mirrors without it, "symmetric" with it; "wrap"
            goes on at the other end.
        constant_values: for mode "constant" only; 0 where it is None.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.pad([1, 2], 1)).tolist()
        [0, 1, 2, 0]
    """
    x = given(x)
    dims = dims_of(x)
    pairs = _checked(dims, pad_width, mode, constant_values)
    if not dims:
        return x
    if mode == "constant":
        return pad_constant(x, pairs, 0 if constant_values is None else constant_values)
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            x = take(x, np.pad(np.arange(dims[axis], dtype="int32"), (before, after), mode), axis)  # type: ignore[call-overload]
    return x
