"""Names of Keras 2's optimizers, which Keras 3 keeps to say that they are gone."""

from __future__ import annotations

from typing import NoReturn

from keraslite.errors import NoSuchImportError

__all__ = ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"]


class Optimizer:
    """An optimizer of Keras 2: making one is an error that names the optimizer to use.

    Args:
        *args: those of the optimizer.
        **kwargs: those of the optimizer.

    Raises:
        NoSuchImportError: always; it is an `ImportError`, as in Keras.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.Adam(0.1)
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.Adam` needs Keras 2. Use `keraslite.optimizers.Adam`.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        _refuse(type(self).__name__)


class Adagrad(Optimizer):
    """Keras 2's Adagrad; use `keraslite.optimizers.Adagrad`."""


class Adam(Optimizer):
    """Keras 2's Adam; use `keraslite.optimizers.Adam`."""


class Ftrl(Optimizer):
    """Keras 2's Ftrl; use `keraslite.optimizers.Ftrl`."""


class RMSprop(Optimizer):
    """Keras 2's RMSprop; use `keraslite.optimizers.RMSprop`."""


class SGD(Optimizer):
    """Keras 2's SGD; use `keraslite.optimizers.SGD`."""


def _refuse(name: str) -> NoReturn:
    raise NoSuchImportError(f"`optimizers.legacy.{name}` needs Keras 2. Use `keraslite.optimizers.{name}`.")
