"""Stopping at the step at which a callback's `stop_on_device` says so, without waiting for the device at every step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.backend.scopes import Scope
from keraslite.callbacks.base import Callback
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["StopGuard", "StopWatch"]

Condition = Callable[[Mapping[str, Any]], Tensor | bool]

_SECONDS_BETWEEN_LOOKS = 0.2


class StopGuard:
    """Keeps on the device which of some conditions a step met first, and at which step.

    From the step after that one on, a guarded step changes nothing: weights, optimizer, metrics and seeds stay as
    that step left them, however late the host asks.

    Args:
        conditions: functions of a step's results by name, which return a boolean scalar.

    Attributes:
        state: the number of steps before the one that stopped, and 1 + the index of the condition, 0 for none.
    """

    def __init__(self, conditions: tuple[Condition, ...]):
        self.conditions = conditions
        self.state = Variable(np.zeros(2, "int32"), dtype="int32", trainable=False, name="stop_guard")

    def reset(self) -> None:
        """Count steps from 0 again."""
        self.state.assign(np.zeros(2, "int32"))

    def found(self) -> tuple[int, int] | None:
        """The index of the condition that was met and of the step, None if there was none. Waits for the device."""
        step, met = self.state.numpy().tolist()
        return (met - 1, step) if met else None

    def run(self, step: Callable[[object], Mapping[str, object]], data: object) -> Mapping[str, object]:
        """`step(data)`, whose assignments count only as long as no step before met a condition."""
        with Scope(what="fit") as scope:
            logs = step(data)
        count, before = self.state.value[0], self.state.value[1]
        going_on = ops.equal(before, 0)
        scope.commit({v: ops.where(going_on, new, v.value) for v, new in scope.writes.items()})
        met: Tensor | int = 0
        for i, condition in reversed(list(enumerate(self.conditions))):
            met = ops.where(condition(logs), np.int32(i + 1), met)
        met = ops.where(going_on, ops.cast(met, "int32"), before)
        self.state.assign(ops.stack([count + ops.cast(ops.equal(met, 0), "int32"), met]))
        return logs


class StopWatch:
    """Looks on the host, now and then, whether training has stopped, and tells the callback.

    Args:
        guard: of the steps; None if no callback has a condition.
        callbacks: those whose conditions the guard has, in its order.
        model: `model.stop_training` ends training.
        every_call: whether to look after each call of the program.
    """

    def __init__(self, guard: StopGuard | None, callbacks: list[Callback], model: Trainer, every_call: bool):
        self.guard, self._callbacks, self._model, self._every_call = guard, callbacks, model, every_call
        self._looked_at = 0.0

    def start(self) -> None:
        """An epoch begins."""
        self._looked_at = time.monotonic()
        if self.guard is not None:
            self.guard.reset()

    def stopped(self) -> bool:
        """Whether training ends here."""
        if self.guard is not None and (self._every_call or time.monotonic() - self._looked_at > _SECONDS_BETWEEN_LOOKS):
            self.look()
        return self._model.stop_training

    def look(self) -> None:
        """Stop training and tell the callback, if its condition was met."""
        self._looked_at = time.monotonic()
        found = None if self.guard is None or self._model.stop_training else self.guard.found()
        if found is not None:
            condition, step = found
            self._callbacks[condition].on_device_stop(step)
            self._model.stop_training = True
