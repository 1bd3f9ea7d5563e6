"""Stopping at the first loss that is not finite, without waiting for the device at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keraslite import ops
from keraslite.backend.state import Scope
from keraslite.variable import Variable

__all__ = ["FiniteGuard"]


class FiniteGuard:
    """Keeps on the device whether and at which step the loss stopped being finite.

    From the step after that one on, a guarded step changes nothing: weights, optimizer, metrics and seeds stay as
    the first bad step left them, however late the host asks. `state` is (steps counted, whether failed).
    """

    def __init__(self) -> None:
        self.state = Variable(np.zeros(2, "int32"), dtype="int32", trainable=False, name="finite_guard")

    def reset(self) -> None:
        """Count steps from 0 again."""
        self.state.assign(np.zeros(2, "int32"))

    def failed_step(self) -> int | None:
        """The index of the first step with a bad loss, None if there was none. Waits for the device."""
        count, failed = self.state.numpy().tolist()
        return count if failed else None

    def run(self, step: Callable[[Any], Mapping[str, Any]], data: Any) -> Mapping[str, Any]:
        """`step(data)`, whose assignments count only as long as all losses were finite."""
        with Scope(what="fit") as scope:
            logs = step(data)
        count, failed = self.state.value[0], self.state.value[1]
        healthy = ops.equal(failed, 0)
        scope.commit({v: ops.where(healthy, new, v.value) for v, new in scope.writes.items()})
        bad = ops.logical_not(ops.all(ops.isfinite(ops.cast(logs["loss"], "float32")))) if "loss" in logs else False
        bad = ops.cast(ops.logical_and(healthy, bad), "int32")
        counted = ops.cast(ops.logical_and(healthy, ops.equal(bad, 0)), "int32")
        self.state.assign(ops.stack([count + counted, failed + bad]))
        return logs
