"""`LearningRateScheduler`."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.rate import read_rate, set_rate
from keraslite.config.messages import say
from keraslite.errors import ArgumentError

__all__ = ["LearningRateScheduler"]


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of every epoch.

    Args:
        schedule: `schedule(epoch, learning_rate)` or `schedule(epoch)`, which returns the new rate, a float. Epochs
            count from 0.
        verbose: 1 prints the rate, 0 does not.

    Raises:
        ArgumentError: in `fit`, if `schedule` returns no number, or the optimizer's rate is a schedule itself.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.5), "mse")
        >>> halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[halve])
        >>> history.history["learning_rate"]
        [0.25, 0.125]
    """

    argument_checks = ranges.checks(schedule=ranges.function, verbose=ranges.verbosity)

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        rate = self._ask(epoch, read_rate(self.model, "LearningRateScheduler"))
        try:
            rate = float(rate)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"`LearningRateScheduler` needs `schedule` to return a float. Received {rate!r} for epoch {epoch}."
            ) from None
        set_rate(self.model, rate)
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = read_rate(self.model, "LearningRateScheduler")

    def _ask(self, epoch: int, rate: float) -> float:
        try:
            inspect.signature(self.schedule).bind(epoch, rate)
        except TypeError:
            return self.schedule(epoch)
        except ValueError:  # a builtin without a signature
            pass
        return self.schedule(epoch, rate)
