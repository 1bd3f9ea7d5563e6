"""Gaussian noise, added or multiplied."""

from __future__ import annotations

import math
from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.regularization.noise import Noise
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class GaussianNoise(Noise):
    """Adds normal noise of mean 0 to its input in training.

    Args:
        stddev: standard deviation of the noise, at least 0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> noisy = layers.GaussianNoise(0.1, seed=1)(np.zeros(1000), training=True)
        >>> round(float(ops.std(noisy)), 1)
        0.1
    """

    strength = "stddev"
    stddev: float

    argument_checks = ranges.checks(stddev=ranges.unsigned)

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(stddev, seed)

    def noisy(self, inputs: Tensor) -> Tensor:
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs + random.normal(shape, 0.0, self.stddev, dtype=dtype, seed=self.seed_generator)


@builtin("keras.layers")
class GaussianDropout(Noise):
    """Multiplies its input in training by normal noise of mean 1.

    Args:
        rate: strength of the noise, in [0, 1): its standard deviation is `sqrt(rate / (1 - rate))`, as that of
            `Dropout`.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014, section 10.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.GaussianDropout(0.5)(np.ones(3))).tolist()  # not in training
        [1.0, 1.0, 1.0]
    """

    argument_checks = ranges.checks(rate=ranges.number(0, below=1))

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(rate, seed)

    def noisy(self, inputs: Tensor) -> Tensor:
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        shape, dtype = ops.shape(inputs), ops.dtype(inputs)
        return inputs * random.normal(shape, 1.0, stddev, dtype=dtype, seed=self.seed_generator)
