"""`ModelCheckpoint`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from keraslite import ranges
from keraslite.callbacks.checkpoint import Checkpoint
from keraslite.check import nearest
from keraslite.config.messages import say
from keraslite.errors import ArgumentError

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Checkpoint):
    """Saves the model or its weights as training goes on.

    Args:
        filepath: path of the file, which ends in ".keras", or in ".weights.h5" with `save_weights_only`. It may hold
            fields such as "{epoch:02d}", "{batch}" and "{val_loss:.2f}"; epochs and batches count from 1.
        monitor: name of the result that says which model is best.
        verbose: 1 prints what is saved, 0 does not.
        save_best_only: whether to save only when the monitored value got better.
        save_weights_only: whether to save weights only.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        save_freq: "epoch", or a number of batches after which to save.
        initial_value_threshold: value that must be improved on before anything is saved. None: the first one is saved.

    Raises:
        ArgumentError: if `filepath` has another ending; in `fit` if a field of it is no result, or if `mode` is "auto"
            and the metric does not say which direction is better.

    Example:
        >>> import pathlib
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> save = keras.callbacks.ModelCheckpoint("epoch_{epoch}.weights.h5", save_weights_only=True)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[save])
        >>> sorted(path.name for path in pathlib.Path().glob("*.h5"))
        ['epoch_1.weights.h5', 'epoch_2.weights.h5']
    """

    argument_checks = ranges.checks(
        save_weights_only=ranges.flag,
    )

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | Literal["epoch"] = "epoch",
        initial_value_threshold: float | None = None,
    ):
        super().__init__(monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self._check_path(save_weights_only)
        self.save_weights_only = save_weights_only

    def _check_path(self, weights_only: bool) -> None:
        ending = ".weights.h5" if weights_only else ".keras"
        if not self.filepath.endswith((ending,) if weights_only else (ending, ".h5")):
            raise ArgumentError(
                f"`ModelCheckpoint` needs `filepath` to end in {ending!r} with save_weights_only={weights_only}. "
                f"Received {self.filepath!r}."
            )

    def _write(self, epoch: int, batch: int | None, logs: dict[str, float] | None, why: str) -> None:
        path = self._path(epoch, batch, logs)
        if self.verbose > 0:
            kind = "weights" if self.save_weights_only else "model"
            say(f"Epoch {epoch + 1}: {why} {kind} to {path}")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def _path(self, epoch: int, batch: int | None, logs: dict[str, float] | None) -> str:
        fields = {"epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1}), **dict(logs or {})}
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            name = error.args[0]
            raise ArgumentError(
                f"`ModelCheckpoint` needs the fields of `filepath` to be among {sorted(fields)}. Received {name!r} in "
                f"{self.filepath!r}.{nearest(name, fields)}"
            ) from None
