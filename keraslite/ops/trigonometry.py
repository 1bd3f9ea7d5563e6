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
    """Return the sine of angles in radians.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sin([0.0, 1.0])).round(3))
        [0.    0.841]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def cos(x: TensorLike) -> Tensor:
    """Return the cosine of angles in radians.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.cos([0.0, 1.0])).round(3))
        [1.   0.54]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def tan(x: TensorLike) -> Tensor:
    """Return the tangent of angles in radians.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.tan([0.0, 1.0])).round(3))
        [0.    1.557]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arcsin(x: TensorLike) -> Tensor:
    """Return the angle in [-pi / 2, pi / 2] whose sine is `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arcsin([0.0, 1.0])).round(3))
        [0.    1.571]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arccos(x: TensorLike) -> Tensor:
    """Return the angle in [0, pi] whose cosine is `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arccos([1.0, 0.0])).round(3))
        [0.    1.571]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arctan(x: TensorLike) -> Tensor:
    """Return the angle in (-pi / 2, pi / 2) whose tangent is `x`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arctan([0.0, 1.0])).round(3))
        [0.    0.785]
    """
    ...


@primitive(shape=broadcast, dtype=promote_float)
def arctan2(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the angle in [-pi, pi] of the point with the abscissa `x2` and the ordinate `x1`.

    Args:
        x1, x2: tensors or numbers whose shapes broadcast to each other; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arctan2([1.0, 1.0], [1.0, 0.0])).round(3))
        [0.785 1.571]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def sinh(x: TensorLike) -> Tensor:
    """Return the hyperbolic sine.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sinh([0.0, 1.0])).round(3))
        [0.    1.175]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def cosh(x: TensorLike) -> Tensor:
    """Return the hyperbolic cosine.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.cosh([0.0, 1.0])).round(3))
        [1.    1.543]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def tanh(x: TensorLike) -> Tensor:
    """Return the hyperbolic tangent.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.tanh([0.0, 1.0])).round(3))
        [0.    0.762]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arcsinh(x: TensorLike) -> Tensor:
    """Return the inverse of `sinh`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arcsinh([0.0, 1.0])).round(3))
        [0.    0.881]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arccosh(x: TensorLike) -> Tensor:
    """Return the inverse of `cosh`, for `x` of at least 1.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arccosh([1.0, 2.0])).round(3))
        [0.    1.317]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def arctanh(x: TensorLike) -> Tensor:
    """Return the inverse of `tanh`, for `x` in (-1, 1).

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.arctanh([0.0, 0.5])).round(3))
        [0.    0.549]
    """
    ...


@composite(shape=same_as_first, dtype=reals(promote_float))
def deg2rad(x: TensorLike) -> Tensor:
    """Convert degrees to radians: `x * pi / 180`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.deg2rad([0.0, 180.0])).round(3))
        [0.    3.142]
    """
    return multiply(x, math.pi / 180)


@composite(shape=same_as_first, dtype=reals(promote_float))
def rad2deg(x: TensorLike) -> Tensor:
    """Convert radians to degrees: `x * 180 / pi`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.rad2deg([0.0, 1.0])).round(3))
        [ 0.    57.296]
    """
    return multiply(x, 180 / math.pi)
