"""`ModelCheckpoint`."""

from __future__ import annotations

import os
import re
import string
from pathlib import Path
from typing import Literal

import numpy as np

from keraslite import ranges
from keraslite.callbacks.background import Background
from keraslite.callbacks.checkpoint import Checkpoint
from keraslite.callbacks.state_file import StateFolder
from keraslite.callbacks.state_saver import StateSaver
from keraslite.check import nearest
from keraslite.config.messages import say
from keraslite.errors import ArgumentError, FileError

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Checkpoint, StateSaver):
    """Saves the model, its weights, or the whole state of the training, as training goes on.

    The state of the training is what `BackupAndRestore` saves: `fit` goes on from it bit for bit. Each file is written
    whole or not at all and has a checksum, and a thread writes it while training goes on. SIGTERM saves a state too,
    unless only the best are saved, and then does what it does otherwise.

    Args:
        filepath: path of the file, which ends in ".keras", in ".weights.h5" with `save_weights_only`, or in ".ckpt" for
            the state of the training. It may hold fields such as "{epoch:02d}", "{batch}" and "{val_loss:.2f}"; epochs
            and batches count from 1. A state that SIGTERM saves has "nan" for results that are not known yet.
        monitor: name of the result that says which model is best.
        verbose: 1 prints what is saved, 0 does not.
        save_best_only: whether to save only when the monitored value got better.
        save_weights_only: whether to save weights only.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        save_freq: "epoch", or a number of batches after which to save.
        initial_value_threshold: value that must be improved on before anything is saved. None: the first one is saved.
        max_to_keep: how many states of the training are kept, the last ones; None, the default, for all. Every state
            in the folder counts whose name fits `filepath`.
        resume: whether `fit` goes on from the newest whole state whose name fits `filepath`, if there is one; False by
            default. A damaged one gives a warning, and the one before is used.
        save_on_background: whether states of the training are written while training goes on; True by default. Until a
            file is written, there is a second copy of the state in the memory of the device.

    Raises:
        ArgumentError: if `filepath` has another ending, or if `max_to_keep` or `resume` is given for another ending
            than ".ckpt"; in `fit` if a field of `filepath` is no result, or if `mode` is "auto" and the metric does not
            say which direction is better.
        FileError: (an OSError) in `fit`, if the file cannot be written: before the first step if that is known by then.
        WeightsMismatchError: in `fit`, if the state to go on from is that of another model or optimizer.

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
        >>> state = keras.callbacks.ModelCheckpoint("states/{epoch}.ckpt", max_to_keep=2, resume=True)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[state])
        >>> sorted(path.name for path in pathlib.Path("states").iterdir())
        ['2.ckpt', '3.ckpt']
        >>> model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=5, verbose=0, callbacks=[state]).epoch
        [3, 4]
    """

    argument_checks = ranges.checks(
        save_weights_only=ranges.flag,
        max_to_keep=ranges.positive_int | None,
        resume=ranges.flag,
        save_on_background=ranges.flag,
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
        *,
        max_to_keep: int | None = None,
        resume: bool = False,
        save_on_background: bool = True,
    ):
        super().__init__(monitor, verbose, save_best_only, mode, save_freq, initial_value_threshold)
        self.filepath = os.fspath(filepath)
        self._check_path(save_weights_only)
        self.save_weights_only = save_weights_only
        self.max_to_keep, self.resume, self.save_on_background = max_to_keep, resume, save_on_background
        self._background = Background(save_on_background)
        if self.saves_training:
            self._states = StateFolder(Path(self.filepath).parent, max_to_keep, _names(Path(self.filepath).name))
        elif resume or max_to_keep is not None:
            raise ArgumentError(
                "`ModelCheckpoint` needs `filepath` to end in '.ckpt' with `max_to_keep` or `resume`, which are about "
                f"states of the training. Received {self.filepath!r}."
            )

    @property
    def saves_training(self) -> bool:
        """Whether it saves the state of the training."""
        return self.filepath.endswith(".ckpt")

    @property
    def saves_at_end(self) -> bool:
        """Whether it saves when the program is asked to end."""
        return self.saves_training and not self.save_best_only

    def _check_path(self, weights_only: bool) -> None:
        endings = (".weights.h5",) if weights_only else (".keras", ".h5", ".ckpt")
        if not self.filepath.endswith(endings):
            raise ArgumentError(
                f"`ModelCheckpoint` needs `filepath` to end in {endings[0]!r} with save_weights_only={weights_only}"
                f"{'' if weights_only else ', or in .ckpt for the state of the training'}. Received {self.filepath!r}."
            )
        if self.saves_training and "{" in str(Path(self.filepath).parent):
            raise ArgumentError(
                "`ModelCheckpoint` needs all states of a training in one folder. Received "
                f"{self.filepath!r}. Use fields in the last part of `filepath` only."
            )

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if not self.saves_training:
            _check_writable(self.filepath.partition("{")[0])
            return
        self._open_states()
        if self.resume:
            self._take_newest()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._background.wait()

    def _write(self, epoch: int, batch: int | None, logs: dict[str, float] | None, why: str) -> None:
        path = self._path(epoch, batch, logs)
        if self.verbose > 0:
            kind = "weights" if self.save_weights_only else "state" if self.saves_training else "model"
            say(f"Epoch {epoch + 1}: {why} {kind} to {path}")
        if self.saves_training:
            self._save_state(*((epoch + 1, 0) if batch is None else (epoch, batch + 1)), Path(path).name)
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)

    def on_asked_to_end(self, epoch: int, step: int) -> None:
        if self.saves_at_end and self._saved != (epoch, step):
            fields = dict.fromkeys(_fields(self.filepath), np.nan)
            self._save_state(epoch, step, Path(self._path(epoch, max(step - 1, 0), fields)).name)
        self._background.wait()

    def _path(self, epoch: int, batch: int | None, logs: dict[str, float] | None) -> str:
        fields = {**dict(logs or {}), "epoch": epoch + 1, **({} if batch is None else {"batch": batch + 1})}
        try:
            return self.filepath.format(**fields)
        except KeyError as error:
            name = error.args[0]
            raise ArgumentError(
                f"`ModelCheckpoint` needs the fields of `filepath` to be among {sorted(fields)}. Received {name!r} in "
                f"{self.filepath!r}.{nearest(name, fields)}"
            ) from None


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(template) if name]


def _names(template: str) -> re.Pattern[str]:
    """What the names look like that a template gives. Its fields are numbers, among them nan and inf."""
    number = r" *[-+]?(?:[\d.,_]+(?:[eE][-+]?\d+)?%?|nan|inf) *"
    parts = string.Formatter().parse(template)
    return re.compile("".join(re.escape(text) + ("" if name is None else number) for text, name, _, _ in parts))


def _check_writable(start: str) -> None:
    """Say at once, not after an epoch, that a file cannot be written. `start` is its path as far as it is known."""
    folder = Path(start + "file").absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise FileError(
            f"`ModelCheckpoint` needs a folder that it can write to. Received {str(folder)!r}, "
            f"{'where this user may write nothing' if folder.is_dir() else 'which is a file'}. Choose another one."
        )
