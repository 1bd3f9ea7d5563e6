"""Factorisations, inverses and solutions of matrices, over the last two axes. Their kernels are in `linalg.py`."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.errors import ArgumentError
from keraslite.ops.declare import Tensor, TensorLike, primitive
from keraslite.ops.dimension import Size, apply, may_equal
from keraslite.ops.dtype import Dtypes, Names, promote_float
from keraslite.ops.shape import Dims, shown

_WIDE_COMPLEX = {"float64": "complex128", "complex128": "complex128"}


def matrices(x: Dims, where: str) -> Dims:
    if len(x) < 2:
        raise ArgumentError(f"`{where}` needs matrices: a tensor of rank 2 or more. Received shape {shown(x)}.")
    return x


def square_matrices(x: Dims, where: str) -> Dims:
    matrices(x, where)
    if not may_equal(x[-1], x[-2]):
        raise ArgumentError(f"`{where}` needs square matrices. Received shape {shown(x)}.")
    return x


def _solved(a: Dims, b: Dims, where: str) -> Dims:
    square_matrices(a, where)
    fits = len(b) in (len(a), len(a) - 1)
    if not fits or not may_equal(b[-1] if len(b) < len(a) else b[-2], a[-1]):
        raise ArgumentError(
            f"`{where}` needs `b` of shape {shown((*a[:-1],))} or {shown((*a[:-1], None))} for `a` of "
            f"shape {shown(a)}. Received shape {shown(b)}."
        )
    return b


def halves(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """No engine factorises half precision: that is computed and returned in float32."""
    common = promote_float(operands, attributes)[1]
    common = "float32" if common in ("float16", "bfloat16") else common
    return (common,) * len(operands), common


@primitive(shape=lambda x, upper: square_matrices(x, "cholesky"), dtype=halves, eager_check=True)
def cholesky(x: TensorLike, upper: bool = False) -> Tensor:
    """Return the Cholesky factor of symmetric positive definite matrices.

    Args:
        x: square matrices, `(..., n, n)`, floating.
        upper: whether to return the upper factor `l.T` of `x = l @ l.T` instead of the lower `l`; False by default.

    Returns:
        A tensor of the shape of `x`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.cholesky([[4.0, 2.0], [2.0, 5.0]])).round(3))
        [[2. 0.]
         [1. 2.]]
    """
    ...


@primitive(shape=lambda x: square_matrices(x, "det")[:-2], dtype=halves)
def det(x: TensorLike) -> Tensor:
    """Return determinants.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        A tensor of shape `(...)`.

    Example:
        >>> from keraslite import ops
        >>> round(float(ops.det([[1.0, 2.0], [3.0, 5.0]])), 3)
        -1.0
    """
    ...


@primitive(shape=lambda x: square_matrices(x, "inv"), dtype=halves)
def inv(x: TensorLike) -> Tensor:
    """Return inverse matrices.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.inv([[2.0, 0.0], [0.0, 4.0]])).round(3))
        [[0.5  0.  ]
         [0.   0.25]]
    """
    ...


@primitive(shape=lambda a, b: _solved(a, b, "solve"), dtype=halves, eager_check=True)
def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Return the `x` that solves `a @ x = b`.

    Args:
        a: square matrices, `(..., n, n)`.
        b: `(..., n)` or `(..., n, m)`, by its rank.

    Returns:
        A tensor of the shape of `b`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])).round(3))
        [1.  0.5]
    """
    ...


@primitive(shape=lambda a, b, lower: _solved(a, b, "solve_triangular"), dtype=halves, eager_check=True)
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Tensor:
    """Return the `x` that solves `a @ x = b` for a triangular `a`.

    Args:
        a: triangular matrices, `(..., n, n)`; the other triangle is not read.
        b: `(..., n)` or `(..., n, m)`, by its rank.
        lower: whether `a` is a lower triangle; False by default.

    Returns:
        A tensor of the shape of `b`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.solve_triangular([[2.0, 0.0], [1.0, 1.0]], [2.0, 3.0], lower=True)).round(3))
        [1. 2.]
    """
    ...


def smaller(x: Dims) -> Size:
    return apply("min", x[-2], x[-1])


def _qr_shape(x: Dims, mode: str) -> list[Dims]:
    matrices(x, "qr")
    if mode not in ("reduced", "complete"):
        raise ArgumentError(f"`qr` needs `mode` to be 'reduced' or 'complete'. Received mode={mode!r}.")
    inner = smaller(x) if mode == "reduced" else x[-2]
    return [(*x[:-1], inner), (*x[:-2], inner, x[-1])]


