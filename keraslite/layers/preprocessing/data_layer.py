"""`DataLayer`: a layer that also computes where data is made, on the engine of its inputs."""

from __future__ import annotations

import os
import weakref
from typing import Any, ClassVar, Self

from keraslite import tree
from keraslite.backend import registry, scopes
from keraslite.backend.contract import Engine, Tensor
from keraslite.backend.tracebacks import shorten
from keraslite.layers import building
from keraslite.layers.base import Layer
from keraslite.layers.call_context import CallInfo, context
from keraslite.layers.names import title
from keraslite.layers.on_host import OnHost, Replica, apart, arrays
from keraslite.layers.state import LayerState
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.random import positions
from keraslite.variable import Variable

__all__ = ["DataLayer", "on_host"]


class DataLayerState(LayerState):
    """The state of a layer that has copies on other engines.

    Attributes:
        is_copy: whether the layer is such a copy itself.
        replicas: the copies, by the names of their engines.
    """

    __slots__ = ("is_copy", "replicas")

    def __init__(self, layer: Layer, info: CallInfo):
        super().__init__(layer, info)
        self.replicas: dict[str, Replica] = {}
        self.is_copy = False

    def kept(self) -> dict[str, object]:
        """What `pickle` and `copy` take: all but the copies."""
        found = super().kept()
        del found["replicas"], found["is_copy"]
        return found


class DataLayer(Layer):
    """A layer that computes on the engine of its inputs, so that it also runs where data is made.

    Within a model it is a layer as any other. Elsewhere it follows its inputs:

    - tensors of another engine, such as those within `tf.data.Dataset.map`, are computed on that engine;
    - arrays and lists become tensors of the active engine, as in any layer. But where `fit`, `evaluate` or `predict`
      read data, and in worker processes of loaders, NumPy computes, and the outputs are NumPy arrays.

    On another engine a copy of the weights is used, which is taken again when the layer's weights or settings have
    changed. `on_host()` returns the layer as a function from NumPy arrays to NumPy arrays.

    Args:
        **kwargs: `name`, `dtype` and the other keywords of every layer (see `Layer`).

    Example:
        >>> import keraslite as keras
        >>> class Halved(keras.layers.DataLayer):
        ...     def call(self, inputs):
        ...         return inputs * 0.5
        >>> Halved().on_host()([2.0, 4.0]).tolist()
        [1.0, 2.0]
    """

    _state_class: ClassVar[type[LayerState]] = DataLayerState
    _own: DataLayerState

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        layer = super().__new__(cls)
        _living.add(layer)
        return layer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        engine = _elsewhere(self, args, kwargs)
        if engine is None:
            return super().__call__(*args, **kwargs)
        try:
            if engine is registry.host():
                return on_host(self)(*args, **kwargs)
            with apart(engine):
                return _copy_on(self, engine)(*args, **kwargs)
        except Exception as error:
            shorten(error)
            raise

    def convert_weight(self, weight: Variable | Tensor) -> Variable | Tensor:
        """Return a weight as what the active engine computes with.

        Within `call` the layer's own weights are already on the engine of the inputs.

        Args:
            weight: a Variable or tensor of any engine and any shape.

        Returns:
            The weight itself if it belongs to the active engine, otherwise a tensor of that engine, of the same shape
            and dtype.

        Example:
            >>> import keraslite as keras
            >>> from keraslite import layers
            >>> weight = keras.Variable([1.0, 2.0])
            >>> layers.Rescaling(0.5).convert_weight(weight) is weight
            True
        """
        engine = registry.current()
        owner = weight.engine if isinstance(weight, Variable) else registry.engine_of(weight)
        if owner is engine:
            return weight
        array = weight.numpy() if isinstance(weight, Variable) else arrays(weight)
        return engine.to_tensor(array)

    def on_host(self) -> OnHost:
        _finish(self)
        return super().on_host()

    def _copy_for(self, engine: str) -> Layer:
        copy = super()._copy_for(engine)
        copy._own.is_copy = True  # type: ignore[attr-defined]
        return copy


def _elsewhere(layer: DataLayer, args: tuple[object, ...], kwargs: dict[str, object]) -> Engine | None:
    """The engine that computes a call, None if it is the layer's own."""
    if len(args) == 1 and not kwargs:
        engine = registry.engine_of(args[0])
        own = layer._own
        if engine is not None and own.settled and engine is (own.home or registry.current()):
            return None
    leaves = tree.leaves((args, kwargs))
    if any(isinstance(x, SymbolicTensor) for x in leaves):
        return None
    engine, home = registry.engine_of_all(*leaves), _home(layer)
    if engine is not None:
        return None if engine is home else engine
    if layer._own.is_copy or context.get() is not None:
        return None
    in_worker = positions.in_worker()  # where each process has to draw other numbers
    host = registry.host() if in_worker or scopes.making_data.get() else None
    return None if host is home and not in_worker else host


def _home(layer: DataLayer) -> Engine:
    """The engine of its weights, or the active one if it has none."""
    own = layer._own
    home = own.home
    if home is None and not own.settled:  # made, perhaps, but not called yet
        home = next((variable.engine for variable in layer.variables), None)
    return home or registry.current()


def _finish(layer: DataLayer) -> None:
    """Take a layer as built whose weights, if any, were made by its constructor."""
    if not layer.built and not layer._own.info.own_build and building.all_built_below(layer):
        building.finish(layer, None)


def on_host(layer: DataLayer) -> OnHost:
    """The layer as a function of NumPy arrays, made once."""
    replicas = layer._own.replicas
    name = registry.host().name
    found = replicas.get(name)
    if not isinstance(found, OnHost):
        _finish(layer)
        found = replicas[name] = OnHost(layer)
    return found


def _copy_on(layer: DataLayer, engine: Engine) -> Layer:
    """The layer, or its copy on another engine. Traces keep the values that it has now."""
    if not layer.variables:
        return layer
    replicas = layer._own.replicas
    found = replicas.get(engine.name)
    if found is None:
        _finish(layer)
        with engine.untraced():
            found = replicas[engine.name] = Replica(layer, engine, title(layer))
    return found.look()


# ---- forks ------------------------------------------------------------------------------------------------------

_living: weakref.WeakSet[DataLayer] = weakref.WeakSet()


def _before_fork() -> None:
    """Take what workers need of weights whose engine they cannot use."""
    for layer in list(_living):
        if layer.built and layer.variables and _home(layer).is_running():
            on_host(layer).look()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)
