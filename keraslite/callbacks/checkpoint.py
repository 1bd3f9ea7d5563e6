"""When callbacks save."""

from __future__ import annotations

from typing import Literal

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.monitor import Monitor
from keraslite.config.messages import say

__all__ = ["Checkpoint"]


class Checkpoint(Callback):
    """Base of callbacks that save as training goes on; a subclass has a method `_write`.

    Args:
        monitor: name of the result that says which model is best.
        verbose: 1 prints what is saved, 0 does not.
        save_best_only: whether to save only when the monitored value got better.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        save_freq: "epoch", or a number of batches after which to save.
        initial_value_threshold: value that must be improved on before anything is saved. None: the first one is saved.
    """

    argument_checks = ranges.checks(
        monitor=ranges.text,
        verbose=ranges.verbosity,
        save_best_only=ranges.flag,
        mode=ranges.one_of("auto", "min", "max"),
        save_freq=ranges.one_of("epoch") | ranges.positive_int,
        initial_value_threshold=ranges.number(infinite=True) | None,
    )

    def __init__(
        self,
        monitor: str,
        verbose: int,
        save_best_only: bool,
        mode: str,
        save_freq: int | Literal["epoch"],
        initial_value_threshold: float | None,
    ):
        super().__init__()
        self._monitor = Monitor(monitor, mode, owner=type(self).__name__)
        self.monitor, self.verbose, self.mode = monitor, verbose, mode
        self.save_best_only = save_best_only
        self.save_freq: int | Literal["epoch"] = save_freq
        self.best = initial_value_threshold
        self._epoch = 0
        self._batches = 0

    _kept = ("best", "_batches")

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches % self.save_freq == 0:
            self._save(self._epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: dict[str, float] | None) -> None:
        if not self.save_best_only:
            self._write(epoch, batch, logs, "saving")
            return
        current = self._monitor.value(logs, self.model)
        if current is None:
            return
        if self._monitor.better(current, self.best):
            before = "" if self.best is None else f"from {self.best:.5f} "
            previous, self.best = self.best, current  # what is saved may hold it
            try:
                self._write(epoch, batch, logs, f"{self.monitor} improved {before}to {current:.5f}, saving")
            except BaseException:
                self.best = previous
                raise
        elif self.verbose > 0:
            before = "" if self.best is None else f" from {self.best:.5f}"  # None: the value is NaN
            say(f"Epoch {epoch + 1}: {self.monitor} did not improve{before}")

    @property
    def monitor_op(self) -> np.ufunc | None:
        """`np.less` or `np.greater`; None before the direction is known."""
        return self._monitor.op

    def _write(self, epoch: int, batch: int | None, logs: dict[str, float] | None, why: str) -> None:
        """Save, and say why if `verbose`; `batch` is None at the end of an epoch."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `_write`.")
