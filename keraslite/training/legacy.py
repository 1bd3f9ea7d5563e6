"""Names of Keras 2 that still work."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from keraslite.backend.contract import Tensor
from keraslite.callbacks.base import Callback
from keraslite.callbacks.history import History
from keraslite.errors import ArgumentError
from keraslite.public import Gone

if TYPE_CHECKING:
    from keraslite.training.loss_and_metrics import LossAndMetrics

__all__ = ["CompiledLoss", "CompiledMetrics", "Deprecated"]

Callbacks = Callback | Sequence["Callback | Sequence[Callback]"] | None


class CompiledLoss:
    """`model.compiled_loss(y, y_pred)`."""

    def __init__(self, model: LossAndMetrics):
        self._model = model

    def __call__(
        self,
        y_true: object,
        y_pred: object,
        sample_weight: object = None,
        regularization_losses: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Return the sum of the losses given to `compile`, and of `regularization_losses`.

        Args:
            y_true: the targets, nested like the outputs.
            y_pred: the outputs of the model.
            sample_weight: weights of the samples, nested like the outputs or one for all.
            regularization_losses: scalar tensors.

        Raises:
            ArgumentError: if `compile` was given no loss.
        """
        loss = self._model._training.loss
        if loss is None:
            raise ArgumentError("`compiled_loss` needs a loss. Received none. Give `loss` to `compile`.")
        total: Any = loss(y_true, y_pred, sample_weight)
        self._model._track_loss(total, y_pred)
        return sum(regularization_losses or [], total)


class CompiledMetrics:
    """`model.compiled_metrics.update_state(y, y_pred)`."""

    def __init__(self, model: LossAndMetrics):
        self._model = model

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Update the metrics given to `compile`.

        Args:
            y_true: the targets, nested like the outputs.
            y_pred: the outputs of the model.
            sample_weight: weights of the samples, nested like the outputs or one for all.
        """
        metrics = self._model._training.metrics
        if metrics is not None:
            metrics.update_state(y_true, y_pred, sample_weight)


class _Trains(Protocol):
    """What has the methods of today."""

    @property
    def fit(self) -> Callable[..., History]: ...
    @property
    def evaluate(self) -> Callable[..., Any]: ...
    @property
    def predict(self) -> Callable[..., Any]: ...


class Deprecated:
    """`fit_generator` and its relatives: `fit`, `evaluate` and `predict` take generators."""

    predict_classes = Gone("`predict(x).argmax(axis=-1)`, or `predict(x) > 0.5` with one unit")
    predict_proba = Gone("`predict`")
    to_yaml = Gone("`to_json`")
    total_loss = Gone("`compute_loss`")
    metrics_tensors = Gone("`metrics`")

    def fit_generator(
        self: _Trains,
        generator: object,
        steps_per_epoch: int | None = None,
        epochs: int = 1,
        verbose: int | str = 1,
        callbacks: Callbacks = None,
        validation_data: object = None,
        validation_steps: int | None = None,
        validation_freq: int | Collection[int] = 1,
        class_weight: Mapping[int, float] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> History:
        """Train on a generator: the older name of `fit`.

        Args:
            generator: what makes batches.
            steps_per_epoch, epochs, verbose, callbacks, validation_data, validation_steps, validation_freq: as in
                `fit`.
            class_weight, shuffle, initial_epoch: as in `fit`.
            max_queue_size, workers, use_multiprocessing: accepted as in Keras 2, and not used.

        Returns:
            A `History`, as `fit` does.
        """
        _warn("fit_generator", "fit")
        return self.fit(
            generator,
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            class_weight=class_weight,
            shuffle=shuffle,
            initial_epoch=initial_epoch,
        )

    def evaluate_generator(
        self: _Trains,
        generator: object,
        steps: int | None = None,
        callbacks: Callbacks = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: int | str = 0,
    ) -> Any:
        """Evaluate what a generator makes: the older name of `evaluate`.

        Args:
            generator: what makes batches.
            steps, callbacks, verbose: as in `evaluate`.
            max_queue_size, workers, use_multiprocessing: accepted as in Keras 2, and not used.

        Returns:
            The results, as `evaluate` does.
        """
        _warn("evaluate_generator", "evaluate")
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self: _Trains,
        generator: object,
        steps: int | None = None,
        callbacks: Callbacks = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: int | str = 0,
    ) -> Any:
        """Predict for what a generator makes: the older name of `predict`.

        Args:
            generator: what makes batches.
            steps, callbacks, verbose: as in `predict`.
            max_queue_size, workers, use_multiprocessing: accepted as in Keras 2, and not used.

        Returns:
            The outputs, as `predict` does.
        """
        _warn("predict_generator", "predict")
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)


def _warn(old: str, new: str) -> None:
    warnings.warn(f"`{old}` is deprecated: `{new}` takes generators.", DeprecationWarning, stacklevel=3)
