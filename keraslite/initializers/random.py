"""Initializers that draw from one distribution, whatever the shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite import errors, ranges
from keraslite.initializers.base import RandomInitializer
from keraslite.random import host
from keraslite.serialization import builtin


class _Normal(RandomInitializer):
    argument_checks = ranges.checks(mean=ranges.number(), stddev=ranges.unsigned)

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev


@builtin("keras.initializers")
class RandomNormal(_Normal):
    """Normal values with `mean` and `stddev`."""

    def draw(self, generator, shape, dtype):
        return host.normal(generator, shape, dtype, self.mean, self.stddev)


@builtin("keras.initializers")
class RandomUniform(RandomInitializer):
    """Values in `[minval, maxval)`, all equally likely."""

    argument_checks = ranges.checks(minval=ranges.number(), maxval=ranges.number())

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: Any = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, generator, shape, dtype):
        return host.uniform(generator, shape, dtype, self.minval, self.maxval)


@builtin("keras.initializers")
class TruncatedNormal(_Normal):
    """Normal values with `mean` and `stddev`; those beyond two `stddev` from the mean are drawn again."""

    def draw(self, generator, shape, dtype):
        return host.truncated_normal(generator, shape, dtype, self.mean, self.stddev)


@builtin("keras.initializers")
class Orthogonal(RandomInitializer):
    """`gain` times an orthogonal matrix of shape `(product of all but the last, last)` (Saxe et al., 2013).

    Uniformly distributed: the QR decomposition of a normal matrix, with signs that make R's diagonal positive.
    """

    argument_checks = ranges.checks(gain=ranges.number())

    def __init__(self, gain: float = 1.0, seed: Any = None):
        super().__init__(seed)
        self.gain = gain

    def deferred(self, shape, dtype=None):
        if len(shape) < 2:
            raise errors.ArgumentError(
                f"`Orthogonal` needs a shape of at least two dimensions. Received shape={shape}. "
                "Use another initializer for vectors."
            )
        return super().deferred(shape, dtype)

    def draw(self, generator, shape, dtype):
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        normal = generator.standard_normal((max(rows, columns), min(rows, columns)), dtype)
        q, r = np.linalg.qr(normal)
        q = q * np.where(np.diag(r) < 0, -1, 1).astype(dtype)
        return (q if rows >= columns else q.T).reshape(shape) * dtype.type(self.gain)
