"""Limits on training for the process, to try out a long program without changing it."""

from __future__ import annotations

from keraslite import check
from keraslite.backend import settings

__all__ = ["max_epochs", "max_steps_per_epoch", "set_max_epochs", "set_max_steps_per_epoch"]

#: Environment variables that set them when keraslite is imported.
VARIABLES = {"max_epochs": "KERAS_MAX_EPOCHS", "max_steps_per_epoch": "KERAS_MAX_STEPS_PER_EPOCH"}


def max_epochs() -> int | None:
    """Return the number of the last epoch that any `fit` runs.

    Returns:
        None if there is no limit, which is the default.

    Example:
        >>> import keraslite as keras
        >>> keras.config.max_epochs() is None
        True
    """
    return _limit("max_epochs")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of every `fit` in the process, whatever its `epochs` says.

    KERAS_MAX_EPOCHS in the environment does the same.

    Args:
        max_epochs: a positive integer; None takes the limit away.

    Raises:
        ArgumentError: if `max_epochs` is neither.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> keras.config.set_max_epochs(3)
        >>> keras.config.max_epochs()
        3
        >>> keras.config.set_max_epochs(None)
    """
    settings.keep("max_epochs", checked(max_epochs, "max_epochs", "set_max_epochs"), "set_max_epochs()")


def max_steps_per_epoch() -> int | None:
    """Return the largest number of batches that `fit`, `evaluate` and `predict` take from their data per epoch.

    Returns:
        None if there is no limit, which is the default.

    Example:
        >>> import keraslite as keras
        >>> keras.config.max_steps_per_epoch() is None
        True
    """
    return _limit("max_steps_per_epoch")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the batches that `fit`, `evaluate` and `predict` take per epoch, for the process.

    The limit holds for validation too. KERAS_MAX_STEPS_PER_EPOCH in the environment does the same.

    Args:
        max_steps_per_epoch: a positive integer; None takes the limit away.

    Raises:
        ArgumentError: if `max_steps_per_epoch` is neither.

    Example:
        >>> import keraslite as keras
        >>> keras.config.set_max_steps_per_epoch(10)
        >>> keras.config.max_steps_per_epoch()
        10
        >>> keras.config.set_max_steps_per_epoch(None)
    """
    value = checked(max_steps_per_epoch, "max_steps_per_epoch", "set_max_steps_per_epoch")
    settings.keep("max_steps_per_epoch", value, "set_max_steps_per_epoch()")


def checked(value: object, name: str, where: str) -> int | None:
    """Check a limit and return it."""
    return None if value is None else check.positive_int(value, name, where)


def _limit(name: str) -> int | None:
    value = settings.values[name]
    return value if isinstance(value, int) else None
