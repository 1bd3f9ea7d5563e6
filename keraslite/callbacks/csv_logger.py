"""`CSVLogger`."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes the results of each epoch as a line of a CSV file.

    The first line has the names: "epoch", then the results sorted by name. Folders are made if they do not exist.

    Args:
        filename: path of the file, a string or path.
        separator: text between values.
        append: whether to go on in an existing file. Otherwise it is written anew.

    Example:
        >>> import pathlib
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> log = keras.callbacks.CSVLogger("log.csv")
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[log])
        >>> lines = pathlib.Path("log.csv").read_text().splitlines()
        >>> lines[0], len(lines)
        ('epoch,loss', 3)
    """

    argument_checks = ranges.checks(separator=ranges.text, append=ranges.flag)

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        path = Path(self.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.keys = None
        if self.append and path.exists():
            with path.open(newline="") as file:
                header = next(csv.reader(file, delimiter=self.sep), None)
            self.keys = header[1:] if header else None
        else:
            path.write_text("")

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        results = dict(logs or {})
        rows: list[list[object]] = []
        if self.keys is None:
            # Results of validation come later with `validation_freq`: their columns are there from the start.
            validated = any(name.startswith("val_") for name in results)
            expected = [] if validated or not self._validates() else [f"val_{name}" for name in results]
            self.keys = [*sorted(results), *sorted(expected)]
            rows.append(["epoch", *self.keys])
        rows.append([epoch, *(_cell(results.get(name, "NA")) for name in self.keys)])
        with Path(self.filename).open("a", newline="") as file:  # nothing stays open if training is interrupted
            csv.writer(file, delimiter=self.sep).writerows(rows)

    def _validates(self) -> bool:
        return bool(self.params.get("validates"))


def _cell(value: object) -> object:
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(str, value.reshape(-1).tolist()))}]"
    return value
