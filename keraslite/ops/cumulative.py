"""Running sums and products."""

from __future__ import annotations

from collections.abc import Mapping

from keraslite.ops.declare import AxisIndex, DType, Tensor, TensorLike, primitive
from keraslite.ops.dtype import Names, asked, result_type
from keraslite.ops.shape import Dims, product

__all__ = ["cumprod", "cumsum"]


def running(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str]:
    """The attribute `dtype`, or the operand's own with int32 for booleans."""
    own = result_type(dtypes)
    result = asked(attributes) or ("int32" if own == "bool" else own)
    return (result,), result


def _flat_or_same(x: Dims, axis: int | None = None, dtype: str | None = None) -> Dims:
    return (product(x),) if axis is None else x


@primitive(shape=_flat_or_same, dtype=running)
def cumsum(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Return sums of all elements up to each one.

    Args:
        x: a tensor of any shape.
        axis: the axis; None (default) for the flattened tensor.
        dtype: of the result; None (default) widens booleans and small integers to 32 bits.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cumsum([1, 2, 3])).tolist()
        [1, 3, 6]
    """
    ...


@primitive(shape=_flat_or_same, dtype=running)
def cumprod(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Return products of all elements up to each one.

    Args:
        x: a tensor of any shape.
        axis: the axis; None (default) for the flattened tensor.
        dtype: of the result; None (default) widens booleans and small integers to 32 bits.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.cumprod([1, 2, 3])).tolist()
        [1, 2, 6]
    """
    ...
