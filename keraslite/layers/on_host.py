"""`layer.on_host()`: a layer as a function of NumPy arrays, for the making of data."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import tree
from keraslite.backend import registry, scopes
from keraslite.backend.changes import Reads, Watch
from keraslite.errors import ArgumentError, NotBuiltError
from keraslite.layers.call_context import context
from keraslite.layers.names import title
from keraslite.random import positions
from keraslite.random.seeds import SeedGenerator
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.backend.contract import Engine
    from keraslite.layers.base import Layer
    from keraslite.layers.tracking import Tracker

__all__ = ["OnHost", "Replica", "apart", "arrays", "copied", "is_list_of_values"]


class Replica:
    """A copy of a layer with frozen weights on another engine, taken again when the layer's have changed.

    It looks whether they have only where it is called in line: not in a thread that fetches data, nor in another
    process, where the layer's engine may not be usable.

    Args:
        layer: the layer. It has its weights.
        engine: the engine of the copy.
        who: what needs the layer's weights, for messages.
    """

    def __init__(self, layer: Layer, engine: Engine, who: str):
        if not layer.built:
            raise NotBuiltError(f"{who} needs a layer with weights. Received {title(layer)}. Call or build it first.")
        self._layer: Layer | None = layer
        self._engine = engine.name
        self._process = os.getpid()
        self._taken: list[np.ndarray] = []
        self._copy = layer
        self._reads: Reads | None = None
        self._take(layer)
        if positions.in_worker():
            _spread(self._copy)

    def look(self) -> Layer:
        """The copy as it has to be now."""
        if os.getpid() != self._process:
            self._process, self._layer = os.getpid(), None
            if positions.in_worker():
                _spread(self._copy)
        elif self._layer is not None and scopes.scope() is None:
            self._look(self._layer)
        return self._copy

    def _look(self, layer: Layer) -> None:
        if layer.runs_on_host:
            return
        found = [variable.numpy() for variable in _variables(layer)]
        same = len(found) == len(self._taken) and all(map(_equal, found, self._taken))
        if not same or self._reads is None or self._reads.changed():
            self._take(layer)

    def _take(self, layer: Layer) -> None:
        if layer.runs_on_host:
            return  # it has no weights on an engine
        self._taken = [variable.host_value() for variable in _variables(layer)]
        self._copy = layer._copy_for(self._engine)
        watch = Watch(recording=False)
        watch.used[id(layer)] = layer
        self._reads = Reads(watch)

    def __getstate__(self) -> dict[str, object]:
        """Another process gets the weights that were taken, and no layer to look at."""
        return {**vars(self), "_layer": None, "_reads": None}

    def __repr__(self) -> str:
        return f"<{type(self._copy).__name__} {self._copy.name!r} on {self._engine}>"


def _spread(layer: Layer) -> None:
    """Let the random layers in it draw other numbers than their copies in other processes."""
    for each in layer._flatten_layers():
        for state in _seeds(each._own.tracker):
            state.assign(np.array([int(state.numpy()[0]), positions.worker_number()], state.dtype))


class OnHost(Replica):
    """A layer as a function from NumPy arrays to NumPy arrays, with weights of its own.

    It touches neither the engine nor the layer's Variables while a batch is fetched, so it may run in any thread and in
    processes that a loader starts. Where it is called in line, it first looks whether the layer's weights are still
    those that it has taken, and takes them again if not.
    """

    def __init__(self, layer: Layer):
        super().__init__(layer, registry.host(), "`on_host`")

    def __call__(self, *args: object, **kwargs: object) -> Any:
        """The outputs for arrays, lists or tensors of any engine, as NumPy arrays."""
        copy = self.look()
        convert = getattr(copy, "as_arrays") if copy.runs_on_host else arrays  # noqa: B009
        args, kwargs = tuple(map(convert, args)), convert(kwargs)
        if copy.runs_on_host:
            return copy.call(*args, **kwargs)
        with apart(registry.host()):
            return tree.map(np.asarray, copy(*args, **kwargs))

    def __repr__(self) -> str:
        return f"<{type(self._copy).__name__} {self._copy.name!r} on the host>"


@contextmanager
def apart(engine: Engine) -> Iterator[None]:
    """Within it, an engine is active, and there is no transform, compute dtype or call of a layer around."""
    token = context.set(None)
    try:
        with registry.use_backend(engine.name), scopes.outside(), scopes.autocast(None):
            yield
    finally:
        context.reset(token)


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def _variables(layer: Layer) -> list[Variable]:
    """The weights of a layer. What random layers draw with is left out, since it moves on at every call."""
    seeds = {id(variable) for each in layer._flatten_layers() for variable in _seeds(each._own.tracker)}
    return [variable for variable in layer.variables if id(variable) not in seeds]


def _seeds(tracker: Tracker) -> list[Variable]:
    return [seed.state for seed in tracker.seeds if isinstance(seed, SeedGenerator)]


def copied(layer: Layer, engine: str) -> Layer:
    """A copy of a layer with its weights on another engine."""
    every = {id(variable): variable for variable in layer.variables}
    seeds = {id(state): state for each in layer._flatten_layers() for state in _seeds(each._own.tracker)}
    memo: dict[int, object] = {}
    for variable in {**every, **seeds}.values():
        dtype = registry.load(engine).seed_storage["dtype"] if id(variable) in seeds else variable.dtype
        new = Variable(variable.host_value(), dtype=dtype, trainable=variable.trainable, name=variable.name,
                       autocast=variable._autocast, backend=engine)  # fmt: skip
        new.path = variable.path
        memo[id(variable)] = new
    for inner in layer._flatten_layers(include_self=False):
        if type(inner)._copy_for is not type(layer)._copy_for:
            memo[id(inner)] = inner._copy_for(engine)
    return copy.deepcopy(layer, memo)


def arrays(nest: object) -> Any:
    """`nest` with NumPy arrays for all that can be one: lists of numbers or texts, tensors of any engine, Variables."""
    if isinstance(nest, Mapping):
        return {key: arrays(value) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)) and not is_list_of_values(nest):
        return type(nest)(arrays(value) for value in nest)
    return _as_array(nest)


def is_list_of_values(x: object) -> bool:
    """Whether a list is one array: of numbers or texts, however deep."""
    while isinstance(x, (list, tuple)) and x:
        x = x[0]
        if isinstance(x, (str, bytes, int, float)):
            return True
    return False


def _as_array(x: Any) -> object:
    if isinstance(x, Variable):
        return x.numpy()
    engine = registry.engine_of(x)
    if engine is not None:
        return engine.to_numpy(x)
    if isinstance(x, (str, bytes, int, float, list, tuple)) or hasattr(x, "__array__"):
        try:
            return np.asarray(x)
        except ValueError as error:
            raise ArgumentError(f"An array needs rows of one length. Received {x!r:.80}. Pad them.") from error
    return x
