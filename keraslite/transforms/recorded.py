"""Calls that an engine records once and runs again without Python."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import tree
from keraslite.backend import state
from keraslite.backend.state import VariableBase
from keraslite.ops.lifting import Rest, Tensors, as_tensor, split

if TYPE_CHECKING:
    from keraslite.transforms.jit import Jitted

__all__ = ["Recorded", "is_recording", "recording", "refuse_replay"]

_reasons: ContextVar[list[str] | None] = ContextVar("keraslite_recording", default=None)


def is_recording() -> bool:
    """Whether `jit` records this call to replay it."""
    return _reasons.get() is not None


def refuse_replay(reason: str) -> None:
    """Say that later calls may differ from the one that is being recorded."""
    reasons = _reasons.get()
    if reasons is not None:
        reasons.append(reason)


@contextmanager
def recording() -> Iterator[list[str]]:
    """While a call is recorded; gives the list of what speaks against replaying it."""
    token = _reasons.set([])
    try:
        yield _reasons.get()  # type: ignore[misc]
    finally:
        _reasons.reset(token)


class Recorded:
    """One signature on an engine that replays: run, then recorded, then replayed. Attributes as in `jit.Program`."""

    reads: tuple[VariableBase, ...] = ()
    writes: tuple[VariableBase, ...] = ()

    def __init__(self, jitted: Jitted, engine: Any, key: tuple, leaves: list[Any], structure: Any):
        self.key, self.engine = key, engine
        self._jitted, self._fn, self._gradients = jitted, jitted._fn, jitted._gradients
        leaves = [as_tensor(x, engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in leaves]
        tensors, self.inputs = split(tree.unflatten(structure, leaves), engine)
        self.shapes = [(tuple(engine.shape(x)), engine.dtype_name(x)) for x in tensors]
        self._run: Callable[[Tensors], Any] = self._first
        self._outputs: Rest

    @property
    def ready(self) -> bool:
        """Whether calls are replayed."""
        return self._run == self._replayed

    def __call__(self, tensors: Tensors) -> Any:
        return self._run(self._as_tensors(tensors))

    def in_turn(self, batches: list[Tensors]) -> int:
        """Replays one after another without results, where the engine can do that. Gives how many."""
        replay = getattr(self._replay, "silently", self._replay)
        with self.engine.no_gradient():
            for tensors in batches:
                replay(self._as_tensors(tensors))
        return len(batches)

    def _as_tensors(self, tensors: Tensors) -> Tensors:
        return [as_tensor(x, self.engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in tensors]

    def _plain(self, tensors: Tensors) -> Any:
        args, kwargs = self.inputs.join(tensors)
        return self._fn(*args, **kwargs)

    def _first(self, tensors: Tensors) -> Any:
        """Variables, slots and the like come into being."""
        self._run = self._recorded
        return self._plain(tensors)

    def _recorded(self, tensors: Tensors) -> Any:
        self._run = self._plain
        before, start = state.version(), time.perf_counter()
        with recording() as reasons:
            results, replay = self.engine.record(self._flat, tensors, self._gradients)
        if replay is not None and not reasons and state.version() == before:
            self._replay, self._run = replay, self._replayed
            self._jitted.made(self, "recorded", time.perf_counter() - start)
        return self._outputs.join(results)

    def _flat(self, tensors: Tensors) -> Tensors:
        results, self._outputs = split(self._plain(tensors), self.engine)
        return results

    def _replayed(self, tensors: Tensors) -> Any:
        if self._gradients:
            return self._outputs.join(self._replay(tensors))
        with self.engine.no_gradient():
            return self._outputs.join(self._replay(tensors))
