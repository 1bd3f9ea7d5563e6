"""Tensors from sizes and numbers. Sizes may be `Dimension`s: then the result is symbolic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.comparison import equal, greater_equal, reals, where
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import convert_to_tensor as tensor
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DType, Shape, Tensor, TensorLike, composite, given_name, primitive
from keraslite.ops.dimension import Dimension, apply
from keraslite.ops.dtype import Names, WrongDType, explicit, explicit_or_first, promote_float, same, total
from keraslite.ops.elementwise import (
    absolute,
    add,
    divide,
    exp,
    floor,
    log,
    multiply,
    numbers,
    power,
    sign,
    subtract,
    trunc,
)
from keraslite.ops.indexing import take
from keraslite.ops.manipulation import broadcast_to, expand_dims, moveaxis, pad_constant, reshape, transpose
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims, Mismatch, broadcast, reduced, same_as_first, shown

__all__ = [
    "arange",
    "diag",
    "diagonal",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "trace",
    "tri",
    "tril",
    "triu",
    "vander",
    "zeros",
    "zeros_like",
]


def _given(shape: Dims, *rest: Any) -> Dims:
    for size in shape:
        if not isinstance(size, Dimension) and size < 0:
            raise Mismatch(f"needs sizes of 0 or more. Received {shown(shape)}.")
    return shape


# ---- constants ----------------------------------------------------------------------------------------------


def _fill_dtype(given: str, result: str) -> str:
    """Numbers become what is wanted at once (they may be too large for the default), but floats only floats."""
    return lattice.default_float() if given == "float?" and not lattice.is_float(result) else result


def _filled(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    result = explicit((), attributes)[1]
    return (_fill_dtype(dtypes[0], result),), result


def _filled_like(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    own, result = explicit_or_first(dtypes[:1], attributes)
    return (*own, _fill_dtype(dtypes[1], result)), result


@primitive(shape=_given, dtype=_filled)
def full(shape: Shape, fill_value: TensorLike, dtype: DType = None) -> Tensor:
    """A tensor with `fill_value` (which broadcasts) everywhere; floatx without a dtype."""
    ...


@composite(shape=_given, dtype=explicit)
def zeros(shape: Shape, dtype: DType = None) -> Tensor:
    """A tensor of zeros; floatx without a dtype."""
    return full(shape, 0, dtype)


@composite(shape=_given, dtype=explicit)
def ones(shape: Shape, dtype: DType = None) -> Tensor:
    """A tensor of ones; floatx without a dtype."""
    return full(shape, 1, dtype)


@composite(shape=_given, dtype=explicit)
def empty(shape: Shape, dtype: DType = None) -> Tensor:
    """A tensor of that shape and dtype; its values are zeros, so that runs are reproducible."""
    return zeros(shape, dtype)


@composite(shape=lambda x, *rest: x, dtype=_filled_like)
def full_like(x: TensorLike, fill_value: TensorLike, dtype: DType = None) -> Tensor:
    """`fill_value` in the shape and dtype of `x`."""
    return broadcast_to(fill_value, dims_of(x))


@composite(shape=same_as_first, dtype=explicit_or_first)
def zeros_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Zeros in the shape and dtype of `x`."""
    return full_like(x, 0, dtype)


@composite(shape=same_as_first, dtype=explicit_or_first)
def ones_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Ones in the shape and dtype of `x`."""
    return full_like(x, 1, dtype)


@composite(shape=same_as_first, dtype=explicit_or_first)
def empty_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Zeros in the shape and dtype of `x`."""
    return full_like(x, 0, dtype)


# ---- ranges -------------------------------------------------------------------------------------------------


