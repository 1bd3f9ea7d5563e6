"""Bits of integers, element by element; of booleans the logic operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.backend import dtypes as lattice
from keraslite.errors import DTypeError
from keraslite.ops.declare import Tensor, primitive
from keraslite.ops.dtype import Names, result_type
from keraslite.ops.operators import OPS
from keraslite.ops.shape import broadcast, same_as_first


def integers(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """As `promote`, of integers and booleans only."""
    common = result_type(dtypes)
    if common != "bool" and not lattice.is_int(common):
        raise DTypeError(
            f"Bitwise ops need integers or booleans. Received dtypes {', '.join(d.rstrip('?') for d in dtypes)}. "
            "Use `ops.cast` first."
        )
    return (common,) * len(dtypes), common


def shift(dtypes: Names, attributes: Mapping[str, Any]) -> tuple[Names, str]:
    """As `integers`, but booleans become int32."""
    common = integers(dtypes, attributes)[1]
    common = "int32" if common == "bool" else common
    return (common,) * len(dtypes), common


@primitive(shape=broadcast, dtype=integers)
def bitwise_and(x: Tensor, y: Tensor) -> Tensor:
    """`x & y`."""


@primitive(shape=broadcast, dtype=integers)
def bitwise_or(x: Tensor, y: Tensor) -> Tensor:
    """`x | y`."""


@primitive(shape=broadcast, dtype=integers)
def bitwise_xor(x: Tensor, y: Tensor) -> Tensor:
    """`x ^ y`."""


@primitive(shape=same_as_first, dtype=integers)
def bitwise_invert(x: Tensor) -> Tensor:
    """`~x`."""


@primitive(shape=broadcast, dtype=shift)
def bitwise_left_shift(x: Tensor, y: Tensor) -> Tensor:
    """`x << y`, for `y` of at least 0 and below the number of bits."""


@primitive(shape=broadcast, dtype=shift)
def bitwise_right_shift(x: Tensor, y: Tensor) -> Tensor:
    """`x >> y`, which keeps the sign; for `y` of at least 0 and below the number of bits."""


bitwise_not = bitwise_invert
left_shift = bitwise_left_shift
right_shift = bitwise_right_shift
OPS.update(bitwise_not=bitwise_not, left_shift=left_shift, right_shift=right_shift)
