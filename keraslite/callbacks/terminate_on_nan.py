"""`TerminateOnNaN`."""

from __future__ import annotations

import math
import time
from typing import Any

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.training.finite import FiniteGuard

__all__ = ["TerminateOnNaN"]

_SECONDS_BETWEEN_LOOKS = 0.2


class TerminateOnNaN(Callback):
    """Stops training at the first step whose loss is NaN or infinite.

    The program keeps on the device whether that has happened, and changes nothing from then on: weights,
    optimizer and metrics stay as that step left them. The host looks a few times a second, or at every batch
    where another callback asks for every batch.

    Args:
        raise_error: whether to raise a `RuntimeError` instead of stopping.
    """

    argument_checks = ranges.checks(raise_error=ranges.flag)

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error
        self.guard: FiniteGuard | None = None  # set by `fit`
        self.every_batch = False
        self._looked_at = 0.0

    def watches_batches(self, mode: str) -> bool:
        return False

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._looked_at = time.monotonic()
        if self.guard is not None:
            self.guard.reset()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.guard is None:
            loss = (logs or {}).get("loss")
            if loss is not None and not math.isfinite(loss):
                self._stop(batch)
        elif self.every_batch or time.monotonic() - self._looked_at > _SECONDS_BETWEEN_LOOKS:
            self._look()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.guard is not None and not self.model.stop_training:
            self._look()

    def _look(self) -> None:
        self._looked_at = time.monotonic()
        step = self.guard.failed_step() if self.guard is not None else None
        if step is not None:
            self._stop(step)

    def _stop(self, batch: int) -> None:
        if self.raise_error:
            raise RuntimeError(
                f"Batch {batch}: the loss is NaN or infinite. Lower the learning rate or check the data."
            )
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