def _range_dtype(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    given = attributes.get("dtype")
    if given and lattice.is_complex(given):
        raise WrongDType(f"needs a real dtype. Received dtype={given}. Use `ops.cast` on the result.")
    if given:
        return (), given
    bounds = [attributes[name] for name in ("start", "stop", "step") if attributes[name] is not None]
    return (), lattice.promote(*("int?" if isinstance(b, (int, Dimension)) else _weak(b) for b in bounds))


def _weak(bound: Any) -> str:
    return "float?" if isinstance(bound, float) else dtype_of(bound)


def _range_shape(start: Any, stop: Any = None, step: Any = None, dtype: str | None = None) -> Dims:
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if step == 0:
        raise ArgumentError("`arange` needs a step that is not 0. Received step=0.")
    if any(isinstance(b, Dimension) for b in (start, stop, step)):
        gap = stop - start + step - (1 if step > 0 else -1)
        return (gap if step == 1 else apply("//", gap, step),)
    return (max(0, math.ceil((stop - start) / step)),)


@primitive(shape=_range_shape, dtype=_range_dtype)
def arange(start, stop=None, step=None, dtype: DType = None) -> Tensor:
    """Numbers from `start` (0 if only one is given) up to but without `stop`, `step` (1) apart.

    int32 of integers, floatx with a float among them.
    """
    ...


def _spaced_dtype(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, Any]:
    operands, common = promote_float(dtypes, attributes)
    result = attributes.get("dtype") or common
    return operands, (result, common) if attributes.get("retstep") else result


def _spaced_shape(start: Dims, stop: Dims, num: int, endpoint: bool, retstep: bool, dtype: Any, axis: int) -> Any:
    common = broadcast(start, stop)
    at = axis % (len(common) + 1)
    result = (*common[:at], num, *common[at:])
    return [result, common] if retstep else result


@composite(shape=_spaced_shape, dtype=_spaced_dtype)
def linspace(
    start: TensorLike,
    stop: TensorLike,
    num=50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DType = None,
    axis=0,
) -> Tensor:
    """`num` numbers evenly from `start` to `stop`, which is the last one if `endpoint`.

    Args:
        start: numbers or tensors that broadcast with `stop`.
        stop: see `start`.
        num: how many, 0 or more.
        endpoint: whether `stop` is the last one or the first one left out.
        retstep: return `(numbers, distance)`.
        dtype: of the result; integers are rounded down.
        axis: where the new axis stands.
    """
    if num < 0:
        raise ArgumentError(f"`linspace` needs `num` of 0 or more. Received {num}.")
    name, dtype = dtype_of(start), given_name(dtype)
    step = divide(subtract(stop, start), max(num - 1, 1) if endpoint else max(num, 1))
    index = reshape(arange(num, dtype=name), (num, *(1,) * ndim(step)))
    start = broadcast_to(start, dims_of(step))
    values = add(expand_dims(start, 0), multiply(index, expand_dims(step, 0)))
    if endpoint and num > 1:
        values = where(equal(index, num - 1), stop, values)
    if dtype is not None and lattice.is_int(dtype):
        values = floor(values)
    values = moveaxis(cast(values, dtype or name), 0, axis)
    return (values, step) if retstep else values  # type: ignore[return-value]  # a checker takes a pair apart too


def _log_spaced_dtype(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, Any]:
    operands, common = reals(promote_float)(dtypes, attributes)
    return operands, attributes.get("dtype") or common


def _log_spaced_shape(start: Dims, stop: Dims, num: int, *rest: Any) -> Dims:
    if num < 0:
        raise Mismatch(f"needs `num` of 0 or more. Received {num}.")
    return _spaced_shape(start, stop, num, True, False, None, rest[-1])


def _towards_0(values: Any, dtype: str | None) -> Any:
    # Where integers are wanted, what rounding left just below one is one.
    if dtype is None or not lattice.is_int(dtype):
        return values
    limits = ml_dtypes.finfo(lattice.to_numpy_dtype(dtype_of(values)))
    return trunc(multiply(values, 1 + 8 * float(limits.eps)))


@composite(shape=_log_spaced_shape, dtype=_log_spaced_dtype, eager_check=True)
def logspace(
    start: TensorLike, stop: TensorLike, num=50, endpoint: bool = True, base: Any = 10, dtype: DType = None, axis=0
) -> Tensor:
    """`base` to the powers `linspace(start, stop, num, endpoint, axis=axis)`; as integers, rounded towards 0."""
    return _towards_0(power(base, linspace(start, stop, num, endpoint, axis=axis)), given_name(dtype))


@composite(shape=_log_spaced_shape, dtype=_log_spaced_dtype, eager_check=True)
def geomspace(
    start: TensorLike, stop: TensorLike, num=50, endpoint: bool = True, dtype: DType = None, axis=0
) -> Tensor:
    """`num` numbers from `start` to `stop`, each the same multiple of the one before it.

    Args:
        start: numbers or tensors that broadcast with `stop`; not 0.
        stop: of the same sign as `start`: between numbers of different signs stands NaN.
        num: how many, 0 or more.
        endpoint: whether `stop` is the last one or the first one left out.
        dtype: of the result; integers are rounded towards 0.
        axis: where the new axis stands.
    """
    alike = log(multiply(sign(start), sign(stop)))  # 0, or NaN
    values = exp(linspace(add(log(absolute(start)), alike), log(absolute(stop)), num, endpoint))
    values = multiply(sign(start), values)
    index = reshape(arange(num), (num, *(1,) * (ndim(values) - 1)))
    values = where(equal(index, 0), start, values)
    if endpoint and num > 1:
        values = where(equal(index, num - 1), stop, values)
    return moveaxis(_towards_0(values, given_name(dtype)), 0, axis)


def meshgrid(*x: Any, indexing: str = "xy") -> list[Any]:
    """Coordinate grids of rank-1 tensors: one of shape `(n1, n2, ...)` for each ("xy" swaps the first two axes)."""
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"`meshgrid` needs `indexing` to be 'xy' or 'ij'. Received {indexing!r}.")
    given = [reshape(tensor(each), (-1,)) for each in x]
    order = list(range(len(given)))
    if indexing == "xy" and len(given) > 1:
        order[:2] = [1, 0]
    sizes = tuple(dims_of(given[i])[0] for i in order)
    aligned = [reshape(g, tuple(-1 if order[i] == at else 1 for i in range(len(given)))) for at, g in enumerate(given)]
    return [broadcast_to(each, sizes) for each in aligned]


