"""`Callback`: what is told about training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from keraslite import declared
from keraslite.backend.changes import Changing
from keraslite.backend.contract import Tensor

__all__ = ["BATCH_HOOKS", "HOOKS", "Callback", "overrides"]

BATCH_HOOKS = {
    "train": ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end"),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class Callback(Changing):
    """Base of objects that `fit`, `evaluate` and `predict` tell what they do.

    A subclass overrides the hooks it wants. A callback that overrides a hook of batches gets exactly one call for each
    batch. The `logs` of such a hook stay on the device until the callback reads a value from them, so a callback that
    does not look costs no wait. It may keep them and read them later. Single results are floats; a metric with several
    numbers has an array.

    A callback that only wants to end training by a rule about the results of each step overrides `stop_on_device`,
    which costs no wait at all.

    Attributes:
        model: the model that runs.
        params: "epochs", "steps" and "verbose" of the call.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Epochs(keras.callbacks.Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(epoch, sorted(logs))
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[Epochs()])
        0 ['loss']
        1 ['loss']
    """

    #: What a class's constructor takes, checked before it runs.
    argument_checks: ClassVar[declared.ArgumentChecks] = {}
    #: What `get_state` returns: the attributes in which a callback remembers what happened.
    _kept: ClassVar[tuple[str, ...]] = ()
    _stops_in_steps = False  # whether the steps that run now evaluate `stop_on_device` by themselves

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        declared.guard(cls)

    def __init__(self) -> None:
        self._model: Any = None
        self.params: dict[str, Any] = {}
        self.validation_data: object = None

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
        """Receive the parameters of the call, before any hook.

        Args:
            params: "epochs", "steps" (None if unknown) and "verbose".
        """
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receive the model, before any hook.

        Args:
            model: the model that runs.
        """
        self._model = model

    def get_state(self) -> dict[str, object]:
        """Return what the callback remembers of the training so far, for `BackupAndRestore`.

        Returns:
            A dict of numbers, texts, NumPy arrays, and lists and dicts of them. Empty by default.
        """
        return {name: getattr(self, name) for name in self._kept}

    def set_state(self, state: dict[str, object]) -> None:
        """Remember what `get_state` returned, maybe in another process. Called after `on_train_begin`.

        Args:
            state: what `get_state` returned; tuples have become lists.
        """
        for name in self._kept:
            setattr(self, name, state[name])

    def watches_batches(self, mode: str) -> bool:
        """Return whether the callback must be called for every single batch.

        By default that is so if it overrides a hook of batches. Built-in callbacks that can live with fewer calls
        override this.

        Args:
            mode: "train", "test" or "predict".
        """
        return any(overrides(self, hook) for hook in BATCH_HOOKS[mode])

    def stop_on_device(self, logs: Mapping[str, Any]) -> Tensor | bool:
        """Return whether training stops after this step. Where it is overridden, it is a part of each training step.

        It runs within the compiled step, on tensors, so it is written in `keraslite.ops`, and what it reads from the
        callback is compiled in as with any `jit`. Once it was true, the steps after that one change nothing: weights,
        optimizer, metrics and seeds stay as that step left them. `fit` looks a few times a second whether that
        happened, or after every batch if another callback watches batches, and then calls `on_device_stop`. So no step
        waits for the device.

        A static method is shared by all objects of the class; a step is compiled again for the method of another
        object. In a training loop of your own, `on_train_batch_end` evaluates it after each batch.

        Args:
            logs: the results of the epoch so far by name, such as "loss", as tensors of the engine. They have the
                values that `on_train_batch_end` gets.

        Returns:
            A scalar: a boolean tensor or a Python bool.

        Example:
            >>> import numpy as np
            >>> import keraslite as keras
            >>> class StopBelow(keras.callbacks.Callback):
            ...     def __init__(self, loss):
            ...         super().__init__()
            ...         self.loss = loss
            ...     def stop_on_device(self, logs):
            ...         return keras.ops.less(logs["loss"], self.loss)
            >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
            >>> model.compile("sgd", "mse")
            >>> x, y = np.ones((64, 2)), np.ones((64, 1))
            >>> history = model.fit(x, y, batch_size=1, epochs=9, verbose=0, callbacks=[StopBelow(0.5)])
            >>> len(history.epoch)
            1
        """
        return False

    def on_device_stop(self, batch: int) -> None:
        """Hear that training stops because of `stop_on_device`.

        Args:
            batch: index within the epoch, from 0, of the batch with which it stops.
        """

    def on_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of training begins: the older name of `on_train_batch_begin`.

        Args:
            batch: index within the epoch, from 0.
            logs: an empty dict.
        """

    def on_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of training has ended: the older name of `on_train_batch_end`.

        Args:
            batch: index within the epoch, from 0.
            logs: the results of the epoch so far by name.
        """

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that an epoch of training begins.

        Args:
            epoch: index, from 0.
            logs: an empty dict.
        """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that an epoch of training and its validation have ended.

        Args:
            epoch: index, from 0.
            logs: their results by name ("loss", "val_loss", ...). What is added goes to the callbacks that follow and
                into the history.
        """

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of training begins.

        Args:
            batch: index within the epoch, from 0.
            logs: an empty dict.
        """
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of training has ended.

        Args:
            batch: index within the epoch, from 0.
            logs: the results of the epoch so far by name.
        """
        self.on_batch_end(batch, logs)
        if not self._stops_in_steps and overrides(self, "stop_on_device") and bool(self.stop_on_device(logs or {})):
            self.on_device_stop(batch)
            if self.model is not None:
                self.model.stop_training = True

    def on_test_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of evaluation begins.

        Args:
            batch: index, from 0.
            logs: an empty dict.
        """

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Hear that a batch of evaluation has ended.

        Args:
            batch: index, from 0.
            logs: the results so far by name.
        """

    def on_predict_batch_begin(self, batch: int, logs: dict[str, object] | None = None) -> None:
        """Hear that a batch of prediction begins.

        Args:
            batch: index, from 0.
            logs: an empty dict.
        """

    def on_predict_batch_end(self, batch: int, logs: dict[str, object] | None = None) -> None:
        """Hear that a batch of prediction has ended.

        Args:
            batch: index, from 0.
            logs: "outputs" are the outputs for the batch, NumPy arrays nested like the model's outputs.
        """

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `fit` begins.

        Args:
            logs: an empty dict.
        """

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `fit` ends.

        Args:
            logs: the results of the last epoch by name.
        """

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `evaluate`, or a validation of `fit`, begins.

        Args:
            logs: an empty dict.
        """

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `evaluate`, or a validation of `fit`, ends.

        Args:
            logs: its results by name.
        """

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `predict` begins.

        Args:
            logs: an empty dict.
        """

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        """Hear that `predict` ends.

        Args:
            logs: an empty dict.
        """


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_") and name != "on_device_stop")


def overrides(callback: object, hook: str) -> bool:
    """Whether a callback has a `hook` of its own, by its class or set on the object."""
    if hook in getattr(callback, "__dict__", {}):
        return True
    found = getattr(type(callback), hook, None)
    return found is not None and found is not getattr(Callback, hook)
