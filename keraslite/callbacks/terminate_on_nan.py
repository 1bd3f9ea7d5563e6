"""`TerminateOnNaN`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.callbacks.base import Callback
from keraslite.config.messages import say

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """Stops training at the first step whose loss is NaN or infinite.

    Each step checks its loss on the device, and the steps after the first bad one change nothing: weights, optimizer
    and metrics stay as the bad step left them (see `Callback.stop_on_device`). `fit` looks a few times a second whether
    there was one, or after every batch if another callback watches batches.

    Args:
        raise_error: whether to raise a `RuntimeError` instead of stopping. False by default.

    Raises:
        RuntimeError: at such a step, with `raise_error`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> stop = keras.callbacks.TerminateOnNaN()
        >>> x, y = np.ones((4, 2)), np.full((4, 1), np.nan)
        >>> history = model.fit(x, y, batch_size=2, epochs=5, verbose=0, callbacks=[stop])
        Batch 0: Invalid loss, terminating training
        >>> len(history.epoch)
        1
    """

    argument_checks = ranges.checks(raise_error=ranges.flag)

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    @staticmethod
    def stop_on_device(logs: Mapping[str, Any]) -> Tensor | bool:
        if "loss" not in logs:
            return False
        return ops.logical_not(ops.all(ops.isfinite(ops.cast(logs["loss"], "float32"))))

    def on_device_stop(self, batch: int) -> None:
        if self.raise_error:
            raise RuntimeError(
                f"Batch {batch}: the loss is NaN or infinite. Lower the learning rate or check the data."
            )
        say(f"Batch {batch}: Invalid loss, terminating training")
