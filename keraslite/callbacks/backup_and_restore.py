"""`BackupAndRestore`."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Literal

import numpy as np

from keraslite import ranges
from keraslite.callbacks.resumable import Resumable, Training
from keraslite.callbacks.state_file import StateFolder
from keraslite.errors import StateError, WeightsMismatchError
from keraslite.random import host
from keraslite.variable import Variable

__all__ = ["BackupAndRestore"]


class BackupAndRestore(Resumable):
    """Saves the state of the training, and goes on from there when the same `fit` is called again after a crash.

    The state has the weights, the optimizer's state, random generators, metrics, the order of the data and the place in
    them, and what callbacks remember. On a CPU, a run that was killed at any moment and started again ends with the
    weights of a run that was not, bit for bit, if the data are arrays or come again in the same order. The history has
    the epochs that ended after the start.

    A state is written whole or not at all and has a checksum. A damaged one gives a warning, and the one before is
    used. SIGTERM saves the state and then does what it does otherwise, which is to end the program.

    Args:
        backup_dir: folder of the states, which nothing else uses. It is made if it does not exist.
        save_freq: "epoch" (default), or a number of batches after which to save; False for at SIGTERM only.
        double_checkpoint: whether the state before the last is kept too; False by default.
        delete_checkpoint: whether the states are deleted when training ends; True by default.

    Raises:
        StateError: if `backup_dir` is empty.
        WeightsMismatchError: in `fit`, if the state is that of another model or optimizer.
        FileError: (an OSError) in `fit`, if a state cannot be written.

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
    )

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | Literal["epoch", False] = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__()
        self.backup_dir = os.fspath(backup_dir)
        if not self.backup_dir:
            raise StateError("`BackupAndRestore` needs `backup_dir`, a folder. Received ''.")
        self.save_freq: int | str | None = save_freq or None
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._folder = StateFolder(self.backup_dir, 2 if double_checkpoint else 1)
        self._epoch = 0
        self._batches = 0
        self._asked = False  # by SIGTERM, to save and to end
        self._stopped = False  # whether training had been stopped before that
        self._handler: Any = None  # what SIGTERM did before `fit`

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and isinstance(self.save_freq, int)

    # ---- when ---------------------------------------------------------------------------------------------------

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._asked = False
        self._folder.remove_left_behind()
        state = self._folder.load()
        if isinstance(state, dict):
            self._restore(state)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if isinstance(self.save_freq, int):
            self._batches += 1
            if self._batches % self.save_freq == 0:
                self._save(self._epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.save_freq == "epoch" or self._asked:
            self._save(epoch + 1, 0)
        if self._asked:
            self._end()

    def on_steps_end(self, epoch: int, step: int) -> bool:
        if self._asked:
            self._save(epoch, step)
            self._end()
        return self._asked

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self._asked:
            self._end()
        elif self.delete_checkpoint:
            self._folder.delete()

    @contextmanager
    def during_fit(self) -> Iterator[None]:
        self._handler = None
        if threading.current_thread() is not threading.main_thread():  # only there signals have handlers
            yield
            return
        self._handler = signal.signal(signal.SIGTERM, self._on_signal)
        try:
            yield
        finally:
            if self._handler is not None:
                signal.signal(signal.SIGTERM, self._handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._asked:
            self._asked, self._stopped = True, bool(self.model.stop_training)
            self.model.stop_training = True

    def _end(self) -> None:
        """Have the signal do what it does without this callback."""
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
            self._handler = None
            signal.raise_signal(signal.SIGTERM)

    # ---- what ---------------------------------------------------------------------------------------------------

    def _save(self, epoch: int, step: int) -> None:
        self._folder.save(
            {
                "position": self._training().position(epoch, step),
                "stopped": self._stopped if self._asked else bool(self.model.stop_training),
                "batches": self._batches,
                "variables": _values(self._variables()),
                "metrics": _values(self.model.metrics_variables) if step else [],
                "random": {"host": host.place(), "python": random.getstate(), "numpy": np.random.get_state()},
                "callbacks": [[type(one).__name__, one.get_state()] for one in self._remembering()],
            }
        )

    def _restore(self, state: dict[str, Any]) -> None:
        if len(state["metrics"]) > len(self.model.metrics_variables):
            self._training().build_metrics()
        variables = self._variables()
        shapes = [list(variable.shape) for variable in variables]
        found = [list(value.shape) for value in state["variables"]]
        if shapes != found:
            raise WeightsMismatchError(
                f"`BackupAndRestore` needs {self.backup_dir!r} to hold a state of this model and its optimizer. "
                f"Received {len(found)} values for {len(shapes)} variables, or other shapes. Delete the folder, or use "
                "another one."
            )
        for variable, value in zip(variables, state["variables"], strict=True):
            variable.assign(value)
        for one, (name, kept) in zip(self._remembering(), state["callbacks"], strict=False):
            if type(one).__name__ == name:
                one.set_state(kept)
        self._batches = state["batches"]
        host.go_to(state["random"]["host"])
        version, numbers, gauss = state["random"]["python"]
        random.setstate((version, tuple(numbers), gauss))
        np.random.set_state(tuple(state["random"]["numpy"]))
        self._training().resume({**state["position"], "stopped": state["stopped"], "metrics": state["metrics"]})

    def _training(self) -> Training:
        if self.training is None:
            raise StateError(
                "`BackupAndRestore` needs `fit`. Received its events from a training loop of another kind."
            )
        return self.training

    def _variables(self) -> list[Variable]:
        """Everything that a step changes, random generators too; the optimizer's state is there by now."""
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return [*self.model._listed(seeds=True), *(optimizer.variables if optimizer is not None else ())]

    def _remembering(self) -> list[Any]:
        return [one for one in self.others if one is not self and hasattr(one, "get_state")]


def _values(variables: list[Variable]) -> list[np.ndarray]:
    return [np.asarray(variable.numpy()) for variable in variables]
