"""Tensors from sizes and numbers. Sizes may be `Dimension`s: then the result is symbolic."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.core import convert_to_tensor as tensor
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DType, Shape, Tensor, TensorLike, composite, primitive
from keraslite.ops.dimension import Dimension
from keraslite.ops.dtype import Names, explicit, explicit_or_first
from keraslite.ops.manipulation import broadcast_to, reshape
from keraslite.ops.shape import Dims, Mismatch, same_as_first, shown

__all__ = ["empty", "empty_like", "full", "full_like", "meshgrid", "ones", "ones_like", "zeros", "zeros_like"]


def _given(shape: Dims, *rest: object) -> Dims:
    for size in shape:
        if not isinstance(size, Dimension) and size < 0:
            raise Mismatch(f"needs sizes of 0 or more. Received {shown(shape)}.")
    return shape


def _fill_dtype(given: str, result: str) -> str:
    """Numbers become what is wanted at once (they may be too large for the default), but floats only floats."""
    return lattice.default_float() if given == "float?" and not lattice.is_float(result) else result


def _filled(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    result = explicit((), attributes)[1]
    return (_fill_dtype(dtypes[0], result),), result


def _filled_like(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    own, result = explicit_or_first(dtypes[:1], attributes)
    return (*own, _fill_dtype(dtypes[1], result)), result


@primitive(shape=_given, dtype=_filled)
def full(shape: Shape, fill_value: TensorLike, dtype: DType = None) -> Tensor:
    """Return a tensor that is filled with a value.

    Args:
        shape: an int or a sequence of sizes.
        fill_value: a number, or a tensor that broadcasts to `shape`.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.full((2,), 3.0)).tolist()
        [3.0, 3.0]
    """
    ...


@composite(shape=_given, dtype=explicit)
def zeros(shape: Shape, dtype: DType = None) -> Tensor:
    """Return a tensor of zeros.

    Args:
        shape: an int or a sequence of sizes.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.zeros((2,))).tolist()
        [0.0, 0.0]
    """
    return full(shape, 0, dtype)


@composite(shape=_given, dtype=explicit)
def ones(shape: Shape, dtype: DType = None) -> Tensor:
    """Return a tensor of ones.

    Args:
        shape: an int or a sequence of sizes.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ones((2,))).tolist()
        [1.0, 1.0]
    """
    return full(shape, 1, dtype)


@composite(shape=_given, dtype=explicit)
def empty(shape: Shape, dtype: DType = None) -> Tensor:
    """Return a tensor whose values mean nothing. They are zeros, so that runs are reproducible.

    Args:
        shape: an int or a sequence of sizes.
        dtype: in any spelling; None (default) is `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> ops.empty((2, 3)).shape[0]
        2
    """
    return zeros(shape, dtype)


@composite(shape=lambda x, *rest: x, dtype=_filled_like)
def full_like(x: TensorLike, fill_value: TensorLike, dtype: DType = None) -> Tensor:
    """Return a tensor of the shape of another that is filled with a value.

    Args:
        x: a tensor of any shape.
        fill_value: a number, or a tensor that broadcasts to `x`.
        dtype: of the result; None (default) for that of `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.full_like([1, 2], 3)).tolist()
        [3, 3]
    """
    return broadcast_to(fill_value, dims_of(x))


@composite(shape=same_as_first, dtype=explicit_or_first)
def zeros_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Return zeros in the shape of another tensor.

    Args:
        x: a tensor of any shape.
        dtype: of the result; None (default) for that of `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.zeros_like([1, 2])).tolist()
        [0, 0]
    """
    return full_like(x, 0, dtype)


@composite(shape=same_as_first, dtype=explicit_or_first)
def ones_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Return ones in the shape of another tensor.

    Args:
        x: a tensor of any shape.
        dtype: of the result; None (default) for that of `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.ones_like([1, 2])).tolist()
        [1, 1]
    """
    return full_like(x, 1, dtype)


@composite(shape=same_as_first, dtype=explicit_or_first)
def empty_like(x: TensorLike, dtype: DType = None) -> Tensor:
    """Return a tensor of the shape of another whose values mean nothing. They are zeros, so that runs are reproducible.

    Args:
        x: a tensor of any shape.
        dtype: of the result; None (default) for that of `x`.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.empty_like([1, 2])).tolist()
        [0, 0]
    """
    return full_like(x, 0, dtype)


def meshgrid(*x: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """Return coordinate grids: one tensor of shape `(n1, n2, ...)` for each vector.

    Args:
        *x: vectors `(n1,)`, `(n2,)`, ...
        indexing: "xy" (default) to exchange the first two axes, or "ij".

    Returns:
        A list of tensors.

    Example:
        >>> from keraslite import ops
        >>> [ops.convert_to_numpy(part).tolist() for part in ops.meshgrid([1, 2], [3, 4])]
        [[[1, 2], [1, 2]], [[3, 3], [4, 4]]]
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"`meshgrid` needs `indexing` to be 'xy' or 'ij'. Received {indexing!r}.")
    given = [reshape(tensor(each), (-1,)) for each in x]
    order = list(range(len(given)))
    if indexing == "xy" and len(given) > 1:
        order[:2] = [1, 0]
    sizes = tuple(dims_of(given[i])[0] for i in order)
    aligned = [reshape(g, tuple(-1 if order[i] == at else 1 for i in range(len(given)))) for at, g in enumerate(given)]
    return [broadcast_to(each, sizes) for each in aligned]
