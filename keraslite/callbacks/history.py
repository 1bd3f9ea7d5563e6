"""`History`."""

from __future__ import annotations

from typing import Any

from keraslite.callbacks.base import Callback

__all__ = ["History"]


class History(Callback):
    """The results of every epoch: `history[name]` is a list, `epoch` the epochs' numbers. What `fit` returns."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[Any]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        self.model.history = self
