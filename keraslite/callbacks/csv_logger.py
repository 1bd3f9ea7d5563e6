"""`CSVLogger`."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes the results of each epoch as a line of a CSV file.

    Args:
        filename: of the file.
        separator: between values.
        append: whether to go on in an existing file.
    """

    argument_checks = ranges.checks(separator=ranges.text, append=ranges.flag)

    def __init__(self, filename: Any, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        path = Path(self.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.keys = None
        if self.append and path.exists():
            with path.open(newline="") as file:
                header = next(csv.reader(file, delimiter=self.sep), None)
            self.keys = header[1:] if header else None
        else:
            path.write_text("")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = dict(logs or {})
        rows = []
        if self.keys is None:
            # Results of validation come later with `validation_freq`: their columns are there from the start.
            validated = any(name.startswith("val_") for name in logs)
            expected = [] if validated or not self._validates() else [f"val_{name}" for name in logs]
            self.keys = [*sorted(logs), *sorted(expected)]
            rows.append(["epoch", *self.keys])
        rows.append([epoch, *(_cell(logs.get(name, "NA")) for name in self.keys)])
        with Path(self.filename).open("a", newline="") as file:  # nothing stays open if training is interrupted
            csv.writer(file, delimiter=self.sep).writerows(rows)

    def _validates(self) -> bool:
        return bool(self.params.get("validates"))


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(str, value.reshape(-1).tolist()))}]"
    return value
