"""`LambdaCallback`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite import ranges
from keraslite.callbacks.base import HOOKS, Callback
from keraslite.check import nearest
from keraslite.declared import accepted
from keraslite.errors import ArgumentError

__all__ = ["LambdaCallback"]

_HOOK = ranges.function | None
_HOOKS = [*HOOKS]


class LambdaCallback(Callback):
    """A callback made of functions.

    Args:
        on_epoch_begin: function of `(epoch, logs)`; so are all with an epoch or batch.
        on_epoch_end: the same.
        on_train_begin: function of `(logs)`; so are all others.
        on_train_end: the same.
        on_train_batch_begin: function of `(batch, logs)`.
        on_train_batch_end: the same.
        **kwargs: any other hook of `Callback`.
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
        self, on_epoch_begin: Callable | None = None, on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None, on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None, on_train_batch_end: Callable | None = None, **kwargs: Any,
    ):  # fmt: skip
        super().__init__()
        hooks = {
            "on_epoch_begin": on_epoch_begin, "on_epoch_end": on_epoch_end, "on_train_begin": on_train_begin,
            "on_train_end": on_train_end, "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end, **kwargs,
        }  # fmt: skip
        for name, function in hooks.items():
            if name not in _HOOKS:
                raise ArgumentError(f"`LambdaCallback` takes no argument {name!r}.{nearest(name, _HOOKS)}")
            if accepted(_HOOK, name, function, "LambdaCallback") is not None:
                setattr(self, name, function)
