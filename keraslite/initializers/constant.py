"""Initializers without chance: zeros, ones, a constant, the identity matrix."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keraslite import errors, ranges
from keraslite.backend.contract import DTypeLike, TensorLike
from keraslite.initializers.base import Initializer, host_dtype
from keraslite.random import host
from keraslite.serialization import builtin


@builtin("keras.initializers")
class Zeros(Initializer):
    """Set all values to 0.

    Example:
        >>> from keraslite import initializers
        >>> initializers.Zeros().host((2,)).tolist()
        [0.0, 0.0]
    """

    takes_memory_later = True  # the system gives it when it is written

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        return host.zeros(tuple(shape), host_dtype(dtype))


@builtin("keras.initializers")
class Ones(Initializer):
    """Set all values to 1.

    Example:
        >>> from keraslite import initializers
        >>> initializers.Ones().host((2,)).tolist()
        [1.0, 1.0]
    """

    takes_memory_later = True

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        return np.ones(shape, host_dtype(dtype))

    def deferred(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Callable[[], np.ndarray]:
        kept = host_dtype(dtype)
        return lambda: np.ones(shape, kept)


@builtin("keras.initializers")
class Constant(Initializer):
    """Set all values to a given number or array.

    Args:
        value: a number, or an array that broadcasts to the shape of the weight; 0 by default.

    Example:
        >>> from keraslite import initializers
        >>> initializers.Constant(0.5).host((2,)).tolist()
        [0.5, 0.5]
        >>> initializers.Constant([1, 2]).host((2, 2)).tolist()
        [[1.0, 2.0], [1.0, 2.0]]
    """

    argument_checks = ranges.checks(value=ranges.array())

    def __init__(self, value: TensorLike = 0.0):
        self.value = value

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        return np.broadcast_to(np.asarray(self.value).astype(host_dtype(dtype)), tuple(shape)).copy()


@builtin("keras.initializers")
class Identity(Initializer):
    """Set a matrix to a multiple of the identity matrix.

    A matrix that is not square has `gain` on its main diagonal and 0 elsewhere.

    Args:
        gain: the value on the diagonal; 1 by default.

    Raises:
        ArgumentError: if the weight is not a matrix `(n, m)`.

    Example:
        >>> from keraslite import initializers
        >>> initializers.Identity(gain=2.0).host((2, 3)).tolist()
        [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    """

    argument_checks = ranges.checks(gain=ranges.number())

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        if len(shape) != 2:
            raise errors.ArgumentError(
                f"`Identity` needs a shape of two dimensions. Received shape={tuple(shape)}. "
                "Use another initializer, or reshape the weight."
            )
        return (self.gain * np.eye(*shape)).astype(host_dtype(dtype))
