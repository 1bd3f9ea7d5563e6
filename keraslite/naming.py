"""Automatic names of objects, such as "dense" and "dense_1"."""

from __future__ import annotations

import gc
import re
from contextvars import ContextVar

_counts: ContextVar[dict[str, int] | None] = ContextVar("keraslite_name_counts", default=None)
_numbers: ContextVar[dict[str, int] | None] = ContextVar("keraslite_numbers", default=None)


def to_snake_case(name: str) -> str:
    """ "MaxPooling2D" -> "max_pooling2d"."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(prefix: str) -> str:
    """Return `prefix`, then `prefix`_1, `prefix`_2 and so on, counted per thread or task."""
    counts = _counts.get()
    if counts is None:
        counts = {}
        _counts.set(counts)
    seen = counts.get(prefix, 0)
    counts[prefix] = seen + 1
    return f"{prefix}_{seen}" if seen else prefix


def numbered(name: str) -> tuple[str, int]:
    """Split a name: "dense_3" -> ("dense", 3), "dense" -> ("dense", 0). Sorting by this is the order of creation."""
    prefix, _, number = name.rpartition("_")
    return (prefix, int(number)) if prefix and number.isdecimal() else (name, 0)


def auto_name(cls_name: str) -> str:
    """Return the next name for an object of a class: "Conv2D" -> "conv2d", then "conv2d_1"."""
    return unique_name(to_snake_case(cls_name))


def next_number(prefix: str) -> int:
    """Return 1, 2, 3 and so on for a prefix, counted separately from names (`keraslite.backend.get_uid`)."""
    numbers = _numbers.get()
    if numbers is None:
        numbers = {}
        _numbers.set(numbers)
    numbers[prefix] = numbers.get(prefix, 0) + 1
    return numbers[prefix]


def reset_names() -> None:
    """Start all counts again."""
    _counts.set({})
    _numbers.set({})


def clear_session(free_memory: bool = True) -> None:
    """Count automatic names ("dense", "dense_1", ...) from the start again.

    Args:
        free_memory: whether to look for garbage too, so that models nobody holds any more leave memory at once.

    Example:
        >>> import keraslite as keras
        >>> keras.utils.clear_session()
        >>> keras.layers.Dense(1).name, keras.layers.Dense(1).name
        ('dense', 'dense_1')
    """
    reset_names()
    if free_memory:
        gc.collect()
