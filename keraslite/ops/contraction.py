"""Products that sum over shared axes."""

from __future__ import annotations

import math
import string
from collections.abc import Callable, Mapping, Sequence

from keraslite.errors import ArgumentError
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.declare import Tensor, TensorLike, TensorsLike, composite, given, primitive
from keraslite.ops.dimension import Size, may_equal, same
from keraslite.ops.dtype import promote, result_type
from keraslite.ops.elementwise import conjugate, multiply
from keraslite.ops.manipulation import reshape
from keraslite.ops.shape import Dims, Mismatch, broadcast_two, shown
from keraslite.ops.shape import matmul as matmul_shape

__all__ = ["dot", "einsum", "inner", "matmul", "outer", "tensordot", "vdot"]


def _contracted(operands: tuple[str, ...], attributes: Mapping[str, object]) -> tuple[tuple[str, ...], str]:
    """Promote; int8 sums in int32, and bool in int32 too, since no engine multiplies bools."""
    common = result_type(operands)
    computed = "int32" if common in ("int8", "bool") else common
    return (computed,) * len(operands), computed if common == "int8" else common


def _as(x: TensorLike, like: TensorLike) -> Tensor:
    """A product in the dtype of its operands: unlike `matmul`, NumPy's other products widen nothing."""
    return cast(x, dtype_of(like))


@primitive(shape=matmul_shape, dtype=_contracted)
def matmul(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return matrix products; leading axes broadcast.

    Args:
        x1: `(..., n, k)` or `(k,)`.
        x2: `(..., k, m)` or `(k,)`.

    Returns:
        A tensor of shape `(..., n, m)`, in the promotion of both dtypes; int8 gives int32.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.matmul([[1, 2]], [[3], [4]])).tolist()
        [[11]]
    """
    ...


# ---- einsum -------------------------------------------------------------------------------------------------


def _parse(subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """Labels of each operand and of the result; an ellipsis is written out in capital letters nobody used."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ArgumentError(
            f"`einsum` needs one operand a term of `subscripts`. Received {subscripts!r} and {len(ranks)} operands."
        )
    free = [c for c in reversed(string.ascii_letters) if c not in text]
    extra = [rank - len(term.replace("...", "")) for term, rank in zip(terms, ranks, strict=True)]
    most = max([n for n, term in zip(extra, terms, strict=True) if "..." in term], default=0)
    letters = "".join(free[:most])
    spelled = []
    for term, rank, n in zip(terms, ranks, extra, strict=True):
        if n < 0 or (n and "..." not in term):
            raise ArgumentError(f"`einsum` needs one label an axis. Received {term!r} for a tensor of rank {rank}.")
        spelled.append(term.replace("...", letters[most - n :]))
    if not arrow:
        labels = "".join(spelled)
        once = sorted(c for c in set(labels) if labels.count(c) == 1 and c not in letters)
        return spelled, letters + "".join(once)
    return spelled, output.replace("...", letters)


def _einsum_shape(subscripts: str, operands: list[Dims]) -> Dims:
    terms, output = _parse(subscripts, [len(dims) for dims in operands])
    sizes: dict[str, Size] = {}
    for term, dims in zip(terms, operands, strict=True):
        for label, size in zip(term, dims, strict=True):
            known = sizes.setdefault(label, size)
            if not may_equal(known, size) and not same(known, 1) and not same(size, 1):
                raise ArgumentError(
                    f"`einsum` needs equal sizes where a label repeats. Received {known} and {size} for "
                    f"{label!r} in {subscripts!r}."
                )
            sizes[label] = broadcast_two((known,), (size,))[0]
    unknown = set(output) - set(sizes)
    if unknown:
        raise ArgumentError(
            f"`einsum` needs every label of the result in an operand. Received {subscripts!r}, where {sorted(unknown)} "
            "stand only in the result."
        )
    return tuple(sizes[label] for label in output)


def _einsum_of_a_list() -> Callable[[str, Sequence[TensorLike]], Tensor]:
    """The op "einsum"; the public function takes the operands one by one instead."""

    @primitive(shape=_einsum_shape, dtype=_contracted)
    def einsum(subscripts: str, operands: TensorsLike) -> Tensor:
        """See the public `einsum`."""
        ...

    return einsum


_einsum = _einsum_of_a_list()


def einsum(subscripts: str, *operands: TensorLike, **kwargs: object) -> Tensor:
    """Return a product that is summed as Einstein's notation says.

    Args:
        subscripts: labels of the axes, as for NumPy: "bij,bjk->bik" or "...i,ij->...j".
        *operands: one tensor for each term.
        **kwargs: accepted as in Keras ("optimize"), without effect: engines choose the order.

    Returns:
        A tensor with the axes that `subscripts` names after "->".

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.einsum("ij,j->i", [[1, 2], [3, 4]], [1, 1])).tolist()
        [3, 7]
    """
    return _einsum(subscripts, operands)