# ---- matrices -----------------------------------------------------------------------------------------------


def _matrix(N: Any, M: Any = None, k: int = 0, dtype: str | None = None) -> Dims:
    M = N if M is None else M
    for name, size in (("N", N), ("M", M), ("k", k)):
        if isinstance(size, (float, np.floating)):
            raise DTypeError(f"A matrix of `eye` or `tri` needs an integer `{name}`. Received {name}={size!r}.")
    return (N, M)


@composite(shape=_matrix, dtype=explicit, eager_check=True)
def eye(N, M=None, k=0, dtype: DType = None) -> Tensor:
    """`(N, M)` with ones on diagonal `k` (0 the main one, positive above it), zeros elsewhere."""
    rows, columns = arange(0, N), arange(0, N if M is None else M)
    return cast(equal(add(expand_dims(rows, 1), k), columns), dtype or lattice.default_float())


@composite(shape=lambda n, dtype=None: _matrix(n), dtype=explicit, eager_check=True)
def identity(n, dtype: DType = None) -> Tensor:
    """The identity matrix of size `n`."""
    return eye(n, dtype=dtype)


@composite(shape=_matrix, dtype=explicit, eager_check=True)
def tri(N, M=None, k=0, dtype: DType = None) -> Tensor:
    """`(N, M)` with ones on and below diagonal `k`, zeros above."""
    rows, columns = arange(0, N), arange(0, N if M is None else M)
    return cast(greater_equal(add(expand_dims(rows, 1), k), columns), dtype or lattice.default_float())


