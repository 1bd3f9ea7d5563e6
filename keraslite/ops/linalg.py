"""Matrices: factorisations, solutions and norms, over the last two axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, greater, not_equal, where
from keraslite.ops.contraction import matmul
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.differentiation import jvp
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.division import divide_no_nan, mod
from keraslite.ops.dtype import Dtypes, Names, promote_float
from keraslite.ops.elementwise import absolute, conj, multiply, numbers, power, square
from keraslite.ops.exponential import log, sqrt
from keraslite.ops.factorizations import (
    cholesky,
    det,
    eig,
    eigh,
    halves,
    inv,
    lu_factor,
    qr,
    real_name,
    solve,
    solve_triangular,
    square_matrices,
    svd,
)
from keraslite.ops.manipulation import broadcast_to, expand_dims, squeeze
from keraslite.ops.matrices import diagonal, eye
from keraslite.ops.order import moveaxis, swapaxes
from keraslite.ops.reduction import max, min, prod, sum
from keraslite.ops.spacing import arange

__all__ = [
    "cholesky",
    "cholesky_inverse",
    "det",
    "eig",
    "eigh",
    "inv",
    "jvp",
    "lstsq",
    "lu_factor",
    "matrix_power",
    "matrix_rank",
    "norm",
    "pinv",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]


@composite(dtype=numbers)
def matrix_power(x: TensorLike, n: int) -> Tensor:
    """Return square matrices multiplied by themselves `n` times.

    Args:
        x: square matrices, `(..., m, m)`. A negative `n` needs floating ones.
        n: the exponent, an int: 0 for the identity matrix, negative for powers of the inverse matrix.

    Returns:
        A tensor of the shape and dtype of `x` (int32 for booleans).

    Raises:
        ArgumentError: if `n` is no integer, or negative for matrices of integers.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.matrix_power([[1, 1], [0, 1]], 3)).tolist()
        [[1, 3], [0, 1]]
    """
    dims, name = square_matrices(shape_of(x), "matrix_power"), dtype_of(x)
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise ArgumentError(f"`matrix_power` needs an integer `n`. Received n={n!r}.")
    if n < 0:
        if lattice.is_int(name):
            raise ArgumentError(
                f"`matrix_power` needs floating matrices for a negative `n`. Received dtype {name} and n={n}. "
                "Use `ops.cast` first."
            )
        x, n = cast(inv(x), name), -n
    if not n:
        return broadcast_to(eye(dims[-1], dtype=name), dims)
    base, result = given(x), None
    while n:
        if n % 2:
            result = base if result is None else matmul(result, base)
        n //= 2
        base = matmul(base, base) if n else base
    return base if result is None else result


@composite(shape=lambda x, upper: square_matrices(x, "cholesky_inverse"), dtype=halves, eager_check=True)
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Tensor:
    """Return the inverse of matrices from their Cholesky factor.

    Args:
        x: Cholesky factors, `(..., n, n)`.
        upper: whether the factors are upper triangles; False by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.cholesky_inverse([[2.0, 0.0], [0.0, 4.0]])).round(3))
        [[0.25  0.   ]
         [0.    0.062]]
    """
    size = shape_of(x)[-1]
    inverse = solve_triangular(x, _eyes(x, size), not upper)
    turned = swapaxes(inverse, -1, -2)
    return inverse @ turned if upper else turned @ inverse


def _eyes(x: Any, size: Size) -> Tensor:
    return 0 * x + eye(size, dtype=dtype_of(x))  # one for each matrix of the batch


def _slogdet_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    given, common = halves(operands, attributes)
    return given, (common, real_name(common))


@composite(shape=lambda x: [square_matrices(x, "slogdet")[:-2]] * 2, dtype=_slogdet_dtype, eager_check=True)
def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Return the sign of determinants, and the logarithm of their absolute value.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        `(sign, logarithm)`, each `(...)`; 0 and minus infinity for singular matrices. The sign of a complex determinant
        is a number of modulus 1.

    Example:
        >>> from keraslite import ops
        >>> [float(part) for part in ops.slogdet([[-1.0]])]
        [-1.0, 0.0]
    """
    lu, pivots = lu_factor(x)
    exchanged = sum(cast(not_equal(pivots, arange(shape_of(pivots)[-1])), "int32"), axis=-1)
    factors = diagonal(lu, 0, -2, -1)
    sizes = absolute(factors)
    units = divide_no_nan(factors, cast(sizes, dtype_of(factors)))
    parity = cast(where(equal(mod(exchanged, 2), 0), 1, -1), dtype_of(factors))
    return multiply(parity, prod(units, axis=-1)), sum(log(sizes), axis=-1)


