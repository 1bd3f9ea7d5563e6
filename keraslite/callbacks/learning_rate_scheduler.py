"""`LearningRateScheduler`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.rate import read_rate, set_rate
from keraslite.config.messages import say
from keraslite.errors import ArgumentError

__all__ = ["LearningRateScheduler"]


class LearningRateScheduler(Callback):
    """Sets the learning rate of every epoch.

    Args:
        schedule: `schedule(epoch, learning_rate)` or `schedule(epoch)`, which returns the new rate, a float.
        verbose: 1 prints the rate.
    """

    argument_checks = ranges.checks(schedule=ranges.function, verbose=ranges.verbosity)

    def __init__(self, schedule: Callable[..., float], verbose: int = 0):
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
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

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs is not None:
            logs["learning_rate"] = read_rate(self.model, "LearningRateScheduler")

    def _ask(self, epoch: int, rate: float) -> Any:
        try:
            inspect.signature(self.schedule).bind(epoch, rate)
        except TypeError:
            return self.schedule(epoch)
        except ValueError:  # a builtin without a signature
            pass
        return self.schedule(epoch, rate)
