"""Gaussian noise, added or multiplied."""

from __future__ import annotations

import math
from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.layers.regularization.noise import Noise
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class GaussianNoise(Noise):
    """In training, adds normal noise of standard deviation `stddev`."""

    strength = "stddev"
    stddev: float

    argument_checks = ranges.checks(stddev=ranges.unsigned)

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(stddev, seed)

    def noisy(self, inputs):
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs + random.normal(shape, 0.0, self.stddev, dtype=dtype, seed=self.seed_generator)


@builtin("keras.layers")
class GaussianDropout(Noise):
    """In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`."""

    argument_checks = ranges.checks(rate=ranges.number(0, below=1))

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(rate, seed)

    def noisy(self, inputs):
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs * random.normal(shape, 1.0, stddev, dtype=dtype, seed=self.seed_generator)
