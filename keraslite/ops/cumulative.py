"""Running sums and products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.ops.declare import AxisIndex, DType, Tensor, TensorLike, primitive
from keraslite.ops.dtype import Names, result_type
from keraslite.ops.shape import Dims, product

__all__ = ["cumprod", "cumsum"]


def running(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """The attribute `dtype`, or the operand's own with int32 for booleans."""
    own = result_type(dtypes)
    result = attributes.get("dtype") or ("int32" if own == "bool" else own)
    return (result,), result


def _flat_or_same(x: Dims, axis: int | None = None, dtype: str | None = None) -> Dims:
    return (product(x),) if axis is None else x


@primitive(shape=_flat_or_same, dtype=running)
def cumsum(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Sums of the elements up to each one along `axis`; without one, of the flattened tensor."""
    ...


@primitive(shape=_flat_or_same, dtype=running)
def cumprod(x: TensorLike, axis: AxisIndex = None, dtype: DType = None) -> Tensor:
    """Products of the elements up to each one along `axis`; without one, of the flattened tensor."""
    ...
