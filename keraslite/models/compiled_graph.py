"""`model(x)` of a functional model, compiled: a graph of layers is the same computation at each call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite import config, masking, tree
from keraslite.backend import registry, state
from keraslite.layers.call_context import context
from keraslite.training.own_code import foreign_code
from keraslite.transforms.jit import Jitted
from keraslite.transforms.recorded import is_recording

__all__ = ["CompiledGraph"]

_PLAIN_CALLS = 3  # with inputs of one kind, before they are compiled; the last of them is watched
_MOST_KINDS = 8  # of inputs that are compiled, and of changes that are followed


class CompiledGraph:
    """Calls the graph of a model, without training.

    The first calls with inputs of some shapes and dtypes run in Python. If nothing but keraslite's own code ran, no
    loss was added and no attribute set, later calls are one compiled program. It carries the engine's own gradients,
    and is dropped when an attribute of a layer, or a Variable, is another one.
    """

    def __init__(self, model: Any, graph: Callable[[list[Any]], Any]):
        self._model, self._graph = model, graph
        self._seen: dict[Any, int] = {}
        self._run: Jitted | None = None
        self._pure: bool | None = None
        self._version, self._print = -1, None
        self._changes = 0

    def __call__(self, values: list[Any]) -> Any:
        """The outputs for tensors, one an input."""
        if self._pure is False or not self._may_compile(values):
            return self._graph(values)
        if state.version() != self._version:
            self._follow()
        key = tuple([(x.__class__, x.shape, x.dtype) for x in values])
        calls = self._seen.get(key, 0)
        if calls == _PLAIN_CALLS and self._run is not None:
            return self._compiled(values)
        if calls == 0 and len(self._seen) >= _MOST_KINDS:
            return self._graph(values)
        self._seen[key] = calls + 1
        if calls < _PLAIN_CALLS - 1 or self._run is not None:
            return self._graph(values)
        return self._watched(values)

    def _may_compile(self, values: list[Any]) -> bool:
        if state.scope() is not None or is_recording() or "compiled_calls" not in config.fast_paths():
            return False
        engine = registry.current()
        if engine.capabilities.isdisjoint(("compile", "replays")) or engine.is_tracing():
            return False
        types = tuple(engine.tensor_types)
        if not all(isinstance(x, types) for x in values):
            return False
        return not masking.table or all(masking.get_mask(x) is None for x in values)

    def _watched(self, values: list[Any]) -> Any:
        """A call in Python that tells whether later ones can do without it."""
        call, version = context.get(), state.version()
        losses = len(call.recorders) if call is not None else 0
        with foreign_code() as found:
            outputs = self._graph(values)
        added = call is not None and len(call.recorders) > losses
        self._pure = not (found or added or state.version() != version)
        if self._pure:
            self._run = Jitted(self._outputs, "auto", donate=False, replay=True, gradients=True, follow=False)
        return outputs

    def _outputs(self, values: list[Any]) -> tuple[Any, list[Any]]:
        outputs = self._graph(values)
        return outputs, [masking.get_mask(x) for x in tree.leaves(outputs)]

    def _compiled(self, values: list[Any]) -> Any:
        failure = None
        try:
            outputs, masks = self._run(values)  # type: ignore[misc]
        except Exception as error:
            failure = error
        if failure is not None:
            self._graph(values)  # says in which layer
            raise failure
        for x, mask in zip(tree.leaves(outputs), masks, strict=True):
            if mask is not None:
                masking.set_mask(x, mask)
        return outputs

    def _follow(self) -> None:
        """Something changed somewhere. If it is part of the model, start anew; if that goes on, stay in Python."""
        found = self._fingerprint()
        if found != self._print:
            if self._run is not None:
                self._changes += 1
            self._seen, self._run = {}, None
            self._pure = None if self._changes < _MOST_KINDS else False
            self._print = found
        self._version = state.version()

    def _fingerprint(self) -> Any:
        model = self._model
        held = not registry.current().capabilities.isdisjoint(("in_place", "native_state"))
        layers = [(id(layer), layer.__dict__["_changes"]) for layer in model._flatten_layers()]
        variables = [(id(v), v.trainable, id(v.storage) if held else 0) for v in model.variables]
        return layers, variables
