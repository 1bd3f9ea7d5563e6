"""Penalties on weights and outputs, added to the loss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from keraslite import serialization as _serialization
from keraslite.regularizers.base import Regularizer
from keraslite.regularizers.norms import L1, L1L2, L2, OrthogonalRegularizer
from keraslite.serialization.lookup import find as _find
from keraslite.serialization.lookup import names_of as _names_of

l1 = L1
l1_l2 = L1L2
l2 = L2
orthogonal_regularizer = OrthogonalRegularizer

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]

_TABLE = _names_of(L1, L1L2, L2, OrthogonalRegularizer, l1_l2=L1L2)


_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: str | Mapping[str, object] | type[Regularizer]) -> Regularizer: ...
@overload
def get(identifier: _Function) -> _Function: ...
def get(identifier: object) -> object:
    """Return the regularizer that a name, a config or a class stands for.

    Args:
        identifier: a name such as "l2" or "L2", the config of a regularizer, a class of regularizers, a regularizer,
            or any function of a tensor.

    Returns:
        A regularizer. A function is returned as it is, and so is None.

    Raises:
        UnknownNameError: if no regularizer has that name.

    Example:
        >>> from keraslite import regularizers
        >>> regularizers.get("l2").l2
        0.01
    """
    return _find(identifier, _TABLE, "regularizers.get", "a regularizer")


def serialize(regularizer: object) -> Any:
    """Return the config of a regularizer: plain data, from which `deserialize` makes an equal one.

    Args:
        regularizer: a regularizer, or a function that `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import regularizers
        >>> regularizers.serialize(regularizers.L2(0.1))["config"]
        {'l2': 0.1}
    """
    return _serialization.serialize(regularizer)


def deserialize(config: object, custom_objects: dict[str, Any] | None = None) -> Regularizer:
    """Return the regularizer that `serialize` made `config` from.

    Args:
        config: what `serialize` returned, or a name.
        custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.

    Example:
        >>> from keraslite import regularizers
        >>> regularizers.deserialize(regularizers.serialize(regularizers.L2(0.1))).l2
        0.1
    """
    return _find(config, _TABLE, "regularizers.deserialize", "a regularizer", custom_objects)
