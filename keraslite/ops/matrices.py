"""Matrices with a given diagonal, triangles of matrices, and their diagonals."""

from __future__ import annotations

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.comparison import equal, greater_equal, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DType, Tensor, TensorLike, composite
from keraslite.ops.dimension import Size, apply
from keraslite.ops.dtype import explicit, same, total
from keraslite.ops.elementwise import add, multiply, numbers, power
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import expand_dims, pad_constant, reshape
from keraslite.ops.order import transpose
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims, Mismatch, reduced, shown
from keraslite.ops.spacing import arange

__all__ = [
    "diag",
    "diagonal",
    "eye",
    "identity",
    "trace",
    "tri",
    "tril",
    "triu",
    "vander",
]


def _matrix(N: Size, M: Size | None = None, k: int = 0, dtype: str | None = None) -> Dims:
    M = N if M is None else M
    for name, size in (("N", N), ("M", M), ("k", k)):
        if isinstance(size, (float, np.floating)):
            raise DTypeError(f"A matrix of `eye` or `tri` needs an integer `{name}`. Received {name}={size!r}.")
    return (N, M)


@composite(shape=_matrix, dtype=explicit, eager_check=True)
def eye(N: Size, M: Size | None = None, k: int = 0, dtype: DType = None) -> Tensor:
    """Return a matrix with ones on a diagonal and zeros elsewhere.

    Args:
        N: the number of rows.
        M: the number of columns; None (default) for `N`.
        k: the diagonal: 0 (default) for the main one, positive above it.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.eye(2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    rows, columns = arange(0, N), arange(0, N if M is None else M)
    return cast(equal(add(expand_dims(rows, 1), k), columns), dtype or lattice.default_float())


@composite(shape=lambda n, dtype=None: _matrix(n), dtype=explicit, eager_check=True)
def identity(n: Size, dtype: DType = None) -> Tensor:
    """Return the identity matrix.

    Args:
        n: the number of rows and columns.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.identity(2)).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return eye(n, dtype=dtype)


@composite(shape=_matrix, dtype=explicit, eager_check=True)
def tri(N: Size, M: Size | None = None, k: int = 0, dtype: DType = None) -> Tensor:
    """Return a matrix with ones on and below a diagonal and zeros above.

    Args:
        N: the number of rows.
        M: the number of columns; None (default) for `N`.
        k: the diagonal: 0 (default) for the main one, positive above it.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.tri(2)).tolist()
        [[1.0, 0.0], [1.0, 1.0]]
    """
    rows, columns = arange(0, N), arange(0, N if M is None else M)
    return cast(greater_equal(add(expand_dims(rows, 1), k), columns), dtype or lattice.default_float())


def _matrices(x: Dims, k: int = 0) -> Dims:
    if len(x) < 2:
        raise ArgumentError(f"`tril` and `triu` need tensors of rank 2 or more. Received shape {shown(x)}.")
    return x


@composite(shape=_matrices, dtype=same, eager_check=True)
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Set the elements above a diagonal of the last two axes to 0.

    Args:
        x: a tensor of at least two axes.
        k: the diagonal: 0 (default) for the main one, positive above it.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.tril([[1, 2], [3, 4]])).tolist()
        [[1, 0], [3, 4]]
    """
    rows, columns = dims_of(x)[-2:]
    return where(tri(rows, columns, k, "bool"), x, 0)


@composite(shape=_matrices, dtype=same, eager_check=True)
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Set the elements below a diagonal of the last two axes to 0.

    Args:
        x: a tensor of at least two axes.
        k: the diagonal: 0 (default) for the main one, positive above it.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.triu([[1, 2], [3, 4]])).tolist()
        [[1, 2], [0, 4]]
    """
    rows, columns = dims_of(x)[-2:]
    return where(tri(rows, columns, k - 1, "bool"), 0, x)


def _diagonal_length(rows: Size, columns: Size, offset: int) -> Size:
    rows, columns = (rows, columns - offset) if offset >= 0 else (rows + offset, columns)
    return apply("max", 0, apply("min", rows, columns))


