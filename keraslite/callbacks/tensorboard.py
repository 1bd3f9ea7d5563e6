"""`TensorBoard`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

import numpy as np

from keraslite import ops, ranges
from keraslite.backend import registry
from keraslite.callbacks.base import Callback
from keraslite.callbacks.event_file import EventFile
from keraslite.callbacks.projector import Projector, embeddings_of
from keraslite.callbacks.summaries import Summaries, pictures
from keraslite.errors import MissingCapabilityError
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
        profile_batch: a batch, or a pair of the first and the last batch, to profile, counted from 1 over all epochs; 0
            for none. The engine's own profiler writes to `log_dir/train`. With it, `fit` returns to Python after every
            batch.
        embeddings_freq: number of epochs from one writing of the embedding layers, which TensorBoard's projector shows,
            to the next; 0 for none. Each writing replaces the one before.
        embeddings_metadata: the path of a file with a line for each row of the embeddings, or a dict of such paths by
            the names of embedding layers. Default: None.

    Raises:
        ArgumentError: if an argument is outside its range, or `embeddings_metadata` names no embedding layer.
        MissingCapabilityError: if `profile_batch` is given and the engine has no profiler, as NumPy.

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
        profile_batch=ranges.unsigned_int | ranges.Items(ranges.positive_int, count=2),
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
        profile_batch: int | Sequence[int] = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: str | os.PathLike[str] | Mapping[str, str] | None = None,
    ):
        super().__init__()
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq, self.write_steps_per_second = histogram_freq, write_steps_per_second
        self.write_graph, self.write_images = write_graph, write_images
        self.update_freq: int | Literal["epoch"] = 1 if update_freq == "batch" else update_freq
        pair = (profile_batch, profile_batch) if isinstance(profile_batch, int) else profile_batch
        self.profile_batch: tuple[int, int] = (pair[0], pair[1])
        self.embeddings_freq, self.embeddings_metadata = embeddings_freq, embeddings_metadata
        self._files: dict[str, EventFile] = {}
        self._profile = ExitStack()  # holds the running profiler
        self._train_step = 0
        self._started = (0.0, 0)

    _kept = ("_train_step",)

    def watches_batches(self, mode: str) -> bool:
        return mode == "train" and (self.update_freq != "epoch" or self.profile_batch[1] > 0)

    @property
    def summary(self) -> Summaries:
        """What writes values of your own: `scalar`, `histogram`, `image` and `text`, as in `tf.summary`."""
        return Summaries(lambda: self._file("train"), lambda: self._train_step)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._train_step = 0
        self._profile.close()  # of a training that ended by an error
        engine = registry.current()
        if self.profile_batch[1] and "profiles" not in engine.capabilities:
            raise MissingCapabilityError(
                f"`TensorBoard` with `profile_batch` needs an engine with the capability 'profiles', such as 'torch'. "
                f"Received the engine {engine.name!r}."
            )
        if self.embeddings_freq:
            self._projector().check(list(embeddings_of(self.model)))
        if self.write_graph:
            drawn = [(box.name, box.kind, box.sources) for box in boxes(self.model)]
            self._file("train").graph(drawn)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._started = (time.monotonic(), self._train_step)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._started[1] + batch + 1 == self.profile_batch[0]:
            self._profile.enter_context(registry.current().profile(str(Path(self.log_dir) / "train")))

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._started[1] + batch + 1 == self.profile_batch[1]:
            for value in (logs or {}).values():
                _number(value)  # the engine may still be computing
            self._profile.close()
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
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            layers = embeddings_of(self.model)
            self._projector().write({name: ops.convert_to_numpy(layer.embeddings) for name, layer in layers.items()})
        for file in self._files.values():
            file.flush()

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._profile.close()
        for file in self._files.values():
            file.close()
        self._files = {}

    def _projector(self) -> Projector:
        metadata = self.embeddings_metadata
        return Projector(
            Path(self.log_dir) / "train", metadata if isinstance(metadata, Mapping | None) else os.fspath(metadata)
        )

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
