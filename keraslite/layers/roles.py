"""What a class says of its weights: how each starts (initializer), is penalised (regularizer) and kept (constraint).

    class Dense(Layer):
        kernel_initializer: InitializerRole = initializer()
        kernel_regularizer: RegularizerRole = regularizer()
        kernel_constraint: ConstraintRole = constraint()

Each is an attribute that may be set to a name, a config or an object, and reads as the object. `add_weight` finds the
three by the weight's name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Self, TypeAlias, TypeVar, overload

from keraslite import constraints, initializers, regularizers
from keraslite.layers.base import Layer
from keraslite.layers.types import ConstraintLike, InitializerLike, RegularizerLike
from keraslite.variable import Variable

_Given = TypeVar("_Given", contravariant=True)

#: What a role reads as: an object or a function, or None.
Found: TypeAlias = Callable[..., Any] | None


class Role(Generic[_Given]):
    """An attribute of a layer that is set to whatever stands for an object, and reads as that object."""

    def __init__(self, find: Callable[[Any], Found]):
        self._find = find

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, layer: None, owner: type) -> Self: ...
    @overload
    def __get__(self, layer: object, owner: type) -> Found: ...
    def __get__(self, layer: object, owner: type) -> Self | Found:
        if layer is None:
            return self
        try:
            return vars(layer)[self._name]
        except KeyError:
            raise AttributeError(f"{type(layer).__name__!r} object has no attribute {self._name!r} yet") from None

    def __set__(self, layer: object, value: _Given) -> None:
        vars(layer)[self._name] = self._find(value)


InitializerRole: TypeAlias = Role[InitializerLike]
RegularizerRole: TypeAlias = Role[RegularizerLike]
ConstraintRole: TypeAlias = Role[ConstraintLike]


def initializer() -> InitializerRole:
    """The attribute that says how a weight starts."""
    return Role(initializers.get)


def regularizer() -> RegularizerRole:
    """The attribute that says how a weight is penalised."""
    return Role(regularizers.get)


def constraint() -> ConstraintRole:
    """The attribute that says what a weight is kept to."""
    return Role(constraints.get)


def add_weight(
    layer: Layer,
    name: str,
    shape: Sequence[int],
    role: str | None = None,
    *,
    initializer: InitializerLike = None,
    autocast: bool = True,
) -> Variable:
    """Make a weight with the initializer, regularizer and constraint that the layer's class has roles for.

    Args:
        layer: the layer, which is being built.
        name: the weight's name.
        shape: its sizes.
        role: what stands before `_initializer` in the names of the roles; None is `name`.
        initializer: to be taken instead of the role's; None takes the role's.
        autocast: whether the layer reads the weight in its compute dtype.
    """
    role = role or name
    return layer.add_weight(
        name=name,
        shape=shape,
        initializer=getattr(layer, f"{role}_initializer") if initializer is None else initializer,
        regularizer=getattr(layer, f"{role}_regularizer"),
        constraint=getattr(layer, f"{role}_constraint"),
        autocast=autocast,
    )
