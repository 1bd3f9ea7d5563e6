"""Comparisons, logic, and choosing by a condition."""

from __future__ import annotations

import array_api_strict as xp
from array_api_strict import (
    equal,
    greater,
    greater_equal,
    isfinite,
    isnan,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
)

__all__ = [
    "equal",
    "greater",
    "greater_equal",
    "isfinite",
    "isnan",
    "less",
    "less_equal",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "not_equal",
    "where",
]


def where(condition, x1, x2):
    return xp.nonzero(condition) if x1 is None or x2 is None else xp.where(condition, x1, x2)
