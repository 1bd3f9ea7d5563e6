"""`LearningRateSchedule`: a learning rate that is a function of the step."""

from __future__ import annotations

from typing import Any

from keraslite import ops, ranges
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin


@builtin("keras.optimizers.schedules")
class LearningRateSchedule(Configurable):
    """Base of learning rates by step. Subclasses define `__call__(step)`."""

    _entries = ("__call__",)
    argument_checks = ranges.checks(name=ranges.text | None)

    def __call__(self, step: Any) -> Any:
        """The learning rate at `step` (0, 1, ...), a scalar tensor."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `__call__(step)`.")


def as_float(step: Any) -> Any:
    """The step as a float32 scalar: schedules are exact to it up to 16,777,216 steps."""
    return ops.cast(as_tensor(step), "float32")
