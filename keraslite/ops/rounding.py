"""Rounding: floors, ceilings, the nearest number, the whole part."""

from __future__ import annotations

from keraslite.ops.declare import Tensor, TensorLike, primitive
from keraslite.ops.dtype import promote_float, same
from keraslite.ops.elementwise import numbers
from keraslite.ops.shape import same_as_first

__all__ = ["ceil", "floor", "round", "trunc"]


@primitive(shape=same_as_first, dtype=promote_float)
def floor(x: TensorLike) -> Tensor:
    """Return the largest integer that is not above `x`, always floating.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.floor([1.5, -1.5])).tolist()
        [1.0, -2.0]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def ceil(x: TensorLike) -> Tensor:
    """Return the smallest integer that is not below `x`, always floating.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ceil([1.5, -1.5])).tolist()
        [2.0, -1.0]
    """
    ...


@primitive(shape=same_as_first, dtype=numbers)
def round(x: TensorLike, decimals: int = 0) -> Tensor:
    """Round `x` to a number of decimals; halves go to the even neighbour.

    Args:
        x: a tensor of any shape.
        decimals: the number of decimals, which may be negative; 0 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.round([0.5, 1.5, 2.25])).tolist()
        [0.0, 2.0, 2.0]
    """
    ...


@primitive(shape=same_as_first, dtype=same)
def trunc(x: TensorLike) -> Tensor:
    """Return the integer part of `x`, rounded towards 0.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.trunc([1.7, -1.7])).tolist()
        [1.0, -1.0]
    """
    ...
