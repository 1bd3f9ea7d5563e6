"""`model(x)` of a functional model, compiled: a graph of layers is the same computation at each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from keraslite import config, masking, tree
from keraslite.backend import dtypes, registry, scopes
from keraslite.backend.changes import Reads, is_recording, watching
from keraslite.backend.trials import SWITCHED_OFF, Patience, Verdict
from keraslite.layers import ids
from keraslite.layers.call_context import context
from keraslite.models.host_part import left_in_steps
from keraslite.ops.symbolic import SymbolicTensor, fresh
from keraslite.training.own_code import foreign_code
from keraslite.transforms.jit import Jitted

if TYPE_CHECKING:
    from keraslite.models.model import Model
    from keraslite.transforms.compiled import CompiledProgram
    from keraslite.transforms.recorded import Recorded

__all__ = ["CompiledGraph", "calls_inferred_once"]

_PLAIN_CALLS = 3  # with inputs of one kind, before they are compiled; the last of them is watched
_MOST_KINDS = 8  # of inputs that are compiled
_FIRST = f"the first {_PLAIN_CALLS} calls run in Python"


_shared: ContextVar[dict[tuple[object, ...], object] | None] = ContextVar("keraslite_shared_calls", default=None)


@contextmanager
def calls_inferred_once() -> Iterator[None]:
    """Within it, the outputs of a model's calls with symbolic tensors of the same shapes are inferred once.

    A model that calls a model twice, which calls a model twice, and so on, is drawn in a time that grows with the
    number of models and not with that of calls.
    """
    token = _shared.set({} if _shared.get() is None else _shared.get())
    try:
        yield
    finally:
        _shared.reset(token)


class CompiledGraph:
    """Calls the graph of a model, without training.

    The first calls with inputs of some shapes and dtypes run in Python. If nothing but keraslite's own code ran, no
    loss was added and no attribute set, later calls are one compiled program. It carries the engine's own gradients,
    and is dropped when an attribute of something that it has used was set.

    Attributes:
        reason: why calls run in Python; empty where they are compiled.
    """

    def __init__(self, model: Model, graph: Callable[[list[object]], object], inputs: list[SymbolicTensor]):
        self._model, self._graph, self._inputs = model, graph, inputs
        self._seen: dict[tuple[object, ...], int] = {}
        self._run: Jitted | None = None
        self._read: Reads | None = None
        self._patience, self._compiled_calls = Patience(_PLAIN_CALLS), 0
        self.reason = _FIRST
        self._tables: list[tuple[int, dict[str, int]]] = []  # which inputs are indices, and of what

    def __call__(self, values: list[Any]) -> Any:
        """Return the outputs for tensors, one per input."""
        if self._read is not None and self._read.changed():
            self._start_anew()
        if (self._read is not None and self._run is None) or not self._may_compile(values):
            shared = _shared.get()
            return self._graph(values) if shared is None else self._once(values, shared)
        key = tuple([(x.__class__, x.shape, x.dtype) for x in values])
        calls = self._seen.get(key, 0)
        if calls >= _PLAIN_CALLS and self._run is not None:
            return self._compiled(values)
        if calls == 0 and len(self._seen) >= _MOST_KINDS:
            return self._graph(values)
        self._seen[key] = calls + 1
        if calls < self._patience.waiting - 1 or self._run is not None:
            return self._graph(values)
        return self._watched(values)

    def _once(self, values: list[Any], shared: dict[tuple[object, ...], object]) -> Any:
        """Return the outputs, which are inferred once for symbolic floats of the same shapes and dtypes."""
        if not all(isinstance(x, SymbolicTensor) and x.mask is None and dtypes.is_float(x.dtype) for x in values):
            return self._graph(values)
        key = (self, scopes.autocast_dtype(), *((x.dims, x.dtype) for x in values))
        if key not in shared:
            shared[key] = self._graph(values)
            if any(masking.get_mask(x) is not None for x in tree.leaves(shared[key])):
                return shared.pop(key)
        return fresh(shared[key])

    def verdicts(self) -> list[Verdict]:
        """What was decided, for each kind of inputs."""
        name, path = "model(x)", "compiled_calls"
        if path not in config.fast_paths():
            return [Verdict(name, path, False, SWITCHED_OFF)]
        if self._run is None:
            return [Verdict(name, path, None if self.reason == _FIRST else False, self.reason)]
        found = self._run.verdicts(name)
        main = ("compiled", "replayed_steps")  # how calls are compiled
        return [replace(each, path=path) if each.path in main else each for each in found]

    @property
    def programs(self) -> tuple[CompiledProgram | Recorded, ...]:
        """The programs made so far."""
        return self._run.programs if self._run is not None else ()

    def _start_anew(self) -> None:
        """Something that calls have used has changed."""
        self._patience.ended(self._compiled_calls)
        self._seen, self._run, self._read, self._compiled_calls, self.reason = {}, None, None, 0, _FIRST

    def _may_compile(self, values: list[object]) -> bool:
        if scopes.scope() is not None or is_recording() or "compiled_calls" not in config.fast_paths():
            return False
        engine = registry.current()
        if engine.capabilities.isdisjoint(("compile", "replays")):
            self.reason = f"{engine.name} runs it in Python"
            return False
        if engine.is_tracing():
            return False
        types = tuple(engine.tensor_types)
        if not all(isinstance(x, types) for x in values):
            return False
        return not masking.table or all(masking.get_mask(x) is None for x in values)

    def _watched(self, values: list[object]) -> object:
        """A call in Python that tells whether later ones can do without it."""
        call = context.get()
        losses = len(call.recorders) if call is not None else 0
        with watching() as watch, foreign_code() as found:
            outputs = self._graph(values)
        reasons = [f"code of {name} runs in it" for name in found] + watch.assignments()
        if left_in_steps(self._model):
            reasons.append("a layer on the host runs in it")
        if call is not None and len(call.recorders) > losses:
            reasons.append("it adds losses")
        self._read, self.reason = Reads(watch), "; ".join(reasons)
        if not reasons:
            self._tables = self._find_tables()
            self._run = Jitted(self._outputs, "auto", donate=False, replay=True, gradients=True)
        return outputs

    def _find_tables(self) -> list[tuple[int, dict[str, int]]]:
        layers = set(self._model._flatten_layers())
        found = [(i, ids.tables_of(x, layers)) for i, x in enumerate(self._inputs)]
        return [(i, tables) for i, tables in found if tables]

    def _outputs(self, values: list[object]) -> tuple[object, list[object]]:
        outputs = self._graph(values)
        return outputs, [masking.get_mask(x) for x in tree.leaves(outputs)]

    def _compiled(self, values: list[object]) -> Any:
        self._compiled_calls += 1
        for i, tables in self._tables:
            ids.check_known(values[i], tables, self._model.name)
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
