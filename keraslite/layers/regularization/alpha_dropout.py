"""Dropout for self-normalizing networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.regularization.noise import NOISE_SHAPE, Noise, noise_sizes
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin

#: What SELU tends to for ever smaller arguments: the product of its scale and its alpha, negated.
_SATURATED = -1.0507009873554805 * 1.6732632423543772


@builtin("keras.layers")
class AlphaDropout(Noise):
    """Sets a random fraction of its input to the least value of SELU in training.

    The result is scaled and shifted, so that an input of mean 0 and variance 1 keeps them. It belongs after layers with
    the activation "selu". Outside of training the input stays as it is.

    Args:
        rate: fraction that is dropped, in [0, 1).
        noise_shape: shape of the dropout mask, with None for sizes of the input. Where it is 1, elements along that
            axis are dropped together. Default: None, the input's shape.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if `noise_shape` has another number of axes than
            the input.

    Source:
        Klambauer et al., "Self-normalizing neural networks", 2017.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> x = np.random.default_rng(0).normal(size=10_000)
        >>> dropped = ops.convert_to_numpy(layers.AlphaDropout(0.3, seed=1)(x, training=True))
        >>> bool(abs(dropped.mean()) < 0.05 and abs(dropped.std() - 1) < 0.05)
        True
    """

    argument_checks = ranges.checks(rate=ranges.number(0, below=1), noise_shape=NOISE_SHAPE)

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._setup(rate, seed)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def noisy(self, inputs: Tensor) -> Tensor:
        sizes = noise_sizes(self, self.noise_shape, inputs)
        drawn = random.uniform(ops.shape(inputs) if sizes is None else sizes, seed=self.seed_generator)
        scale = 1 / math.sqrt((1 - self.rate) * (1 + self.rate * _SATURATED**2))
        shift = -scale * _SATURATED * self.rate
        return ops.where(drawn >= self.rate, inputs * scale + shift, _SATURATED * scale + shift)
