"""What users write for TensorBoard themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keraslite import ops
from keraslite.callbacks.event_file import EventFile
from keraslite.errors import ArgumentError

__all__ = ["Summaries", "pictures"]


class Summaries:
    """Writes single values, with the functions and argument names of `tf.summary`.

    Args:
        file: a function that returns the file to write to.
        step: a function that returns the step of values that are written without one.
    """

    def __init__(self, file: Callable[[], EventFile], step: Callable[[], int]):
        self._file, self._step = file, step

    def scalar(self, name: str, data: object, step: int | None = None) -> None:
        """Write a number.

        Args:
            name: its name.
            data: a number or a tensor with one element.
            step: at which it was; None (default) for the step that runs.
        """
        values = np.asarray(ops.convert_to_numpy(data))
        if values.size != 1:
            raise ArgumentError(f"`summary.scalar` needs one number for {name!r}. Received shape {values.shape}.")
        self._file().scalar(name, float(values.reshape(())), self._at(step))

    def histogram(self, name: str, data: object, step: int | None = None, buckets: int = 30) -> None:
        """Write how values are distributed.

        Args:
            name: their name.
            data: numbers of any shape.
            step: at which they were; None (default) for the step that runs.
            buckets: the number of intervals, at least 1; 30 by default.
        """
        self._file().histogram(name, np.asarray(ops.convert_to_numpy(data)), self._at(step), buckets)

    def image(self, name: str, data: object, step: int | None = None, max_outputs: int = 3) -> None:
        """Write pictures.

        Args:
            name: their name.
            data: pictures of shape (number, height, width, channels) with 1 to 4 channels: uint8, or numbers in [0, 1].
            step: at which they were; None (default) for the step that runs.
            max_outputs: the greatest number of pictures that are written; 3 by default.
        """
        values = np.asarray(ops.convert_to_numpy(data))
        if values.ndim != 4 or not 1 <= values.shape[-1] <= 4:
            raise ArgumentError(
                f"`summary.image` needs {name!r} to have the shape (number, height, width, 1 to 4 channels). Received "
                f"shape {values.shape}."
            )
        for i, one in enumerate(pictures(values[:max_outputs])):
            self._file().image(name if len(values) == 1 else f"{name}/{i}", one, self._at(step))

    def text(self, name: str, data: str, step: int | None = None) -> None:
        """Write a text in Markdown.

        Args:
            name: its name.
            data: the text.
            step: at which it was; None (default) for the step that runs.
        """
        self._file().text(name, str(data), self._at(step))

    def _at(self, step: int | None) -> int:
        return self._step() if step is None else int(step)


def pictures(values: np.ndarray) -> np.ndarray:
    """Return pictures as uint8: as they are, or from numbers in [0, 1]."""
    if values.dtype == np.uint8:
        return values
    return (np.clip(np.nan_to_num(values), 0, 1) * 255 + 0.5).astype(np.uint8)
