"""`EarlyStopping`."""

from __future__ import annotations

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.monitor import Monitor
from keraslite.config.messages import say

__all__ = ["EarlyStopping"]


class EarlyStopping(Callback):
    """Stops training when a value has stopped getting better.

    Args:
        monitor: name of the value among the results of an epoch.
        min_delta: smallest change that counts as better; its sign does not matter.
        patience: number of epochs without getting better after which training stops, at least 0.
        verbose: 1 prints when training stops, 0 does not.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        baseline: value that must be improved on before the count of `patience` starts anew. None: any better value.
        restore_best_weights: whether the model ends with the weights of its best epoch.
        start_from_epoch: epochs before this one, counted from 0, do not count.

    Raises:
        ArgumentError: in `fit`, if `mode` is "auto" and the metric does not say which direction is better.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.0), "mse")
        >>> stop = keras.callbacks.EarlyStopping("loss", patience=2)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=10, verbose=0, callbacks=[stop])
        >>> len(history.epoch)
        3
    """

    argument_checks = ranges.checks(
        monitor=ranges.text,
        min_delta=ranges.number(),
        patience=ranges.number(0, infinite=True),
        verbose=ranges.verbosity,
        mode=ranges.one_of("auto", "min", "max"),
        baseline=ranges.number(infinite=True) | None,
        restore_best_weights=ranges.flag,
        start_from_epoch=ranges.unsigned,
    )

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ):
        super().__init__()
        self._monitor = Monitor(monitor, mode, min_delta, owner="EarlyStopping")
        self.monitor, self.patience, self.verbose, self.baseline = monitor, patience, verbose, baseline
        self.min_delta, self.mode = abs(min_delta), mode
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    _kept = ("wait", "stopped_epoch", "best", "best_weights", "best_epoch")

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_weights: list[np.ndarray] | None = None
        self.best_epoch = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        current = self.get_monitor_value(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self._monitor.better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._monitor.better(current, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                say(f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}.")
            self.model.set_weights(self.best_weights)

    def get_monitor_value(self, logs: dict[str, float] | None) -> float | None:
        """Return the monitored value; None, with a warning, if it is not there.

        Args:
            logs: results by name, or None.
        """
        return self._monitor.value(logs, self.model)

    @property
    def monitor_op(self) -> np.ufunc | None:
        """`np.less` or `np.greater`; None before the direction is known."""
        return self._monitor.op
