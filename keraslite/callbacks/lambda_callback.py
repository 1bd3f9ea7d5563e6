"""`LambdaCallback`."""

from __future__ import annotations

from collections.abc import Callable

from keraslite import ranges
from keraslite.callbacks.base import HOOKS, Callback
from keraslite.check import nearest
from keraslite.declared import accepted
from keraslite.errors import ArgumentError

__all__ = ["LambdaCallback"]

_HOOK = ranges.function | None
_HOOKS = [*HOOKS]


class LambdaCallback(Callback):
    """Calls functions as hooks.

    Args:
        on_epoch_begin, on_epoch_end: functions of `(epoch, logs)`, or None.
        on_train_begin, on_train_end: functions of `(logs)`, or None.
        on_train_batch_begin, on_train_batch_end: functions of `(batch, logs)`, or None.
        **kwargs: functions for other hooks of `Callback`, by name.

    Raises:
        ArgumentError: if there is no hook of a name, or one is given something that is no function.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> show = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, list(logs)))
        >>> history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[show])
        0 ['loss']
        1 ['loss']
    """

    argument_checks = ranges.checks(
        on_epoch_begin=_HOOK,
        on_epoch_end=_HOOK,
        on_train_begin=_HOOK,
        on_train_end=_HOOK,
        on_train_batch_begin=_HOOK,
        on_train_batch_end=_HOOK,
    )

    def __init__(
        self,
        on_epoch_begin: Callable[..., object] | None = None,
        on_epoch_end: Callable[..., object] | None = None,
        on_train_begin: Callable[..., object] | None = None,
        on_train_end: Callable[..., object] | None = None,
        on_train_batch_begin: Callable[..., object] | None = None,
        on_train_batch_end: Callable[..., object] | None = None,
        **kwargs: Callable[..., object] | None,
    ):
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in hooks.items():
            if name not in _HOOKS:
                raise ArgumentError(f"`LambdaCallback` takes no argument {name!r}.{nearest(name, _HOOKS)}")
            if accepted(_HOOK, name, function, "LambdaCallback") is not None:
                setattr(self, name, function)