def _logdet_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    given, common = halves(operands, attributes)
    return given, real_name(common)


@composite(shape=lambda x: square_matrices(x, "logdet")[:-2], dtype=_logdet_dtype, eager_check=True)
def logdet(x: TensorLike) -> Tensor:
    """Return the logarithm of the absolute value of determinants.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        A tensor of shape `(...)`.

    Example:
        >>> from keraslite import ops
        >>> round(float(ops.logdet([[2.0, 0.0], [0.0, 4.0]])), 3)
        2.079
    """
    return slogdet(x)[1]


@composite(dtype=halves)
def pinv(x: TensorLike, rcond: float | None = None) -> Tensor:
    """Return the Moore-Penrose pseudo-inverse of matrices.

    Args:
        x: matrices, `(..., n, m)`.
        rcond: singular values below `rcond` times the largest count as 0; None (default) for `10 * max(n, m)` times the
            machine epsilon of the dtype.

    Returns:
        A tensor of shape `(..., m, n)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.pinv([[2.0, 0.0], [0.0, 4.0]])).round(3))
        [[0.5  0.  ]
         [0.   0.25]]
    """
    left, values, right = svd(x, False, True)
    if rcond is None:
        rcond = 10 * _larger(x) * _precision(values)
    kept = greater(values, rcond * max(values, axis=-1, keepdims=True))
    inverse = divide_no_nan(cast(kept, dtype_of(values)), values)
    scaled = conj(swapaxes(right, -1, -2)) * cast(expand_dims(inverse, -2), dtype_of(x))
    return scaled @ conj(swapaxes(left, -1, -2))


def _larger(x: Any) -> int:
    sizes = x.shape[-2:]
    if None in tuple(sizes) or any(isinstance(n, Dimension) for n in sizes):
        return 1
    return sizes[0] if sizes[0] > sizes[1] else sizes[1]


def _precision(x: TensorLike) -> float:
    return float(np.finfo(dtype_of(x)).eps)


def _rank_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    return halves(operands, attributes)[0], "int32"


@composite(dtype=_rank_dtype)
def matrix_rank(x: TensorLike, tol: float | None = None) -> Tensor:
    """Return the number of singular values above a tolerance.

    Args:
        x: matrices, `(..., n, m)`.
        tol: the tolerance; None (default) for `max(n, m)` times the machine epsilon times the largest singular value.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.matrix_rank([[1.0, 2.0], [2.0, 4.0]])).tolist()
        1
    """
    values = svd(x, False, False)
    limit = _larger(x) * _precision(values) * max(values, axis=-1, keepdims=True) if tol is None else tol
    return sum(cast(greater(values, limit), "int32"), axis=-1)


