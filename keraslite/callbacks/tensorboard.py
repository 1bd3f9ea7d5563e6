"""`TensorBoard`."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Literal

import numpy as np

from keraslite import ops, ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.event_file import EventFile
from keraslite.callbacks.summaries import Summaries, pictures
from keraslite.errors import users_line
from keraslite.layers.picture import boxes

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Writes results for TensorBoard: `log_dir/train` and `log_dir/validation`, with tags named as Keras names them.

    Args:
        log_dir: folder of the event files, a string or path. It is made if it does not exist.
        histogram_freq: number of epochs from one histogram of the weights to the next; 0 for none.
        write_graph: whether to write the layers of the model and how they are connected.
        write_images: whether to write weights as pictures too, where there are histograms.
        write_steps_per_second: whether to write "epoch_steps_per_second".
        update_freq: "epoch" writes results of epochs only. "batch" or a number of batches also writes "batch_loss" and
            so on, after every batch or every so many.
        profile_batch: not supported; a warning says so.
        embeddings_freq: not supported; a warning says so.
        embeddings_metadata: not supported; a warning says so.

    Example:
        >>> import pathlib
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> board = keras.callbacks.TensorBoard("runs/first")
        >>> x, y = np.ones((4, 2)), np.ones((4, 1))
        >>> history = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[board])
        >>> sorted(path.name for path in pathlib.Path("runs/first").iterdir())
        ['train', 'validation']
    """

    argument_checks = ranges.checks(
        histogram_freq=ranges.unsigned_int,
        write_graph=ranges.flag,
        write_images=ranges.flag,
        write_steps_per_second=ranges.flag,
        update_freq=ranges.one_of("epoch", "batch") | ranges.positive_int,
        embeddings_freq=ranges.unsigned_int,
    )

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | Literal["epoch", "batch"] = "epoch",
        profile_batch: object = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: object = None,
    ):
        super().__init__()
        unsupported = {
            "profile_batch": profile_batch,
            "embeddings_freq": embeddings_freq,
            "embeddings_metadata": embeddings_metadata,
        }
        for name, value in unsupported.items():
            if value:
                warnings.warn(
                    f"`TensorBoard` does not write what `{name}={value!r}` asks for.", stacklevel=users_line()
                )
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq, self.write_steps_per_second = histogram_freq, write_steps_per_second
        self.write_graph, self.write_images = write_graph, write_images
        self.update_freq: int | Literal["epoch"] = 1 if update_freq == "batch" else update_freq
        self._files: dict[str, EventFile] = {}
        self._train_step = 0
        self._started = (0.0, 0)

    _kept = ("_train_step",)

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and self.update_freq != "epoch"

    @property
    def summary(self) -> Summaries:
        """What writes values of your own: `scalar`, `histogram`, `image` and `text`, as in `tf.summary`."""
        return Summaries(lambda: self._file("train"), lambda: self._train_step)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._train_step = 0
        if self.write_graph:
            drawn = [(box.name, box.kind, box.sources) for box in boxes(self.model)]
            self._file("train").graph(drawn)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._started = (time.monotonic(), self._train_step)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self.update_freq == "epoch":
            self._train_step = max(self._train_step, self._started[1] + batch + 1)
            return
        self._train_step += 1
        if self._train_step % self.update_freq == 0:
            for name, value in (logs or {}).items():
                self._scalar("train", f"batch_{name}", value, self._train_step)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            self._scalar("validation", f"evaluation_{name}_vs_iterations", value, self._iterations())

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for name, value in (logs or {}).items():
            if name.startswith("val_"):
                self._scalar("validation", f"epoch_{name[4:]}", value, epoch)
            else:
                self._scalar("train", f"epoch_{name}", value, epoch)
        if "learning_rate" not in (logs or {}):
            self._rate(epoch)
        if self.write_steps_per_second:
            seconds, steps = time.monotonic() - self._started[0], self._train_step - self._started[1]
            self._scalar("train", "epoch_steps_per_second", steps / max(seconds, 1e-9), epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            for variable in self.model.weights:
                self._file("train").histogram(f"{variable.path}/histogram", variable.numpy(), epoch)
                if self.write_images:
                    self._picture(variable.path, variable.numpy(), epoch)
        for file in self._files.values():
            file.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    def _rate(self, epoch: int) -> None:
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        if rate is not None:
            self._scalar("train", "epoch_learning_rate", _number(rate), epoch)

    def _iterations(self) -> int:
        optimizer = getattr(self.model, "optimizer", None)
        iterations = getattr(optimizer, "iterations", None)
        return int(_number(iterations)) if iterations is not None else self._train_step

    def _picture(self, path: str, weight: np.ndarray, epoch: int) -> None:
        """Weights as shades from their least to their greatest: a matrix, or one matrix for each last two axes."""
        values = np.asarray(weight, np.float64)
        matrix = np.atleast_2d(values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values)
        low, high = matrix.min(initial=0.0), matrix.max(initial=0.0)
        shades = (matrix - low) / (high - low) if high > low else np.zeros_like(matrix)
        if matrix.size:
            self._file("train").image(f"{path}/image", pictures(shades[..., None])[..., :1], epoch)

    def _scalar(self, which: str, tag: str, value: float, step: int) -> None:
        if np.ndim(value) == 0:
            self._file(which).scalar(tag, float(value), step)

    def _file(self, which: str) -> EventFile:
        if which not in self._files:
            self._files[which] = EventFile(Path(self.log_dir) / which)
        return self._files[which]


def _number(value: object) -> float:
    return float(ops.convert_to_numpy(value))
