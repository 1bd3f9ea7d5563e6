"""Projections that weights go through after each update."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

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


_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: str | Mapping[str, object] | type[Constraint]) -> Constraint: ...
@overload
def get(identifier: _Function) -> _Function: ...
def get(identifier: object) -> object:
    """Return the constraint that a name, a config or a class stands for.

    Args:
        identifier: a name such as "max_norm" or "MaxNorm", the config of a constraint, a class of constraints, a
            constraint, or any function of a tensor.

    Returns:
        A constraint. A function is returned as it is, and so is None.

    Raises:
        UnknownNameError: if no constraint has that name.

    Example:
        >>> from keraslite import constraints
        >>> constraints.get("max_norm").max_value
        2
    """
    return _find(identifier, _TABLE, "constraints.get", "a constraint")


def serialize(constraint: object) -> Any:
    """Return the config of a constraint: plain data, from which `deserialize` makes an equal one.

    Args:
        constraint: a constraint, or a function that `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import constraints
        >>> constraints.serialize(constraints.MaxNorm(3))["config"]
        {'max_value': 3, 'axis': 0}
    """
    return _serialization.serialize(constraint)


def deserialize(config: object, custom_objects: dict[str, Any] | None = None) -> Constraint:
    """Return the constraint that `serialize` made `config` from.

    Args:
        config: what `serialize` returned, or a name.
        custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite import constraints
        >>> constraints.deserialize(constraints.serialize(constraints.MaxNorm(3))).max_value
        3
    """
    return _find(config, _TABLE, "constraints.deserialize", "a constraint", custom_objects)
