"""`ReduceLROnPlateau`."""

from __future__ import annotations

import numpy as np

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.callbacks.monitor import Monitor
from keraslite.callbacks.rate import read_rate, set_rate
from keraslite.config.messages import say
from keraslite.errors import ArgumentError

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(Callback):
    """Lowers the learning rate when a value has stopped getting better.

    Args:
        monitor: name of the value among the results of an epoch.
        factor: what the rate is multiplied with, in [0, 1).
        patience: number of epochs without getting better after which the rate is lowered, at least 0.
        verbose: 1 prints when the rate is lowered, 0 does not.
        mode: "min" if smaller is better, "max" if larger is, or "auto": as the monitored metric says; losses are "min".
        min_delta: smallest change that counts as better.
        cooldown: number of epochs after a change before `patience` counts again, at least 0.
        min_lr: lowest rate, at least 0.
        **kwargs: none; a name that does not exist is an error.

    Raises:
        ArgumentError: in `fit`, if the optimizer's rate is a schedule, or if `mode` is "auto" and the metric does not
            say which direction is better.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(0.5), "mse")
        >>> lower = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e9)
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[lower])
        >>> history.history["learning_rate"]
        [0.5, 0.5, 0.25]
    """

    argument_checks = ranges.checks(
        monitor=ranges.text,
        factor=ranges.number(0, below=1),
        patience=ranges.number(0, infinite=True),
        verbose=ranges.verbosity,
        mode=ranges.one_of("auto", "min", "max"),
        min_delta=ranges.number(),
        cooldown=ranges.number(0, infinite=True),
        min_lr=ranges.unsigned,
    )

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: object,
    ):
        super().__init__()
        if kwargs:
            raise ArgumentError(f"`ReduceLROnPlateau` takes no argument {next(iter(kwargs))!r}.")
        self._monitor = Monitor(monitor, mode, min_delta, owner="ReduceLROnPlateau")
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self._reset()

    _kept = ("best", "wait", "cooldown_counter")

    def _reset(self) -> None:
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        rate = read_rate(self.model, "ReduceLROnPlateau")
        if logs is not None:
            logs["learning_rate"] = rate
        current = self._monitor.value(logs, self.model)
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._monitor.better(current, self.best):
            self.best, self.wait = current, 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and rate > self.min_lr:
                lower = max(rate * self.factor, self.min_lr)
                set_rate(self.model, lower)
                self.cooldown_counter, self.wait = self.cooldown, 0
                if self.verbose > 0:
                    say(f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {lower}.")

    @property
    def monitor_op(self) -> np.ufunc | None:
        """`np.less` or `np.greater`; None before the direction is known."""
        return self._monitor.op

    def in_cooldown(self) -> bool:
        """Whether it waits after a change."""
        return self.cooldown_counter > 0
