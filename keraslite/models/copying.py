"""Copies of built models, on the same engine or on another one, and pickled models.

A copy is made from what a `.keras` file would hold. The adapters of weights are no part of files, so they are copied
beside it. (Low-rank adapters are: the config of their layer says so.)
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from keraslite import saving
from keraslite.backend import registry
from keraslite.layers.base import Layer
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.models.model import Model

_AnyModel = TypeVar("_AnyModel", bound="Model")


class Adaption(NamedTuple):
    """A weight that is read through an adapter.

    Attributes:
        layer: which layer's, among all of the model.
        weight: the name of its attribute.
        adapter: the adapter.
        variables: those that the adapter made.
        trained: whether optimizers change the weight.
    """

    layer: int
    weight: str
    adapter: Callable[[Variable], object]
    variables: list[Variable]
    trained: bool


def copied(model: _AnyModel, engine: str) -> _AnyModel:
    """A copy of a built model, with its weights and the optimizer's state, on the engine of that name."""
    content, used = saving.packed(model)
    adaptions = _adaptions(model)
    with registry.use_backend(engine):
        return saving.loads(content, used, prepare=lambda new: _adapt(new, _moved(adaptions, model, new, engine)))


def pickled(model: Model) -> tuple[object, ...]:
    """What `pickle` calls to make the model again."""
    content, used = saving.packed(model)
    adaptions = _adaptions(model)
    return (unpickle, (content, used, adaptions)) if adaptions else (saving.unpickle, (content, used))


def unpickle(content: bytes, custom_objects: Mapping[str, object], adaptions: list[Adaption]) -> object:
    """Called by `pickle`."""
    return saving.unpickle(content, custom_objects, lambda new: _adapt(new, adaptions))


def _adaptions(model: Model) -> list[Adaption]:
    return [
        Adaption(i, name, each.adapter, [*getattr(each.adapter, "variables", ())], each.variable.trainable)
        for i, layer in enumerate(model._flatten_layers())
        for name, each in layer._own.adapted.items()
        if not each.is_merged
    ]


def _moved(adaptions: list[Adaption], old: Model, new: Model, engine: str) -> list[Adaption]:
    """Copies for another model, in which its layers and Variables take the places of the old one's."""
    places: dict[int, object] = {}
    for before, after in zip(old._flatten_layers(), new._flatten_layers(), strict=True):
        places[id(before)] = after
        for kind in ("trainable", "non_trainable"):
            pairs = zip(getattr(before._own.tracker, kind), getattr(after._own.tracker, kind), strict=False)
            places.update((id(one), other) for one, other in pairs)
    for variable in (v for each in adaptions for v in each.variables):
        made = Variable(
            variable.numpy(), dtype=variable.dtype, trainable=variable.trainable, name=variable.name, backend=engine
        )
        made.path = variable.path
        made.constraint, made.regularizer = variable.constraint, variable.regularizer
        places[id(variable)] = made
    return copy.deepcopy(adaptions, places)


def _adapt(model: Layer, adaptions: list[Adaption]) -> None:
    layers = model._flatten_layers()
    for each in adaptions:
        layer = layers[each.layer]
        with layer.unlocked():
            for variable in each.variables:
                layer._own.tracker.add(variable)
        layer.adapt_weight(each.weight, each.adapter, train_weight=each.trained)
