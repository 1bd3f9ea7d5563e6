"""Bits of integers, element by element; of booleans the logic operations."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DType, Tensor, TensorLike, composite, given, given_name, primitive
from keraslite.ops.dimension import Dimension, Size, apply
from keraslite.ops.dtype import Names, WrongDType, explicit_or_first, result_type
from keraslite.ops.operators import OPS
from keraslite.ops.shape import Dims, broadcast, same_as_first, shown

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "left_shift",
    "right_shift",
    "view",
]

#: The integers of the size of each float.
BITS = {"float16": "int16", "bfloat16": "int16", "float32": "int32", "float64": "int64"}


def integers(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `promote`, of integers and booleans only."""
    common = result_type(dtypes)
    if common != "bool" and not lattice.is_int(common):
        raise WrongDType(
            f"needs integers or booleans. Received dtypes {', '.join(d.rstrip('?') for d in dtypes)}. "
            "Use `ops.cast` first."
        )
    return (common,) * len(dtypes), common


def shift(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """As `integers`, but booleans become int32."""
    common = integers(dtypes, attributes)[1]
    common = "int32" if common == "bool" else common
    return (common,) * len(dtypes), common


@primitive(shape=broadcast, dtype=integers)
def bitwise_and(x: TensorLike, y: TensorLike) -> Tensor:
    """Return `x & y`.

    Args:
        x: integers of any shape.
        y: integers of a shape that broadcasts with `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_and([5, 6], 3)).tolist()
        [1, 2]
    """
    ...


@primitive(shape=broadcast, dtype=integers)
def bitwise_or(x: TensorLike, y: TensorLike) -> Tensor:
    """Return `x | y`.

    Args:
        x: integers of any shape.
        y: integers of a shape that broadcasts with `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_or([5, 6], 3)).tolist()
        [7, 7]
    """
    ...


@primitive(shape=broadcast, dtype=integers)
def bitwise_xor(x: TensorLike, y: TensorLike) -> Tensor:
    """Return `x ^ y`.

    Args:
        x: integers of any shape.
        y: integers of a shape that broadcasts with `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_xor([5, 6], 3)).tolist()
        [6, 5]
    """
    ...


@primitive(shape=same_as_first, dtype=integers)
def bitwise_invert(x: TensorLike) -> Tensor:
    """Return `~x`.

    Args:
        x: integers of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_invert([0, 5])).tolist()
        [-1, -6]
    """
    ...


@primitive(shape=broadcast, dtype=shift)
def bitwise_left_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Return `x << y`.

    Args:
        x: integers of any shape.
        y: the number of bits, at least 0 and below the number of bits of the dtype.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_left_shift([1, 3], 2)).tolist()
        [4, 12]
    """
    ...


@primitive(shape=broadcast, dtype=shift)
def bitwise_right_shift(x: TensorLike, y: TensorLike) -> Tensor:
    """Return `x >> y`, which keeps the sign.

    Args:
        x: integers of any shape.
        y: the number of bits, at least 0 and below the number of bits of the dtype.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.bitwise_right_shift([4, -12], 2)).tolist()
        [1, -3]
    """
    ...


bitwise_not = bitwise_invert
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
OPS.update(bitwise_not=bitwise_not, left_shift=left_shift, right_shift=right_shift)


@primitive(shape=lambda x, size, dtype: (*x[:-1], size) if x else x, dtype=explicit_or_first)
def bitcast(x: TensorLike, size, dtype: DType) -> Tensor:
    """The bits of `x` as another dtype, with `size` numbers in the last axis: as many as make the same bits."""
    ...


@composite(dtype=explicit_or_first)
def view(x: TensorLike, dtype: DType = None) -> Tensor:
    """Return the bits of a tensor as another dtype.

    Args:
        x: `(..., n)`; of rank 0 only for a dtype of the same size.
        dtype: None for that of `x`.

    Returns:
        `(..., m)`: as many numbers of `dtype` as make the bits of `n` numbers. Where they are fewer, `n` must be a
        multiple. No gradient passes.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.view(np.array([1.0], "float32"), "int32")).tolist()
        [1065353216]
    """
    x = given(x)
    own = dtype_of(x)
    target = given_name(dtype) or own
    return x if target == own else bitcast(x, _view_size(dims_of(x), own, target), target)


def _view_size(x: Dims, own: str, target: str) -> Size | None:
    before, after = (lattice.to_numpy_dtype(name).itemsize for name in (own, target))
    if before == after:
        return x[-1] if x else None
    if not x or (not isinstance(x[-1], Dimension) and x[-1] * before % after):
        raise ArgumentError(
            f"`view` needs a last axis whose bits are whole numbers of {target}. Received shape {shown(x)} of {own}."
        )
    return apply("//", x[-1] * before, after)
