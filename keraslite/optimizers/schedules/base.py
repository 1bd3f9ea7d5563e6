"""`LearningRateSchedule`: a learning rate that is a function of the step."""

from __future__ import annotations

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin


@builtin("keras.optimizers.schedules")
class LearningRateSchedule(Configurable):
    """Base class of schedules: learning rates that are a function of the step.

    A subclass defines `__call__(step)`, which computes with ops since it runs inside compiled steps.

    Example:
        >>> import keraslite as keras
        >>> class Halved(keras.optimizers.schedules.LearningRateSchedule):
        ...     def __init__(self, every=10):
        ...         self.every = every
        ...     def __call__(self, step):
        ...         return 0.5 ** (keras.ops.cast(step, "float32") // self.every)
        >>> float(Halved()(25))
        0.25
        >>> optimizer = keras.optimizers.SGD(Halved())
    """

    _entries = ("__call__",)
    argument_checks = ranges.checks(name=ranges.text | None)

    def __call__(self, step: TensorLike) -> Tensor:
        """Return the learning rate, a scalar tensor.

        Args:
            step: the number of updates so far, 0, 1, ...; an integer scalar.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `__call__(step)`.")


def as_float(step: TensorLike) -> Tensor:
    """Return the step as a float32 scalar, which is exact up to 16,777,216 steps."""
    return ops.cast(as_tensor(step), "float32")
