"""Windows: weights of so many points, symmetric, highest in the middle (Harris, 1978)."""

from __future__ import annotations

import math
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.backend.scopes import VariableBase
from keraslite.ops.comparison import reals
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite
from keraslite.ops.dimension import Dimension, apply
from keraslite.ops.division import divide
from keraslite.ops.dtype import explicit, promote_float
from keraslite.ops.elementwise import absolute, add, maximum, multiply, square, subtract
from keraslite.ops.exponential import sqrt
from keraslite.ops.shape import Dims, Mismatch, shown
from keraslite.ops.spacing import arange
from keraslite.ops.special import i0
from keraslite.ops.trigonometry import cos

__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]


def _count(x: Any) -> Any:
    x = x.value if isinstance(x, VariableBase) else x
    if isinstance(x, Dimension):
        return x
    try:
        count = -1 if isinstance(x, bool) else x.__index__()
    except (AttributeError, TypeError):
        count = -1
    if count < 0:
        raise Mismatch(f"needs the number of points, an integer of 0 or more. Received {x!r}.")
    return count


def _points(x: object, *rest: object) -> Dims:
    return (_count(x),)


def _places(x: object, dtype: str | None = None) -> Tensor:
    """Where the points lie: evenly from -1 to 1, a single one at 0."""
    count = _count(x)
    doubled = multiply(arange(count, dtype=dtype or lattice.default_float()), 2)
    steps: Any = apply("max", count - 1, 1)
    return divide(subtract(doubled, count - 1), steps)


def _cosines(x: object, weights: tuple[float, ...]) -> Tensor:
    """`weights[0] + weights[1] cos(pi t) + weights[2] cos(2 pi t)`, ... at the points."""
    angle = multiply(_places(x), math.pi)
    result: Any = weights[0]
    for k, weight in enumerate(weights[1:], 1):
        result = add(result, multiply(cos(multiply(angle, k)), weight))
    return result


@composite(shape=_points, dtype=explicit, eager_check=True)
def bartlett(x: int | Tensor) -> Tensor:
    """Return Bartlett's window, a triangle from 0 to 1 to 0.

    Args:
        x: the number of points, an int.

    Returns:
        A float tensor `(x,)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.bartlett(5)).round(3))
        [0.  0.5 1.  0.5 0. ]
    """
    return subtract(1, absolute(_places(x)))


@composite(shape=_points, dtype=explicit, eager_check=True)
def blackman(x: int | Tensor) -> Tensor:
    """Return Blackman's window, `0.42 + 0.5 * cos(pi * t) + 0.08 * cos(2 * pi * t)` for `t` from -1 to 1.

    Args:
        x: the number of points, an int.

    Returns:
        A float tensor `(x,)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(abs(ops.blackman(5))).round(3))
        [0.   0.34 1.   0.34 0.  ]
    """
    return _cosines(x, (0.42, 0.5, 0.08))


@composite(shape=_points, dtype=explicit, eager_check=True)
def hamming(x: int | Tensor) -> Tensor:
    """Return Hamming's window, `0.54 + 0.46 * cos(pi * t)` for `t` from -1 to 1.

    Args:
        x: the number of points, an int.

    Returns:
        A float tensor `(x,)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hamming(5)).round(3))
        [0.08 0.54 1.   0.54 0.08]
    """
    return _cosines(x, (0.54, 0.46))


@composite(shape=_points, dtype=explicit, eager_check=True)
def hanning(x: int | Tensor) -> Tensor:
    """Return von Hann's window, `0.5 + 0.5 * cos(pi * t)` for `t` from -1 to 1.

    Args:
        x: the number of points, an int.

    Returns:
        A float tensor `(x,)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hanning(5)).round(3))
        [0.  0.5 1.  0.5 0. ]
    """
    return _cosines(x, (0.5, 0.5))


def _kaiser_shape(x: object, beta: Dims) -> Dims:
    if beta:
        raise Mismatch(f"needs a scalar `beta`. Received shape {shown(beta)}.")
    return _points(x)


@composite(shape=_kaiser_shape, dtype=reals(promote_float), eager_check=True)
def kaiser(x: int | Tensor, beta: TensorLike) -> Tensor:
    """Return Kaiser's window, `i0(beta * sqrt(1 - t ** 2)) / i0(beta)` for `t` from -1 to 1.

    Args:
        x: the number of points, an int.
        beta: the shape: 0 for a rectangle; about 5 is near Hamming's window, 6 near von Hann's, 8.6 near Blackman's.

    Returns:
        A float tensor `(x,)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.kaiser(3, 0.0)).round(3))
        [1. 1. 1.]
    """
    inside = maximum(subtract(1, square(_places(x, dtype_of(beta)))), 0)
    return divide(i0(multiply(beta, sqrt(inside))), i0(beta))
