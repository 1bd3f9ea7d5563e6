"""`CSVLogger`."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from keraslite.callbacks.base import Callback

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes the results of each epoch as a line of a CSV file.

    Args:
        filename: of the file.
        separator: between values.
        append: whether to go on in an existing file.
    """

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file: Any = None
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        path = Path(self.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.keys = None
        old = path.exists() and path.stat().st_size > 0 and self.append
        if old:
            with path.open(newline="") as file:
                header = next(csv.reader(file, delimiter=self.sep), None)
            self.keys = header[1:] if header else None
        self._file = path.open("a" if self.append else "w", newline="")
        self._writer = csv.writer(self._file, delimiter=self.sep)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = dict(logs or {})
        if self.keys is None:
            # Results of validation come later with `validation_freq`: their columns are there from the start.
            validated = any(name.startswith("val_") for name in logs)
            expected = [] if validated or not self._validates() else [f"val_{name}" for name in logs]
            self.keys = [*sorted(logs), *sorted(expected)]
            self._writer.writerow(["epoch", *self.keys])
        self._writer.writerow([epoch, *(_cell(logs.get(name, "NA")) for name in self.keys)])
        self._file.flush()

    def on_train_end(self, logs: Any = None) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None

    def _validates(self) -> bool:
        return bool(self.params.get("validates"))


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(str, value.reshape(-1).tolist()))}]"
    return value
