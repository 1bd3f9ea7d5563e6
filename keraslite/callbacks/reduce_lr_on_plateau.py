"""`ReduceLROnPlateau`."""

from __future__ import annotations

from typing import Any

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
        monitor: name of the value.
        factor: what the rate is multiplied with, below 1.
        patience: epochs without getting better before that.
        verbose: 1 prints it.
        mode: "min", "max" or "auto": as the monitored metric says; losses are "min".
        min_delta: smallest change that counts as better.
        cooldown: epochs to wait after a change before counting again.
        min_lr: lowest rate.
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

    def __init__(self, monitor: str = "val_loss", factor: float = 0.1, patience: int = 10, verbose: int = 0,
                 mode: str = "auto", min_delta: float = 1e-4, cooldown: int = 0, min_lr: float = 0.0,
                 **kwargs: Any):  # fmt: skip
        super().__init__()
        if kwargs:
            raise ArgumentError(f"`ReduceLROnPlateau` takes no argument {next(iter(kwargs))!r}.")
        self._monitor = Monitor(monitor, mode, min_delta, owner="ReduceLROnPlateau")
        self.monitor, self.mode, self.min_delta = monitor, mode, min_delta
        self.factor, self.patience, self.verbose = factor, patience, verbose
        self.cooldown, self.min_lr = cooldown, min_lr
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.wait = 0
        self.cooldown_counter = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
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
    def monitor_op(self) -> Any:
        """`np.less` or `np.greater`; None before the direction is known."""
        return self._monitor.op

    def in_cooldown(self) -> bool:
        """Whether it waits after a change."""
        return self.cooldown_counter > 0
