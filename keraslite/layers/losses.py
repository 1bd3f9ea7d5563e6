"""Losses that layers add during a call, and how long they count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite import tree
from keraslite.backend import registry, scopes
from keraslite.layers import stateless
from keraslite.layers.call_context import CallContext
from keraslite.ops.core import as_tensor
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.base import Layer


class Held:
    """Losses of one call: they count while the same transform is active, since a trace's values end with it."""

    __slots__ = ("root", "scope", "values")

    def __init__(self, root: CallContext | None, scope: scopes.Scope | None):
        self.root, self.scope = root, scope
        self.values: list[Any] = []


def hold(layer: Layer, loss: object, context: CallContext | None) -> None:
    """Keep losses on the layer until the outermost call is made again."""
    own = layer._own
    for value in tree.leaves(loss):
        if not isinstance(value, (SymbolicTensor, scopes.VariableBase)) and registry.engine_of(value) is None:
            value = as_tensor(value)
        stateless.collect(value)
        root, scope = (None if context is None else context.root), scopes.scope()
        held = own.held_losses
        if held is None or held.root is not root or held.scope is not scope:
            held = own.held_losses = Held(root, scope)
            if context is not None:
                context.recorders.append(layer)
        held.values.append(value)


def held(layer: Layer) -> list[Any]:
    """The losses that calls added, if they can be used here."""
    found = layer._own.held_losses
    return found.values if found is not None and found.scope is scopes.scope() else []


def clear(layers: list[Layer]) -> None:
    """Forget what calls of these layers added."""
    for layer in layers:
        layer._own.held_losses = None
