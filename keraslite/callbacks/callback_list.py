"""Several callbacks as one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from keraslite import ranges
from keraslite.callbacks.base import BATCH_HOOKS, Callback, overrides
from keraslite.callbacks.history import History
from keraslite.callbacks.progbar_logger import ProgbarLogger
from keraslite.errors import ArgumentError

__all__ = ["CallbackList"]

_HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class CallbackList(Callback):
    """Tells each of its callbacks, in order, and only those that listen.

    Args:
        callbacks: `Callback`s, in lists of any depth, or one.
        add_history: whether to add a `History` if there is none.
        add_progbar: whether to add a `ProgbarLogger` if there is none.
        model: the model that runs.
        **params: what `Callback.params` should hold.
    """

    argument_checks = ranges.checks(add_history=ranges.flag, add_progbar=ranges.flag)

    def __init__(self, callbacks: Any = None, add_history: bool = False, add_progbar: bool = False, model: Any = None,
                 **params: Any):  # fmt: skip
        super().__init__()
        self.callbacks = list(_flatten(callbacks))
        if add_progbar and not any(isinstance(callback, ProgbarLogger) for callback in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        if add_history and not any(isinstance(callback, History) for callback in self.callbacks):
            self.callbacks.append(History())
        self._listeners: dict[str, list[Callable[..., Any]]] = {}
        self.set_params(params)
        if model is not None:
            self.set_model(model)
        self._find_listeners()

    @property
    def history(self) -> History | None:
        """The `History` among them."""
        return next((callback for callback in self.callbacks if isinstance(callback, History)), None)

    def append(self, callback: Any) -> None:
        """Add one at the end."""
        self.callbacks.append(callback)
        self._find_listeners()

    def set_params(self, params: dict[str, Any]) -> None:
        """Hand the parameters of the call to each."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        """Hand the model to each."""
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def watches_batches(self, mode: str) -> bool:
        """Whether any must be called for every single batch."""
        return any(_watches(callback, mode) for callback in self.callbacks)

    def listens(self, hook: str) -> bool:
        """Whether any has a hook of that name."""
        return bool(self._listeners[hook])

    def listening(self, hook: str) -> list[str]:
        """Names of the classes that have a hook of that name."""
        return [type(callback).__name__ for callback in self.callbacks if _hears(callback, hook)]

    def _find_listeners(self) -> None:
        for hook in _HOOKS:
            listening = (callback for callback in self.callbacks if _hears(callback, hook))
            self._listeners[hook] = [getattr(callback, hook) for callback in listening]

    def _tell(self, hook: str, *args: Any) -> None:
        for listener in self._listeners[hook]:
            listener(*args)


def _forward_index(hook: str) -> Callable[..., None]:
    def forward(self: CallbackList, index: int, logs: Any = None) -> None:
        self._tell(hook, index, {} if logs is None else logs)

    forward.__name__, forward.__doc__ = hook, getattr(Callback, hook).__doc__
    return forward


def _forward_logs(hook: str) -> Callable[..., None]:
    def forward(self: CallbackList, logs: Any = None) -> None:
        self._tell(hook, {} if logs is None else logs)

    forward.__name__, forward.__doc__ = hook, getattr(Callback, hook).__doc__
    return forward


for _hook in _HOOKS:
    _make = _forward_index if "batch" in _hook or "epoch" in _hook else _forward_logs
    setattr(CallbackList, _hook, _make(_hook))


def _flatten(callbacks: Any) -> Iterator[Any]:
    if callbacks is None:
        return
    if isinstance(callbacks, (list, tuple)):
        for callback in callbacks:
            yield from _flatten(callback)
        return
    if isinstance(callbacks, type) or not hasattr(callbacks, "set_model"):
        hint = "Create an object of it." if isinstance(callbacks, type) else "Derive its class from `Callback`."
        raise ArgumentError(f"`callbacks` needs to be `Callback` objects. Received {callbacks!r}. {hint}")
    yield callbacks


def _hears(callback: Any, hook: str) -> bool:
    if overrides(callback, hook):
        return True
    older = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}.get(hook)
    return older is not None and overrides(callback, older) and hasattr(callback, hook)


def _watches(callback: Any, mode: str) -> bool:
    own = getattr(callback, "watches_batches", None)
    return own(mode) if own is not None else any(overrides(callback, hook) for hook in BATCH_HOOKS[mode])
