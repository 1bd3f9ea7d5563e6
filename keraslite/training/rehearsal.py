"""Steps that are tried before they count, so that each step that counts runs in one and the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from keraslite import ops
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.training.stopping import StopGuard
    from keraslite.training.trainer import Trainer

__all__ = ["Rehearsal"]


class Rehearsal:
    """Calls a step and takes back what it did.

    An engine that records steps runs the first ones in Python, and the last bits of their results differ from those of
    a recorded step. A training that goes on in another process would have such steps at another place.

    Args:
        model: whose step it is.
        guard: of the step, if it has one.
    """

    def __init__(self, model: Trainer, guard: StopGuard | None):
        self._model, self._guard = model, guard

    def __call__(self, step: Callable[[], object]) -> None:
        before = [(variable, ops.copy(variable.value)) for variable in self._variables()]
        step()
        for variable, value in before:
            variable.assign(value)
        known = {id(variable) for variable, _ in before}
        if any(id(variable) not in known for variable in self._model.metrics_variables):  # made by this step
            self._model.reset_metrics()

    def _variables(self) -> list[Variable]:
        model = self._model
        state = [self._guard.state] if self._guard is not None else []
        own = [*model._listed(seeds=True), *(model.optimizer.variables if model.optimizer is not None else ())]
        return [*own, *model.metrics_variables, *state]
