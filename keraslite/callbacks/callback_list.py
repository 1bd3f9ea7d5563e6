"""Several callbacks as one."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeGuard, cast
from weakref import WeakSet

from keraslite import ranges
from keraslite.callbacks.base import BATCH_HOOKS, HOOKS, Callback, overrides
from keraslite.callbacks.history import History
from keraslite.callbacks.progbar_logger import ProgbarLogger
from keraslite.callbacks.resumable import Resumable
from keraslite.check import nearest
from keraslite.errors import ArgumentError

__all__ = ["CallbackList"]

_OLDER = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class CallbackList(Callback):
    """Tells each of its callbacks, in order, and only those that listen.

    Args:
        callbacks: `Callback` objects, in lists of any depth, or a single one. None means none.
        add_history: whether to add a `History` if there is none.
        add_progbar: whether to add a `ProgbarLogger` if there is none.
        model: the model that runs.
        **params: what `Callback.params` should hold.

    Raises:
        ArgumentError: if `callbacks` holds something that is not a callback.

    Example:
        >>> from keraslite.callbacks import CallbackList, LambdaCallback
        >>> callbacks = CallbackList([LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))])
        >>> callbacks.on_epoch_end(0, {"loss": 0.5})
        0 {'loss': 0.5}
    """

    argument_checks = ranges.checks(add_history=ranges.flag, add_progbar=ranges.flag)

    def __init__(
        self,
        callbacks: object = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: object = None,
        **params: object,
    ):
        super().__init__()
        self.callbacks = list(_flatten(callbacks))
        if add_progbar and not any(isinstance(callback, ProgbarLogger) for callback in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if add_history and not any(isinstance(callback, History) for callback in self.callbacks):
            self.callbacks.append(History())
        self._listeners: dict[str, list[Callable[..., None]]] = {}
        self.set_params(params)
        if model is not None:
            self.set_model(model)
        self._find_listeners()

    @property
    def history(self) -> History | None:
        """The `History` among the callbacks."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    def append(self, callback: Callback) -> None:
        """Add a callback at the end.

        Args:
            callback: a `Callback`.
        """
        self.callbacks.append(callback)
        self._find_listeners()

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def watches_batches(self, mode: str) -> bool:
        return any(_watches(callback, mode) for callback in self.callbacks)

    def listens(self, hook: str) -> bool:
        """Return whether any callback has a hook of its own.

        Args:
            hook: such as "on_epoch_end".
        """
        return bool(self._listeners[hook])

    def listening(self, hook: str) -> list[str]:
        """Return the names of the classes of the callbacks that have a hook of their own.

        Args:
            hook: such as "on_epoch_end".
        """
        return [type(callback).__name__ for callback in self.callbacks if _hears(callback, hook)]

    def stopping(self) -> list[Callback]:
        """Return the callbacks that have a `stop_on_device` of their own, those of lists in this list too."""
        found: list[Callback] = []
        for callback in self.callbacks:
            if isinstance(callback, CallbackList):
                found += callback.stopping()
            elif overrides(callback, "stop_on_device"):
                found.append(callback)
        return found

    @contextmanager
    def stopped_in_steps(self) -> Iterator[None]:
        """For a block in which training steps evaluate `stop_on_device`: the hooks of batches need not do it."""
        self._stop_in_steps(True)
        try:
            yield
        finally:
            self._stop_in_steps(False)

    def _stop_in_steps(self, do: bool) -> None:
        for callback in self.callbacks:
            if isinstance(callback, CallbackList):
                callback._stop_in_steps(do)
            elif overrides(callback, "stop_on_device"):
                callback._stops_in_steps = do
        self._find_listeners()

    def resumable(self) -> list[Resumable]:
        """Return the callbacks that save the state of the training, those of lists in this list too."""
        return [callback for callback in self.flat() if _saves_training(callback)]

    def on_asked_to_end(self, epoch: int, step: int) -> None:
        """Tell those that the program is about to end.

        Args:
            epoch: index, from 0.
            step: the number of steps of the epoch that are done.
        """
        for callback in self.resumable():
            callback.on_asked_to_end(epoch, step)

    def flat(self) -> list[Callback]:
        """Return the callbacks, those of lists in this list too."""
        found: list[Callback] = []
        for callback in self.callbacks:
            found += callback.flat() if isinstance(callback, CallbackList) else [callback]
        return found

    def _find_listeners(self) -> None:
        in_order = sorted(self.callbacks, key=_saves_training)  # they save what the others remember
        for hook in HOOKS:
            listening = (callback for callback in in_order if _hears(callback, hook))
            self._listeners[hook] = [getattr(callback, hook) for callback in listening]

    def _tell(self, hook: str, *args: object) -> None:
        for listener in self._listeners[hook]:
            listener(*args)

    def on_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_batch_begin", batch, {} if logs is None else logs)

    def on_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_batch_end", batch, {} if logs is None else logs)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_epoch_begin", epoch, {} if logs is None else logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_epoch_end", epoch, {} if logs is None else logs)

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_train_batch_begin", batch, {} if logs is None else logs)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_train_batch_end", batch, {} if logs is None else logs)

    def on_test_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_test_batch_begin", batch, {} if logs is None else logs)

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._tell("on_test_batch_end", batch, {} if logs is None else logs)

    def on_predict_batch_begin(self, batch: int, logs: dict[str, object] | None = None) -> None:
        self._tell("on_predict_batch_begin", batch, {} if logs is None else logs)

    def on_predict_batch_end(self, batch: int, logs: dict[str, object] | None = None) -> None:
        self._tell("on_predict_batch_end", batch, {} if logs is None else logs)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_train_begin", {} if logs is None else logs)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_train_end", {} if logs is None else logs)

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_test_begin", {} if logs is None else logs)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_test_end", {} if logs is None else logs)

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_predict_begin", {} if logs is None else logs)

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        self._tell("on_predict_end", {} if logs is None else logs)


