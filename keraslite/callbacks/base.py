"""`Callback`: what is told about training."""

from __future__ import annotations

from typing import Any, ClassVar

from keraslite import declared
from keraslite.backend.changes import Changing

__all__ = ["Callback"]

BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback(Changing):
    """Base of objects that `fit`, `evaluate` and `predict` tell what they do.

    A subclass overrides the hooks it wants. One that overrides a hook of batches gets exactly one call for each
    batch. The `logs` it is given there are read from the device when it looks at them, and may be kept.

    Attributes:
        model: the model that runs.
        params: "epochs", "steps" and "verbose" of the call.
    """

    #: What a class's constructor takes, checked before it runs.
    argument_checks: ClassVar[declared.ArgumentChecks] = {}

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        declared.guard(cls)

    def __init__(self) -> None:
        self._model: Any = None
        self.params: dict[str, Any] = {}
        self.validation_data = None

    def _holds_more(self) -> bool:
        return True

    @property
    def model(self) -> Any:
        """The model that runs."""
        return getattr(self, "_model", None)

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called before anything else with the parameters of the call."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Called before anything else with the model."""
        self._model = model

    def watches_batches(self, mode: str) -> bool:
        """Whether it must be called for every single batch in `mode` ("train", "test", "predict").

        Overriding a hook of batches says so; built-in callbacks that can live with fewer calls override this.
        """
        return any(overrides(self, hook) for hook in BATCH_HOOKS[mode])

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Older name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """Older name of `on_train_batch_end`."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch of training."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch of training and its validation, with their results ("loss", "val_loss", ...)."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of training."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of training, with the results of the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of evaluation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of evaluation, with the results so far."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of prediction; `logs["outputs"]` are the outputs."""

    def on_train_begin(self, logs: Any = None) -> None:
        """At the start of `fit`."""

    def on_train_end(self, logs: Any = None) -> None:
        """At the end of `fit`, with the results of the last epoch."""

    def on_test_begin(self, logs: Any = None) -> None:
        """At the start of `evaluate` and of each validation."""

    def on_test_end(self, logs: Any = None) -> None:
        """At the end of `evaluate` and of each validation, with its results."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """At the start of `predict`."""

    def on_predict_end(self, logs: Any = None) -> None:
        """At the end of `predict`."""


def overrides(callback: Any, hook: str) -> bool:
    """Whether a callback has a `hook` of its own, by its class or set on the object."""
    if hook in getattr(callback, "__dict__", {}):
        return True
    found = getattr(type(callback), hook, None)
    return found is not None and found is not getattr(Callback, hook)