@composite(dtype=halves)
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Tensor:
    """Return the `x` of least norm that minimises `|a @ x - b|`.

    Args:
        a: a matrix `(n, m)`.
        b: `(n,)` or `(n, k)`.
        rcond: singular values below `rcond` times the largest count as 0; None (default) for `10 * max(n, m)` times the
            machine epsilon of the dtype.

    Returns:
        `(m,)` or `(m, k)`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.lstsq([[1.0, 0.0], [0.0, 2.0]], [1.0, 4.0])).round(3))
        [1. 2.]
    """
    a, b = given(a), given(b)
    if len(a.shape) != 2 or len(b.shape) not in (1, 2):
        raise ArgumentError(
            f"`lstsq` needs `a` of rank 2 and `b` of rank 1 or 2. Received shapes {tuple(a.shape)} and "
            f"{tuple(b.shape)}."
        )
    inverse = pinv(a, rcond)
    return squeeze(inverse @ expand_dims(b, -1), -1) if len(b.shape) == 1 else inverse @ b


def _norm_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    common = promote_float(operands, attributes)[1]
    return (common,), real_name(common)


@composite(dtype=_norm_dtype)
def norm(
    x: TensorLike, ord: float | str | None = None, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Tensor:
    """Return norms of vectors or matrices.

    Args:
        x: a tensor of any shape.
        ord: None (default), "fro", "nuc", infinity, minus infinity or a number, as for NumPy: a norm of vectors if
            `axis` is one axis (or `x` is a vector), of matrices if it is two.
        axis: an axis or two of them; None (default) for all of `x`.
        keepdims: whether the axes stay, with size 1; False by default.

    Example:
        >>> from keraslite import ops
        >>> round(float(ops.norm([3.0, 4.0])), 3)
        5.0
    """
    x = given(x)
    rank = len(x.shape)
    if axis is None:
        if ord is None:
            return _root(sum(square(absolute(x)), axis=None, keepdims=keepdims))
        axes: tuple[int, ...] = tuple(range(rank))
    else:
        axes = (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(a % rank for a in axes)
    if len(axes) == 1:
        return _vector_norm(absolute(x), ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ArgumentError(f"`norm` needs one or two axes where `ord` is given. Received axis={axis!r} for rank {rank}.")


def _vector_norm(size: TensorLike, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if ord is None or ord == 2:
        return _root(sum(square(size), axis=axes, keepdims=keepdims))
    if ord in ("fro", "nuc"):
        raise ArgumentError(f"`norm` needs two axes for ord={ord!r}. Received one.")
    if ord == math.inf:
        return max(size, axis=axes, keepdims=keepdims)
    if ord == -math.inf:
        return min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum(cast(not_equal(size, 0), dtype_of(size)), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis=axes, keepdims=keepdims)
    return _root(sum(power(size, ord), axis=axes, keepdims=keepdims), ord)


def _root(total: Tensor, degree: float = 2) -> Tensor:
    """The root of a sum of powers; of 0 its gradient is 0, the smallest of a norm's subgradients."""
    still = equal(total, 0)
    safe = where(still, 1, total)
    return where(still, 0 if degree > 0 else math.inf, sqrt(safe) if degree == 2 else power(safe, 1.0 / degree))


def _matrix_norm(x: TensorLike, ord: float | str | None, axes: tuple[int, ...], keepdims: bool) -> Tensor:
    if ord is None or ord == "fro":
        return _root(sum(square(absolute(x)), axis=axes, keepdims=keepdims))
    row, column = axes
    if ord in (1, -1, math.inf, -math.inf):
        first, second = (row, column) if abs(ord) == 1 else (column, row)
        totals = sum(absolute(x), axis=first, keepdims=True)
        result = (max if ord > 0 else min)(totals, axis=second, keepdims=True)
    elif ord in (2, -2, "nuc"):
        values = svd(moveaxis(x, axes, (-2, -1)), False, False)
        reduce = {2: max, -2: min, "nuc": sum}[ord]
        result = reduce(values, axis=-1)
        for axis in sorted(axes):
            result = expand_dims(result, axis)
    else:
        raise ArgumentError(f"`norm` needs `ord` of matrices among None, 'fro', 'nuc', 1, 2, inf. Received {ord!r}.")
    return result if keepdims else squeeze(result, axes)
