"""Penalties on weights and outputs, added to the loss."""

from __future__ import annotations

from typing import Any

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


def get(identifier: Any) -> Any:
    """A regularizer from a name ("l2"), a config, a class, or any function of a tensor; None from None."""
    return _find(identifier, _TABLE, "regularizers.get", "a regularizer")


def serialize(regularizer: Any) -> Any:
    """A regularizer as plain data."""
    return _serialization.serialize(regularizer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """The regularizer that `serialize` made `config` from."""
    return _find(config, _TABLE, "regularizers.deserialize", "a regularizer", custom_objects)
