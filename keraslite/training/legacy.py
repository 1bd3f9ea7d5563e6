"""Names of Keras 2 that still work."""

from __future__ import annotations

import warnings
from typing import Any

from keraslite.public import Gone

__all__ = ["CompiledLoss", "CompiledMetrics", "Deprecated"]


class CompiledLoss:
    """`model.compiled_loss(y, y_pred)`."""

    def __init__(self, model: Any):
        self._model = model

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The losses given to `compile`, plus `regularization_losses`."""
        total = self._model._training.loss(y_true, y_pred, sample_weight)
        self._model._track_loss(total, y_pred)
        return sum(regularization_losses or [], total)


class CompiledMetrics:
    """`model.compiled_metrics.update_state(y, y_pred)`."""

    def __init__(self, model: Any):
        self._model = model

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Update the metrics given to `compile`."""
        metrics = self._model._training.metrics
        if metrics is not None:
            metrics.update_state(y_true, y_pred, sample_weight)


class Deprecated:
    """`fit_generator` and its relatives: `fit`, `evaluate` and `predict` take generators."""

    predict_classes = Gone("`predict(x).argmax(axis=-1)`, or `predict(x) > 0.5` with one unit")
    predict_proba = Gone("`predict`")
    to_yaml = Gone("`to_json`")
    total_loss = Gone("`compute_loss`")
    metrics_tensors = Gone("`metrics`")

    def fit_generator(self, generator: Any, steps_per_epoch: int | None = None, epochs: int = 1, verbose: Any = 1,
                      callbacks: Any = None, validation_data: Any = None, validation_steps: int | None = None,
                      validation_freq: Any = 1, class_weight: Any = None, max_queue_size: int = 10, workers: int = 1,
                      use_multiprocessing: bool = False, shuffle: bool = True,
                      initial_epoch: int = 0) -> Any:  # fmt: skip
        """Older name of `fit`."""
        _warn("fit_generator", "fit")
        return self.fit(  # type: ignore[attr-defined]
            generator, steps_per_epoch=steps_per_epoch, epochs=epochs, verbose=verbose, callbacks=callbacks,
            validation_data=validation_data, validation_steps=validation_steps, validation_freq=validation_freq,
            class_weight=class_weight, shuffle=shuffle, initial_epoch=initial_epoch,
        )  # fmt: skip

    def evaluate_generator(self, generator: Any, steps: int | None = None, callbacks: Any = None,
                           max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
                           verbose: Any = 0) -> Any:  # fmt: skip
        """Older name of `evaluate`."""
        _warn("evaluate_generator", "evaluate")
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)  # type: ignore[attr-defined]

    def predict_generator(self, generator: Any, steps: int | None = None, callbacks: Any = None,
                          max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
                          verbose: Any = 0) -> Any:  # fmt: skip
        """Older name of `predict`."""
        _warn("predict_generator", "predict")
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)  # type: ignore[attr-defined]


def _warn(old: str, new: str) -> None:
    warnings.warn(f"`{old}` is deprecated: `{new}` takes generators.", DeprecationWarning, stacklevel=3)