def _matrices(x: Dims, k: int = 0) -> Dims:
    if len(x) < 2:
        raise ArgumentError(f"`tril` and `triu` need tensors of rank 2 or more. Received shape {shown(x)}.")
    return x


@composite(shape=_matrices, dtype=same, eager_check=True)
def tril(x: TensorLike, k=0) -> Tensor:
    """`x` with zeros above diagonal `k` of the last two axes."""
    rows, columns = dims_of(x)[-2:]
    return where(tri(rows, columns, k, "bool"), x, 0)


@composite(shape=_matrices, dtype=same, eager_check=True)
def triu(x: TensorLike, k=0) -> Tensor:
    """`x` with zeros below diagonal `k` of the last two axes."""
    rows, columns = dims_of(x)[-2:]
    return where(tri(rows, columns, k - 1, "bool"), 0, x)


def _diagonal_length(rows: Any, columns: Any, offset: int) -> Any:
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
def diagonal(x: TensorLike, offset=0, axis1=0, axis2=1) -> Tensor:
    """The elements with equal indices (`offset` apart) in two axes, as the last axis."""
    rank, dims = ndim(x), dims_of(x)
    a, b = axis1 % rank, axis2 % rank
    kept = [i for i in range(rank) if i not in (a, b)]
    flat = reshape(transpose(x, (*kept, a, b)), (*(dims[i] for i in kept), dims[a] * dims[b]))
    first = offset if offset >= 0 else -offset * dims[b]
    index = add(multiply(arange(0, _diagonal_length(dims[a], dims[b], offset)), dims[b] + 1), first)
    return take(flat, index, -1)


@composite(shape=lambda *args: _diagonal_shape(*args)[:-1], dtype=total, eager_check=True)
def trace(x: TensorLike, offset=0, axis1=0, axis2=1) -> Tensor:
    """The sum of `diagonal`."""
    return sum(diagonal(x, offset, axis1, axis2), -1)


def _diag_shape(x: Dims, k: int = 0) -> Dims:
    if len(x) not in (1, 2):
        raise ArgumentError(f"`diag` needs a tensor of rank 1 or 2. Received shape {shown(x)}.")
    return (x[0] + abs(k),) * 2 if len(x) == 1 else _diagonal_shape(x, k)


@composite(shape=_diag_shape, dtype=same, eager_check=True)
def diag(x: TensorLike, k=0) -> Tensor:
    """Of a vector the matrix with it on diagonal `k`; of a matrix its diagonal `k`."""
    if ndim(x) == 2:
        return diagonal(x, k)
    square = where(eye(dims_of(x)[0], dtype="bool"), expand_dims(x, 0), 0)
    return pad_constant(square, ((0, k), (k, 0)) if k >= 0 else ((-k, 0), (0, -k)))


def _vander_shape(x: Dims, N: Any = None, increasing: bool = False) -> Dims:
    if len(x) != 1 or (isinstance(N, int) and N < 0):
        raise Mismatch(f"needs a tensor of rank 1, and `N` of 0 or more or None. Received shape {shown(x)} and N={N}.")
    return (x[0], x[0] if N is None else N)


@composite(shape=_vander_shape, dtype=numbers, eager_check=True)
def vander(x: TensorLike, N=None, increasing: bool = False) -> Tensor:
    """Vandermonde's matrix: a row of powers for each number.

    Args:
        x: `(n,)`.
        N: how many powers; None: `n`.
        increasing: whether they go from 0 to `N - 1`, or down to 0.

    Returns:
        `(n, N)`.
    """
    count = dims_of(x)[0] if N is None else N
    exponents = arange(count) if increasing else subtract(count - 1, arange(count))
    base = where(equal(exponents, 0), 1, expand_dims(x, 1))  # 0 ** 0 is 1, but some engines' gradient of it is NaN
    return power(base, cast(exponents, dtype_of(x)))
