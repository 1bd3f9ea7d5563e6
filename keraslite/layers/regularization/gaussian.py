"""Gaussian noise, added or multiplied."""

from __future__ import annotations

import math

from keraslite import check, ops, random
from keraslite.layers.base import Layer
from keraslite.layers.regularization.dropout import dropout_rate
from keraslite.serialization import builtin


@builtin("keras.layers")
class GaussianNoise(Layer):
    """In training, adds normal noise of standard deviation `stddev`."""

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.stddev = check.number(stddev, "stddev", "GaussianNoise", low=0)
        self.seed = seed
        if self.stddev > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if not training or not self.stddev:
            return inputs
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs + random.normal(shape, 0.0, self.stddev, dtype=dtype, seed=self.seed_generator)


@builtin("keras.layers")
class GaussianDropout(Layer):
    """In training, multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`."""

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = dropout_rate(rate, "GaussianDropout")
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs * random.normal(shape, 1.0, stddev, dtype=dtype, seed=self.seed_generator)