def _diagonal_shape(x: Dims, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Dims:
    if len(x) < 2 or not all(-len(x) <= a < len(x) for a in (axis1, axis2)) or (axis1 - axis2) % len(x) == 0:
        raise ArgumentError(
            f"`diagonal` needs two different axes. Received shape {shown(x)}, axes {axis1} and {axis2}."
        )
    a, b = axis1 % len(x), axis2 % len(x)
    return (*reduced(x, (a, b)), _diagonal_length(x[a], x[b], offset))


@composite(shape=_diagonal_shape, dtype=same, eager_check=True)
def diagonal(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return a diagonal of two axes as the last axis.

    Args:
        x: a tensor of at least two axes.
        offset: the diagonal: 0 (default) for the main one, positive above it.
        axis1: the axis of rows; 0 by default.
        axis2: the axis of columns; 1 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.diagonal([[1, 2], [3, 4]])).tolist()
        [1, 4]
    """
    rank, dims = ndim(x), dims_of(x)
    a, b = axis1 % rank, axis2 % rank
    kept = [i for i in range(rank) if i not in (a, b)]
    flat = reshape(transpose(x, (*kept, a, b)), (*(dims[i] for i in kept), dims[a] * dims[b]))
    first = offset if offset >= 0 else -offset * dims[b]
    index = add(multiply(arange(0, _diagonal_length(dims[a], dims[b], offset)), dims[b] + 1), first)
    return take(flat, index, -1)


@composite(shape=lambda *args: _diagonal_shape(*args)[:-1], dtype=total, eager_check=True)
def trace(x: TensorLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Return the sum along a diagonal of two axes.

    Args:
        x: a tensor of at least two axes.
        offset: the diagonal: 0 (default) for the main one, positive above it.
        axis1: the axis of rows; 0 by default.
        axis2: the axis of columns; 1 by default.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.trace([[1, 2], [3, 4]])).tolist()
        5
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


def _diag_shape(x: Dims, k: int = 0) -> Dims:
    if len(x) not in (1, 2):
        raise ArgumentError(f"`diag` needs a tensor of rank 1 or 2. Received shape {shown(x)}.")
    return (x[0] + abs(k),) * 2 if len(x) == 1 else _diagonal_shape(x, k)


@composite(shape=_diag_shape, dtype=same, eager_check=True)
def diag(x: TensorLike, k: int = 0) -> Tensor:
    """Return the matrix with a vector on a diagonal, or the diagonal of a matrix.

    Args:
        x: a vector `(n,)` or a matrix.
        k: the diagonal: 0 (default) for the main one, positive above it.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.diag([1, 2])).tolist()
        [[1, 0], [0, 2]]
    """
    if ndim(x) == 2:
        return diagonal(x, k)
    square = where(eye(dims_of(x)[0], dtype="bool"), expand_dims(x, 0), 0)
    return pad_constant(square, ((0, k), (k, 0)) if k >= 0 else ((-k, 0), (0, -k)))


def _vander_shape(x: Dims, N: Size | None = None, increasing: bool = False) -> Dims:
    if len(x) != 1 or (isinstance(N, int) and N < 0):
        raise Mismatch(f"needs a tensor of rank 1, and `N` of 0 or more or None. Received shape {shown(x)} and N={N}.")
    return (x[0], x[0] if N is None else N)


@composite(shape=_vander_shape, dtype=numbers, eager_check=True)
def vander(x: TensorLike, N: Size | None = None, increasing: bool = False) -> Tensor:
    """Return the Vandermonde matrix: the powers of each number in a row.

    Args:
        x: a vector `(n,)`.
        N: how many powers; None (default) for `n`.
        increasing: whether exponents go up from 0 instead of down to 0; False by default.

    Returns:
        A tensor `(n, N)`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.vander([2, 3], 3)).tolist()
        [[4, 2, 1], [9, 3, 1]]
    """
    count = dims_of(x)[0] if N is None else N
    exponents = arange(count) if increasing else arange(count - 1, -1, -1)
    base = where(equal(exponents, 0), 1, expand_dims(x, 1))  # 0 ** 0 is 1, but some engines' gradient of it is NaN
    return power(base, cast(exponents, dtype_of(x)))
