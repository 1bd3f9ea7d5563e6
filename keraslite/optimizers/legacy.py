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
    """Stands for Keras 2's Adagrad: making one is an error. Use `keraslite.optimizers.Adagrad`.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.Adagrad()
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.Adagrad` needs Keras 2. Use `keraslite.optimizers.Adagrad`.
    """


class Adam(Optimizer):
    """Stands for Keras 2's Adam: making one is an error. Use `keraslite.optimizers.Adam`.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.Adam()
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.Adam` needs Keras 2. Use `keraslite.optimizers.Adam`.
    """


class Ftrl(Optimizer):
    """Stands for Keras 2's Ftrl: making one is an error. Use `keraslite.optimizers.Ftrl`.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.Ftrl()
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.Ftrl` needs Keras 2. Use `keraslite.optimizers.Ftrl`.
    """


class RMSprop(Optimizer):
    """Stands for Keras 2's RMSprop: making one is an error. Use `keraslite.optimizers.RMSprop`.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.RMSprop()
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.RMSprop` needs Keras 2. Use `keraslite.optimizers.RMSprop`.
    """


class SGD(Optimizer):
    """Stands for Keras 2's SGD: making one is an error. Use `keraslite.optimizers.SGD`.

    Example:
        >>> import keraslite as keras
        >>> try:
        ...     keras.optimizers.legacy.SGD()
        ... except ImportError as error:
        ...     print(error)
        `optimizers.legacy.SGD` needs Keras 2. Use `keraslite.optimizers.SGD`.
    """


def _refuse(name: str) -> NoReturn:
    raise NoSuchImportError(f"`optimizers.legacy.{name}` needs Keras 2. Use `keraslite.optimizers.{name}`.")
