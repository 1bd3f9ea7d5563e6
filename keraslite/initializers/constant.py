"""Initializers without chance: zeros, ones, a constant, the identity matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite import errors, ranges
from keraslite.initializers.base import Initializer, host_dtype
from keraslite.random import host
from keraslite.serialization import builtin


@builtin("keras.initializers")
class Zeros(Initializer):
    """All zeros."""

    def host(self, shape, dtype=None):
        return host.zeros(tuple(shape), host_dtype(dtype))


@builtin("keras.initializers")
class Ones(Initializer):
    """All ones."""

    def host(self, shape, dtype=None):
        return np.ones(shape, host_dtype(dtype))


@builtin("keras.initializers")
class Constant(Initializer):
    """All `value`: a number, or an array that broadcasts to the weight's shape."""

    argument_checks = ranges.checks(value=ranges.array())

    def __init__(self, value: Any = 0.0):
        self.value = value

    def host(self, shape, dtype=None):
        return np.broadcast_to(np.asarray(self.value).astype(host_dtype(dtype)), tuple(shape)).copy()


@builtin("keras.initializers")
class Identity(Initializer):
    """`gain` on the diagonal of a matrix, zero elsewhere. Shape `(n, m)` only."""

    argument_checks = ranges.checks(gain=ranges.number())

    def __init__(self, gain: float = 1.0):
        self.gain = gain

    def host(self, shape, dtype=None):
        if len(shape) != 2:
            raise errors.ArgumentError(
                f"`Identity` needs a shape of two dimensions. Received shape={tuple(shape)}. "
                "Use another initializer, or reshape the weight."
            )
        return (self.gain * np.eye(*shape)).astype(host_dtype(dtype))
