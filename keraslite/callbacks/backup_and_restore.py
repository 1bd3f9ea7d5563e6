"""`BackupAndRestore`."""

from __future__ import annotations

import os
from typing import Literal

from keraslite import ranges
from keraslite.callbacks.background import Background
from keraslite.callbacks.state_file import StateFolder
from keraslite.callbacks.state_saver import StateSaver
from keraslite.errors import StateError

__all__ = ["BackupAndRestore"]


class BackupAndRestore(StateSaver):
    """Saves the state of the training, and goes on from there when the same `fit` is called again after a crash.

    The state has the weights, the optimizer's state, random generators, metrics, the order of the data and the place in
    them, and what callbacks remember. On a CPU, a run that was killed at any moment and started again ends with the
    weights of a run that was not, bit for bit, if the data are arrays or come again in the same order. The history has
    the epochs that ended after the start.

    A state is written whole or not at all and has a checksum. A damaged one gives a warning, and the one before is
    used. A thread writes it while training goes on. SIGTERM saves the state and then does what it does otherwise, which
    is to end the program.

    Args:
        backup_dir: folder of the states, which nothing else uses. It is made if it does not exist.
        save_freq: "epoch" (default), or a number of batches after which to save; False for at SIGTERM only.
        double_checkpoint: whether the state before the last is kept too; False by default.
        delete_checkpoint: whether the states are deleted when training ends; True by default.
        save_on_background: whether files are written while training goes on; True by default. Until a file is
            written, there is a second copy of the state in the memory of the device.

    Raises:
        StateError: if `backup_dir` is empty.
        WeightsMismatchError: in `fit`, if the state is that of another model or optimizer.
        FileError: (an OSError) in `fit`, if the folder cannot be written to: before the first step if that is known by
            then, otherwise at the next save or at the end.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Crash(keras.callbacks.Callback):
        ...     def on_epoch_begin(self, epoch, logs=None):
        ...         if epoch == 2:
        ...             raise RuntimeError
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x, y, backup = np.ones((4, 2)), np.ones((4, 1)), keras.callbacks.BackupAndRestore("backup")
        >>> try:
        ...     history = model.fit(x, y, epochs=5, verbose=0, callbacks=[backup, Crash()])
        ... except RuntimeError:
        ...     history = model.fit(x, y, epochs=5, verbose=0, callbacks=[backup])
        >>> history.epoch
        [2, 3, 4]
    """

    argument_checks = ranges.checks(
        save_freq=ranges.one_of("epoch") | ranges.positive_int | ranges.off,
        double_checkpoint=ranges.flag,
        delete_checkpoint=ranges.flag,
        save_on_background=ranges.flag,
    )

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | Literal["epoch", False] = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        *,
        save_on_background: bool = True,
    ):
        super().__init__()
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise StateError("`BackupAndRestore` needs `backup_dir`, a folder. Received ''.")
        self.save_freq: int | str | None = save_freq or None
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self.save_on_background = save_on_background
        self._states = StateFolder(self.backup_dir, 2 if double_checkpoint else 1)
        self._background = Background(save_on_background)
        self._epoch = 0
        self._batches = 0

    _kept = ("_batches",)

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and isinstance(self.save_freq, int)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._open_states()
        self._take_newest()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if isinstance(self.save_freq, int):
            self._batches += 1
            if self._batches % self.save_freq == 0:
                self._save_state(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.save_freq == "epoch":
            self._save_state(epoch + 1, 0)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._background.wait()
        if self.delete_checkpoint and not self._running().asked_to_end:
            self._states.delete()
