"""`SwapEMAWeights`."""

from __future__ import annotations

from keraslite import ranges
from keraslite.callbacks.base import Callback
from keraslite.errors import ArgumentError

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Evaluates and predicts with the averages of the weights that the optimizer keeps.

    The optimizer has `use_ema=True`, or keeps averages by itself as `ScheduleFreeAdamW` does. Weights and averages are
    exchanged before a validation, `evaluate` or `predict` and back after it.

    Args:
        swap_on_epoch: whether they are exchanged from the end of each epoch to the beginning of the next one too, for
            callbacks such as `ModelCheckpoint` that stand after this one; False by default.

    Raises:
        ArgumentError: in `fit`, if the optimizer keeps no averages.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.SGD(use_ema=True), "mse")
        >>> x, y = np.ones((4, 2)), np.ones((4, 1))
        >>> swap = keras.callbacks.SwapEMAWeights()
        >>> history = model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[swap])
        >>> sorted(history.history)
        ['loss', 'val_loss']
    """

    argument_checks = ranges.checks(swap_on_epoch=ranges.flag)

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch = swap_on_epoch

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        if not self.model.optimizer.keeps_averages:
            raise ArgumentError(
                "`SwapEMAWeights` needs an optimizer that keeps averages of the weights. Received "
                f"{self.model.optimizer.name!r}. Compile with `use_ema=True` in the optimizer."
            )
        self._show(False)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._show(False)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        if self.swap_on_epoch:
            self._show(True)

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        self._show(True)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        self._show(False)

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        self._show(True)

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        self._show(False)

    def _show(self, on: bool) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None and optimizer.built and optimizer.keeps_averages:
            optimizer.show_averages(on)
