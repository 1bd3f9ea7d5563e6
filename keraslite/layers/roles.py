"""What a class says of its weights: how each starts (initializer), is penalised (regularizer) and kept (constraint).

    class Dense(Layer):
        kernel_initializer: InitializerRole = initializer()
        kernel_regularizer: RegularizerRole = regularizer()
        kernel_constraint: ConstraintRole = constraint()

Each is an attribute that may be set to a name, a config or an object, and reads as the object. `add_weight` finds the
three by the weight's name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from keraslite import constraints, initializers, regularizers
from keraslite.layers.base import Layer
from keraslite.layers.names import Role
from keraslite.layers.types import ConstraintLike, InitializerLike, RegularizerLike
from keraslite.variable import Variable

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
    shape: Sequence[int | None],
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
