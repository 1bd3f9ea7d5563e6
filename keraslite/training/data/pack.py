"""A batch is `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""

from __future__ import annotations

from typing import Any

from keraslite.errors import DataError

__all__ = ["pack_x_y_sample_weight", "unpack_x_y_sample_weight"]


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """`(x, y, sample_weight)` of a batch; what it does not hold is None.

    A list is one `x` with several inputs, a tuple of up to three is a batch.
    """
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        return (*data, None, None)[:3]  # type: ignore[return-value]
    raise DataError(
        "A batch needs to be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. "
        f"Received a tuple of {len(data)}. Put several inputs in a list or dict."
    )


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """The shortest batch that holds what is given: `x` itself where nothing else is, but for a list or tuple of inputs.

    Those stay apart as `(x,)`, since a tuple is read as a batch.
    """
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    if sample_weight is None:
        return (x, y)
    return (x, y, sample_weight)