def _flatten(callbacks: object) -> Iterator[Callback]:
    if callbacks is None:
        return
    if isinstance(callbacks, (list, tuple)):
        for callback in callbacks:
            yield from _flatten(callback)
        return
    if isinstance(callbacks, type) or not hasattr(callbacks, "set_model"):
        hint = "Create an object of it." if isinstance(callbacks, type) else "Derive its class from `Callback`."
        raise ArgumentError(f"`callbacks` needs to be `Callback` objects. Received {callbacks!r}. {hint}")
    _check_names(type(callbacks))
    yield cast(Callback, callbacks)  # or an object that looks like one


_checked: WeakSet[type] = WeakSet()


def _check_names(kind: type) -> None:
    """Warn, once for each class, of methods that look like hooks and are called by nobody."""
    if kind in _checked:
        return
    _checked.add(kind)
    for name in dir(kind):
        near = name.startswith("on_") and not hasattr(Resumable, name) and nearest(name, HOOKS, 0.85)
        if near and inspect.isfunction(getattr(kind, name)):
            warnings.warn(
                f"`{kind.__name__}.{name}` is no hook of callbacks, so `fit` does not call it.{near}", stacklevel=2
            )


def _saves_training(callback: Callback) -> TypeGuard[Resumable]:
    return isinstance(callback, Resumable) and callback.saves_training


def _hears(callback: Callback, hook: str) -> bool:
    if overrides(callback, hook):
        return True
    if not hasattr(callback, hook):
        return False
    if hook in _OLDER and overrides(callback, _OLDER[hook]):
        return True
    stops = hook == "on_train_batch_end" and not getattr(callback, "_stops_in_steps", False)
    return stops and overrides(callback, "stop_on_device")


def _watches(callback: Callback, mode: str) -> bool:
    own = getattr(callback, "watches_batches", None)
    return own(mode) if own is not None else any(overrides(callback, hook) for hook in BATCH_HOOKS[mode])