# ---- what einsum expresses ----------------------------------------------------------------------------------


def _axis_pairs(axes: int | Sequence[int | Sequence[int]], rank1: int, rank2: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        if not 0 <= axes <= min(rank1, rank2):
            raise ArgumentError(
                f"`tensordot` needs `axes` from 0 to the smaller rank ({min(rank1, rank2)}). Received axes={axes}."
            )
        return list(range(rank1 - axes, rank1)), list(range(axes))
    first, second = ([a] if isinstance(a, int) else list(a) for a in axes)
    inside = all(-rank1 <= a < rank1 for a in first) and all(-rank2 <= a < rank2 for a in second)
    if len(first) != len(second) or not inside:
        raise ArgumentError(
            f"`tensordot` needs as many valid axes of `x1` as of `x2`. Received axes={axes!r} for ranks "
            f"{rank1} and {rank2}."
        )
    return [a % rank1 for a in first], [a % rank2 for a in second]


def _pairwise(x1: TensorLike, x2: TensorLike, axes: int | Sequence[int | Sequence[int]]) -> Tensor:
    dims1, dims2 = shape_of(x1), shape_of(x2)
    rank1, rank2 = len(dims1), len(dims2)
    first, second = _axis_pairs(axes, rank1, rank2)
    left = list(string.ascii_lowercase[:rank1])
    right = list(string.ascii_uppercase[:rank2])
    for i, j in zip(first, second, strict=True):
        if not may_equal(dims1[i], dims2[j]):
            raise Mismatch(
                f"needs axes of equal sizes to sum over. Received shapes {shown(dims1)} and {shown(dims2)}, "
                f"axes {first} and {second}."
            )
        right[j] = left[i]
    kept = [c for i, c in enumerate(left) if i not in first] + [c for j, c in enumerate(right) if j not in second]
    return _as(einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", x1, x2), x1)


@composite(dtype=promote)
def tensordot(x1: TensorLike, x2: TensorLike, axes: int | Sequence[int | Sequence[int]] = 2) -> Tensor:
    """Return sums of products over given axes.

    Args:
        x1: a tensor of any shape.
        x2: a tensor of any shape.
        axes: how many axes are summed (2 by default): the last of `x1`, the first of `x2`. Or a pair of lists of axes.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.tensordot([[1, 2]], [3, 4], axes=1)).tolist()
        [11]
    """
    return _pairwise(x1, x2, axes)


@composite(dtype=promote)
def dot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the dot product as NumPy defines it.

    The product is summed over the last axis of `x1` and the last but one of `x2` (or its only one). With a scalar it
    is the plain product.

    Args:
        x1: a tensor of any shape.
        x2: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.dot([1, 2], [3, 4])).tolist()
        11
    """
    x1, x2 = given(x1), given(x2)
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if rank1 == 0 or rank2 == 0:
        return _as(multiply(x1, x2), x1)
    if rank2 == 1 or rank1 <= 2 == rank2:
        return _as(matmul(x1, x2), x1)
    return _pairwise(x1, x2, ([-1], [-2]))


@composite(dtype=promote)
def inner(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return sums of products over the last axis of both; the product if one is a scalar.

    Args:
        x1: a tensor of any shape.
        x2: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.inner([1, 2], [3, 4])).tolist()
        11
    """
    x1, x2 = given(x1), given(x2)
    if len(x1.shape) == 0 or len(x2.shape) == 0:
        return _as(multiply(x1, x2), x1)
    return _pairwise(x1, x2, ([-1], [-1]))


@composite(dtype=promote)
def outer(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return all products of an element of `x1` and one of `x2`.

    Args:
        x1: a tensor of any shape.
        x2: a tensor of any shape.

    Returns:
        A tensor `(n, m)`, for `n` and `m` elements.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.outer([1, 2], [3, 4])).tolist()
        [[3, 4], [6, 8]]
    """
    return _as(multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1))), x1)


def _vdot_shape(x1: Dims, x2: Dims) -> tuple[()]:
    sizes = math.prod(x1, start=1), math.prod(x2, start=1)
    if not may_equal(*sizes):
        raise ArgumentError(
            f"`vdot` needs tensors with equally many elements. Received shapes {shown(x1)} and {shown(x2)}."
        )
    return ()


@composite(dtype=promote, shape=_vdot_shape)
def vdot(x1: TensorLike, x2: TensorLike) -> Tensor:
    """Return the sum of the products of all elements, those of `x1` conjugated: a scalar.

    Args:
        x1: a tensor of any shape.
        x2: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.vdot([1, 2], [3, 4])).tolist()
        11
    """
    return _as(matmul(reshape(conjugate(x1), (-1,)), reshape(x2, (-1,))), x1)
