"""`ModelCheckpoint`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.monitor import Monitor
from keraslite.check import nearest
from keraslite.config.messages import say
from keraslite.errors import ArgumentError

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Callback):
    """Saves the model or its weights as training goes on.

    Args:
        filepath: ends in ".keras", or in ".weights.h5" with `save_weights_only`. May hold fields such as
            "{epoch:02d}", "{batch}" and "{val_loss:.2f}"; epochs count from 1.
        monitor: name of the value that says which model is best.
        verbose: 1 prints what is saved.
        save_best_only: whether to save only when the value got better.
        save_weights_only: whether to save weights only.
        mode: "min", "max" or "auto": as the monitored metric says; losses are "min".
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: value that must be improved on before anything is saved.
    """

    argument_checks = ranges.checks(
        monitor=ranges.text,
        verbose=ranges.verbosity,
        save_best_only=ranges.flag,
        save_weights_only=ranges.flag,
        mode=ranges.one_of("auto", "min", "max"),
        save_freq=ranges.one_of("epoch") | ranges.positive_int,
        initial_value_threshold=ranges.number(infinite=True) | None,
    )

    def __init__(self, filepath: Any, monitor: str = "val_loss", verbose: int = 0, save_best_only: bool = False,
                 save_weights_only: bool = False, mode: str = "auto", save_freq: Any = "epoch",
                 initial_value_threshold: float | None = None):  # fmt: skip
        super().__init__()
        self.filepath = os.fspath(filepath)
        self._check_path(save_weights_only)
        self._monitor = Monitor(monitor, mode, owner="ModelCheckpoint")
        self.monitor, self.verbose, self.mode = monitor, verbose, mode
        self.save_best_only, self.save_weights_only, self.save_freq = save_best_only, save_weights_only, save_freq
        self.best = initial_value_threshold
        self._epoch = 0
        self._batches = 0

    def _check_path(self, weights_only: bool) -> None:
        ending = ".weights.h5" if weights_only else ".keras"
        if not self.filepath.endswith((ending,) if weights_only else (ending, ".h5")):
            raise ArgumentError(
                f"`ModelCheckpoint` needs `filepath` to end in {ending!r} with save_weights_only={weights_only}. "
                f"Received {self.filepath!r}."
            )

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.save_freq != "epoch"

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches % self.save_freq == 0:
            self._save(self._epoch, batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, None, logs)

    def _save(self, epoch: int, batch: int | None, logs: Any) -> None:
        if not self.save_best_only:
            self._write(epoch, batch, logs, "saving")
            return
        current = self._monitor.value(logs, self.model)
        if current is None:
            return
        if self._monitor.better(current, self.best):
            before = "" if self.best is None else f"from {self.best:.5f} "
            self._write(epoch, batch, logs, f"{self.monitor} improved {before}to {current:.5f}, saving")
            self.best = current
        elif self.verbose > 0:
            before = "" if self.best is None else f" from {self.best:.5f}"  # None: the value is NaN
            say(f"Epoch {epoch + 1}: {self.monitor} did not improve{before}")

    @property
    def monitor_op(self) -> Any:
        """`np.less` or `np.greater`; None before the direction is known."""
        return self._monitor.op

    def _write(self, epoch: int, batch: int | None, logs: Any, why: str) -> None:
        path = self._path(epoch, batch, logs)
        if self.verbose > 0:
            kind = "weights" if self.save_weights_only else "model"
            say(f"Epoch {epoch + 1}: {why} {kind} to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, epoch: int, batch: int | None, logs: Any) -> str:
        fields = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **dict(logs or {})}
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            name = error.args[0]
            raise ArgumentError(
                f"`ModelCheckpoint` needs the fields of `filepath` to be among {sorted(fields)}. Received {name!r} in "
                f"{self.filepath!r}.{nearest(name, fields)}"
            ) from None
