"""Calls that an engine records once and runs again without Python."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import tree
from keraslite.backend import changes
from keraslite.backend.changes import Guard, Reads
from keraslite.backend.contract import Engine, Replay, Tensor
from keraslite.backend.scopes import VariableBase
from keraslite.backend.trials import Patience
from keraslite.errors import FastPathWarning, users_line
from keraslite.ops.lifting import Rest, Tensors, as_tensor, split

if TYPE_CHECKING:
    from keraslite.transforms.jit import Jitted

__all__ = ["Recorded"]

_NEVER = sys.maxsize
_AGAIN = 1000  # replays after which one is compared with Python: such a call takes about three times as long
_OTHERWISE = (
    "{} runs code of yours that does not do the same at each call, so it is not replayed any more: {}. If that code "
    "looks at anything but tensors, such as a clock, use `run_eagerly=True` in `compile`."
)


class Recorded:
    """One signature on an engine that replays: run, then recorded, then replayed.

    Attributes:
        key, inputs, shapes, reads, writes: as in `CompiledProgram`.
        replays: how many calls were replayed; None before one was recorded.
        refusal: why calls are not replayed, once that was found.
    """

    reads: tuple[VariableBase, ...] = ()
    writes: tuple[VariableBase, ...] = ()

    def __init__(
        self,
        jitted: Jitted,
        engine: Engine,
        key: tuple,
        leaves: list[object],
        structure: tree.Structure,
        patience: Patience,
    ):
        self.key, self.engine, self.patience = key, engine, patience
        self.replays: int | None = None
        self.refusal = ""
        self._read: Reads | None = None
        self._guards: list[Guard] = []
        self._due = _NEVER  # the number of replays after which Python runs beside the next one
        self._calls = 0
        self._jitted, self._fn, self._gradients = jitted, jitted._fn, jitted._gradients
        leaves = [as_tensor(x, engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in leaves]
        tensors, self.inputs = split(tree.unflatten(structure, leaves), engine)
        self.shapes = [(tuple(engine.shape(x)), engine.dtype_name(x)) for x in tensors]
        self._run: Callable[[Tensors], Any] = self._waiting
        self._outputs: Rest
        self._replay: Replay[Tensor]

    def verdicts(self) -> list[tuple[str, bool | None, str]]:
        """Fast paths, whether they are taken, and why."""
        if self.ready:
            return [("replayed_steps", True, f"recorded, then replayed {self.replays} times")]
        if self.refusal:
            return [("replayed_steps", False, self.refusal)]
        return [("replayed_steps", None, f"recorded at call {self.patience.waiting + 1} with such data")]

    @property
    def ready(self) -> bool:
        """Whether calls are replayed."""
        return self._run == self._replayed

    @property
    def waits(self) -> bool:
        """Whether it is still to be recorded."""
        return self._run in (self._waiting, self._recorded)

    def outdated(self) -> bool:
        """Whether an object that it has built in has changed."""
        return self._read is not None and (self._read.changed() or any(each.changed() for each in self._guards))

    @property
    def cause(self) -> str:
        """What changed, in words."""
        causes = [each.cause for each in (self._read, *self._guards) if each is not None]
        return next(filter(None, causes), "")

    def __call__(self, tensors: Tensors) -> Any:
        return self._run(self._as_tensors(tensors))

    def run_silently(self, batches: list[Tensors]) -> int:
        """Replay calls back to back without results, if the engine can do that. Returns how many ran."""
        batches = batches[: max(self._due - (self.replays or 0), 0)]
        replay = self._replay.silently
        with self.engine.no_gradient():
            for tensors in batches:
                replay(self._as_tensors(tensors))
        self.replays = (self.replays or 0) + len(batches)
        return len(batches)

    def _as_tensors(self, tensors: Tensors) -> Tensors:
        return [as_tensor(x, self.engine) if isinstance(x, (np.ndarray, np.generic)) else x for x in tensors]

    def _plain(self, tensors: Tensors) -> Any:
        args, kwargs = self.inputs.join(tensors)
        return self._fn(*args, **kwargs)

    def _waiting(self, tensors: Tensors) -> object:
        """Run in Python until it is time to record."""
        self._calls += 1
        if self._calls >= self.patience.waiting:
            self._run = self._recorded
        return self._plain(tensors)

    def _recorded(self, tensors: Tensors) -> object:
        self._run = self._plain
        start = time.perf_counter()
        with changes.watching([*self._jitted.roots, *self.inputs.leaves], recording=True) as watch:
            results, replay = self.engine.record(self._flat, tensors, self._gradients)
        reasons = watch.reasons + watch.assignments()
        self._read, self.replays = Reads(watch), 0
        if replay is not None and not reasons:
            self._replay, self._run, self._guards = replay, self._replayed, watch.guards
            self._due = 0 if self._guards else _NEVER
            self._jitted.made(self, "recorded", time.perf_counter() - start)
        else:
            self.refusal = "; ".join(reasons) or "the engine cannot replay it"
        return self._outputs.join(results)

    def _compared(self, tensors: Tensors) -> object:
        """Replay, and run in Python from the same state, whose results count: code of users has to do the same again.

        That is done at the first replay and whenever their number has doubled or grown by a thousand.
        """
        results, same = self._replay.compared(self._flat, tensors)
        self.replays = (self.replays or 0) + 1
        self._due += min(self._due or 1, _AGAIN)
        changed = [each.cause for each in self._guards if each.changed()]
        if changed or same is False:
            why = f"it changes {changed[0]}" if changed else "a replay gave other numbers than Python"
            self._run, self.refusal, self._guards = self._plain, why, []
            if self.replays > 1 or not changed:
                warnings.warn(_OTHERWISE.format(self._jitted.name, why), FastPathWarning, stacklevel=users_line())
        return self._outputs.join(results)

    def _flat(self, tensors: Tensors) -> Tensors:
        results, self._outputs = split(self._plain(tensors), self.engine)
        return results

    def _replayed(self, tensors: Tensors) -> object:
        if self.replays == self._due:
            return self._compared(tensors)
        self.replays += 1  # type: ignore[operator]
        if self._gradients:
            return self._outputs.join(self._replay(tensors))
        with self.engine.no_gradient():
            return self._outputs.join(self._replay(tensors))
