"""Whether a monitored value got better; shared by the callbacks that watch one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from keraslite.check import nearest, one_of

__all__ = ["Monitor"]

_GROWING = ("acc", "auc", "precision", "recall", "f1", "fbeta", "iou", "r2", "cosine_similarity", "sensitivity")


class Monitor:
    """One value of the logs and the direction in which it gets better.

    Args:
        name: such as "val_loss".
        mode: "min", "max", or "auto": max for accuracies, AUC, precision, recall, F-scores, IoU and R2, else min.
        min_delta: smallest change that counts.
        owner: the callback's name, for messages.
    """

    def __init__(self, name: str, mode: str, min_delta: float = 0.0, *, owner: str):
        self.name = name
        mode = one_of(mode, ("auto", "min", "max"), "mode", owner)
        if mode == "auto":
            plain = name.removeprefix("val_")
            mode = "max" if any(part in plain for part in _GROWING) and "loss" not in plain else "min"
        self.mode = mode
        self.min_delta = abs(min_delta)
        self._owner = owner
        self._warned = False

    @property
    def worst(self) -> float:
        """What any value is better than."""
        return np.inf if self.mode == "min" else -np.inf

    def better(self, value: float, than: float) -> bool:
        """Whether `value` improves on `than` by more than `min_delta`."""
        if self.mode == "min":
            return value < than - self.min_delta
        return value > than + self.min_delta

    def value(self, logs: Any) -> float | None:
        """The value in `logs`; None with a warning if it is not there."""
        value = (logs or {}).get(self.name)
        if value is None and not self._warned:
            self._warned = True
            known = list(logs or {})
            warnings.warn(
                f"`{self._owner}` needs {self.name!r} among the results. Received {known}."
                f"{nearest(self.name, known)} Nothing is done.",
                stacklevel=3,
            )
        return None if value is None else float(value)
