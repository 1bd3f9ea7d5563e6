"""Whether a monitored value got better; shared by the callbacks that watch one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from keraslite.check import nearest
from keraslite.errors import ArgumentError

__all__ = ["Monitor"]

_MODES = {"up": "max", "down": "min"}


class Watched(Protocol):
    """A model whose results are watched."""

    def _reported_metrics(self) -> Mapping[str, object]: ...


class Monitor:
    """One value of the logs and the direction in which it gets better.

    Args:
        name: such as "val_loss".
        mode: "min", "max", or "auto": min for losses, else as the metric of that name says (`Metric._direction`).
        min_delta: smallest change that counts.
        owner: the callback's name, for messages.
    """

    def __init__(self, name: str, mode: str, min_delta: float = 0.0, *, owner: str):
        self.name = name
        self.mode = mode
        if mode == "auto" and name.removeprefix("val_") == "loss":
            self.mode = "min"
        self.min_delta = abs(min_delta)
        self._owner = owner
        self._warned = False

    @property
    def op(self) -> np.ufunc | None:
        """`np.less` or `np.greater`; None before the direction is known."""
        return {"min": np.less, "max": np.greater}.get(self.mode)

    def better(self, value: float, than: float | None) -> bool:
        """Whether `value` improves on `than` by more than `min_delta`. Any value improves on None."""
        if than is None:
            than = np.inf if self.mode == "min" else -np.inf
        if self.mode == "min":
            return value < than - self.min_delta
        return value > than + self.min_delta

    def value(self, logs: Mapping[str, float] | None, model: Watched) -> float | None:
        """The value in `logs`; None with a warning if it is not there. Learns from `model` which direction is better.

        Raises an `ArgumentError` if nothing says so.
        """
        value = (logs or {}).get(self.name)
        if value is None and not self._warned:
            self._warned = True
            known = list(logs or {})
            hint = nearest(self.name, known)
            if self.name.startswith("val_") and not any(name.startswith("val_") for name in known):
                hint = " Give `fit` a `validation_data` or `validation_split`."
            warnings.warn(
                f"`{self._owner}` needs {self.name!r} among the results. Received {known}."
                f"{hint} The callback does nothing.",
                stacklevel=3,
            )
        if value is None:
            return None
        if self.mode == "auto":
            self.mode = self._mode_of(model)
        return float(value)

    def _mode_of(self, model: Watched) -> str:
        reported = model._reported_metrics()
        metric = reported.get(self.name, reported.get(self.name.removeprefix("val_")))
        mode = _MODES.get(getattr(metric, "_direction", None) or "")
        if mode is None:
            what = "is no metric of the model" if metric is None else f"is a `{type(metric).__name__}`"
            raise ArgumentError(
                f"`{self._owner}` needs `mode` where the metric does not say whether larger or smaller is better. "
                f"Received monitor={self.name!r}, which {what}, and mode='auto'. Pass mode='min' or mode='max'."
            )
        return mode
