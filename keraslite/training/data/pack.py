"""A batch is `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""

from __future__ import annotations

from typing import Any

from keraslite.errors import DataError

__all__ = ["pack_x_y_sample_weight", "unpack_x_y_sample_weight"]


def unpack_x_y_sample_weight(data: object) -> tuple[Any, Any, Any]:
    """Take a batch apart.

    Args:
        data: `x`, or a tuple `(x,)`, `(x, y)` or `(x, y, sample_weight)`. A list is an `x` with several inputs.

    Returns:
        `(x, y, sample_weight)`, with None for what the batch does not hold.

    Raises:
        DataError: if `data` is a tuple of another length.

    Example:
        >>> from keraslite.utils import unpack_x_y_sample_weight
        >>> unpack_x_y_sample_weight((1, 2))
        (1, 2, None)
    """
    if not isinstance(data, tuple):
        return data, None, None
    if 1 <= len(data) <= 3:
        x, y, sample_weight = (*data, None, None)[:3]
        return x, y, sample_weight
    raise DataError(
        "A batch needs to be `x`, `(x,)`, `(x, y)` or `(x, y, sample_weight)`. "
        f"Received a tuple of {len(data)}. Put several inputs in a list or dict."
    )


def pack_x_y_sample_weight(x: object, y: object = None, sample_weight: object = None) -> object:
    """Make the shortest batch that holds what is given.

    Args:
        x: the inputs, an array or a nest of them.
        y: the targets, or None.
        sample_weight: the weights of the samples, or None.

    Returns:
        `x` itself, `(x, y)` or `(x, y, sample_weight)`. A list or tuple of inputs alone becomes `(x,)`, since a tuple
        is read as a batch.

    Example:
        >>> from keraslite.utils import pack_x_y_sample_weight
        >>> pack_x_y_sample_weight(1, 2)
        (1, 2)
    """
    if y is None and sample_weight is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    if sample_weight is None:
        return (x, y)
    return (x, y, sample_weight)