@primitive(shape=_qr_shape, dtype=halves, eager_check=True)
def qr(x: TensorLike, mode: str = "reduced") -> Tensor:
    """Return the QR decomposition: `x = q @ r` with orthonormal columns in `q` and an upper triangle `r`.

    Args:
        x: matrices, `(..., n, m)`.
        mode: "reduced" (default) for `q` of shape `(..., n, min(n, m))`, or "complete" for `(..., n, n)`.

    Returns:
        `(q, r)`.

    Example:
        >>> from keraslite import ops
        >>> [part.shape[-1] for part in ops.qr([[1.0], [2.0]])]
        [1, 1]
    """
    ...


def _svd_shape(x: Dims, full_matrices: bool, compute_uv: bool) -> Dims | list[Dims]:
    matrices(x, "svd")
    size = smaller(x)
    if not compute_uv:
        return (*x[:-2], size)
    left, right = (x[-2], x[-1]) if full_matrices else (size, size)
    return [(*x[:-1], left), (*x[:-2], size), (*x[:-2], right, x[-1])]


def real_name(name: str) -> str:
    return {"complex64": "float32", "complex128": "float64"}.get(name, name)


def _svd_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    given, common = halves(operands, attributes)
    return given, (common, real_name(common), common) if attributes["compute_uv"] else real_name(common)


@primitive(shape=_svd_shape, dtype=_svd_dtype)
def svd(x: TensorLike, full_matrices: bool = True, compute_uv: bool = True) -> Tensor:
    """Return the singular value decomposition: `x = u @ diag(s) @ vh`.

    Args:
        x: matrices, `(..., n, m)`.
        full_matrices: whether `u` and `vh` are square; True by default.
        compute_uv: whether to return `u` and `vh` too; True by default.

    Returns:
        `(u, s, vh)`, or `s` alone; singular values `s` of shape `(..., min(n, m))`, largest first.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.svd([[3.0, 0.0], [0.0, 4.0]], compute_uv=False)).round(3))
        [4. 3.]
    """
    ...


def _eigh_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    given, common = halves(operands, attributes)
    return given, (real_name(common), common)


@primitive(shape=lambda x: [square_matrices(x, "eigh")[:-1], x], dtype=_eigh_dtype)
def eigh(x: TensorLike) -> Tensor:
    """Return eigenvalues and eigenvectors of symmetric (Hermitian) matrices, smallest value first.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        `(values, vectors)` of shapes `(..., n)` and `(..., n, n)`; the vectors are columns.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.eigh([[2.0, 0.0], [0.0, 1.0]])[0]).round(3))
        [1. 2.]
    """
    ...


def _eig_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    given, common = halves(operands, attributes)
    wide = _WIDE_COMPLEX.get(common, "complex64")
    return given, (wide, wide)


@primitive(shape=lambda x: [square_matrices(x, "eig")[:-1], x], dtype=_eig_dtype)
def eig(x: TensorLike) -> Tensor:
    """Return eigenvalues and eigenvectors, complex.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        `(values, vectors)` of shapes `(..., n)` and `(..., n, n)`; the vectors are columns.

    Example:
        >>> from keraslite import ops
        >>> values, vectors = ops.eig([[2.0, 0.0], [0.0, 1.0]])
        >>> sorted(ops.convert_to_numpy(values).real.round(3).tolist())
        [1.0, 2.0]
    """
    ...


def _lu_dtype(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, Dtypes]:
    given, common = halves(operands, attributes)
    return given, (common, "int32")


@primitive(shape=lambda x: [matrices(x, "lu_factor"), (*x[:-2], smaller(x))], dtype=_lu_dtype)
def lu_factor(x: TensorLike) -> Tensor:
    """Return the LU decomposition with row exchanges.

    Args:
        x: square matrices, `(..., n, n)`, floating.

    Returns:
        `(lu, pivots)` as LAPACK's getrf returns them: both triangles in one matrix, and for each row the row that it
        was exchanged with, counted from 0.

    Example:
        >>> from keraslite import ops
        >>> lu, pivots = ops.lu_factor([[1.0, 2.0], [3.0, 4.0]])
        >>> ops.convert_to_numpy(pivots).tolist()
        [1, 1]
    """
    ...
