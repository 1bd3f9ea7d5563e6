"""Trigonometric and hyperbolic functions, element by element; angles are in radians."""

from __future__ import annotations

import math

from keraslite.ops.comparison import reals
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import multiply
from keraslite.ops.shape import broadcast, same_as_first

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinh",
    "tan",
    "tanh",
]


@primitive(shape=same_as_first, dtype=promote_float)
def sin(x: TensorLike) -> Tensor:
    """The sine."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def cos(x: TensorLike) -> Tensor:
    """The cosine."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def tan(x: TensorLike) -> Tensor:
    """The tangent."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arcsin(x: TensorLike) -> Tensor:
    """The angle in [-pi/2, pi/2] whose sine is `x`."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arccos(x: TensorLike) -> Tensor:
    """The angle in [0, pi] whose cosine is `x`."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arctan(x: TensorLike) -> Tensor:
    """The angle in (-pi/2, pi/2) whose tangent is `x`."""
    ...


@primitive(shape=broadcast, dtype=promote_float)
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """The angle in [-pi, pi] of the point with ordinate `x1` and abscissa `x2`."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def sinh(x: TensorLike) -> Tensor:
    """The hyperbolic sine."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def cosh(x: TensorLike) -> Tensor:
    """The hyperbolic cosine."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def tanh(x: TensorLike) -> Tensor:
    """The hyperbolic tangent."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arcsinh(x: TensorLike) -> Tensor:
    """The inverse of `sinh`."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arccosh(x: TensorLike) -> Tensor:
    """The inverse of `cosh`, for `x` of at least 1."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arctanh(x: TensorLike) -> Tensor:
    """The inverse of `tanh`, for `x` in (-1, 1)."""
    ...


@composite(shape=same_as_first, dtype=reals(promote_float))
def deg2rad(x: TensorLike) -> Tensor:
    """Radians of degrees: `x * pi / 180`."""
    return multiply(x, math.pi / 180)


@composite(shape=same_as_first, dtype=reals(promote_float))
def rad2deg(x: TensorLike) -> Tensor:
    """Degrees of radians: `x * 180 / pi`."""
    return multiply(x, 180 / math.pi)
