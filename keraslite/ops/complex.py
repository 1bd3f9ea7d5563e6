"""Complex numbers from real ones and back. (`real`, `imag` and `conj` stand in `elementwise`.)"""

from __future__ import annotations

import math
from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import equal, isnan, less, logical_and, reals, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dimension import may_equal
from keraslite.ops.dtype import Names, promote_float
from keraslite.ops.elementwise import imag, multiply, part, real
from keraslite.ops.manipulation import stack
from keraslite.ops.shape import Dims, Mismatch, broadcast, shown
from keraslite.ops.trigonometry import arctan2, cos, sin

__all__ = ["angle", "polar", "view_as_complex", "view_as_real"]


def composed(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of complex numbers made of real ones; there is none of half precision, that becomes complex64."""
    common = reals(promote_float)(dtypes, attributes)[1]
    common = "float64" if common == "float64" else "float32"
    return (common,) * len(dtypes), "complex128" if common == "float64" else "complex64"


def floating_part(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """Of parts of numbers, as `part`, but integers become floatx."""
    return part(promote_float(dtypes, attributes)[0], attributes)


def _pairs(x: Dims) -> Dims:
    if not x or not may_equal(x[-1], 2):
        raise Mismatch(f"needs a last axis of size 2, the real and the imaginary part. Received shape {shown(x)}.")
    return x[:-1]


@primitive(shape=_pairs, dtype=composed, eager_check=True)
def view_as_complex(x: TensorLike) -> Tensor:
    """Return complex numbers from a last axis of (real, imaginary): `(..., 2)` becomes `(...)`.

    Args:
        x: a float tensor `(..., 2)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.view_as_complex([[1.0, 2.0]])).tolist()
        [(1+2j)]
    """
    ...


@composite(shape=lambda x: (*x, 2), dtype=floating_part)
def view_as_real(x: TensorLike) -> Tensor:
    """Return the real and imaginary parts as a last axis: `(...)` becomes `(..., 2)`.

    Args:
        x: a complex tensor.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.view_as_real(np.array([1 + 2j]))).tolist()
        [[1.0, 2.0]]
    """
    return stack([real(x), imag(x)], -1)


@composite(shape=broadcast, dtype=composed)
def polar(abs_: TensorLike, angle: TensorLike) -> Tensor:
    """Return complex numbers from modulus and angle.

    Keras says that the dtype is float32 in symbolic calls.

    Args:
        abs_: the modulus, a float tensor.
        angle: the angle in radians, of a shape that broadcasts with `abs_`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.polar([2.0], [0.0])).tolist()
        [(2+0j)]
    """
    return view_as_complex(stack([multiply(abs_, cos(angle)), multiply(abs_, sin(angle))], -1))


@composite(shape=lambda x: x, dtype=floating_part)
def angle(x: TensorLike) -> Tensor:
    """Return the angle in [-pi, pi] of complex numbers in the plane; for real numbers 0, or pi below 0.

    Args:
        x: a tensor of any shape, real or complex.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.angle([1.0, -1.0])).round(3))
        [0.    3.142]
    """
    if not lattice.is_complex(dtype_of(x)):
        return where(isnan(x), x, where(less(x, 0), math.pi, 0.0))
    across, up = real(x), imag(x)
    origin = logical_and(equal(across, 0), equal(up, 0))
    return arctan2(up, where(origin, 1, across))
