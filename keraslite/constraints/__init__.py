"""Projections that weights go through after each update."""

from __future__ import annotations

from typing import Any

from keraslite import serialization as _serialization
from keraslite.constraints.base import Constraint
from keraslite.constraints.norms import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from keraslite.serialization.lookup import find as _find
from keraslite.serialization.lookup import names_of as _names_of

max_norm = MaxNorm
min_max_norm = MinMaxNorm
non_neg = NonNeg
unit_norm = UnitNorm

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]

_TABLE = _names_of(MaxNorm, MinMaxNorm, NonNeg, UnitNorm)


def get(identifier: Any) -> Any:
    """A constraint from a name ("max_norm"), a config, a class, or any function of a tensor; None from None."""
    return _find(identifier, _TABLE, "constraints.get", "a constraint")


def serialize(constraint: Any) -> Any:
    """A constraint as plain data."""
    return _serialization.serialize(constraint)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The constraint that `serialize` made `config` from."""
    return _find(config, _TABLE, "constraints.deserialize", "a constraint", custom_objects)
