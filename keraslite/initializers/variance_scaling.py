"""Initializers whose spread follows from how many values a weight joins."""

from __future__ import annotations

import math
from typing import Any

from keraslite import ranges
from keraslite.initializers.base import RandomInitializer
from keraslite.random import host
from keraslite.serialization import builtin

# The standard deviation of a normal distribution cut off at two of its own.
_TRUNCATED = 0.87962566103423978


def compute_fans(shape, input_axes=None, output_axes=None) -> tuple[int, int]:
    """Number of inputs and outputs of a weight.

    Without axes: a vector has `(n, n)`, a matrix `(in, out)`, and a convolution's kernel `(..., in, out)` counts
    each position of its window. With axes: the products of those sizes.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return size, size
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


@builtin("keras.initializers")
class VarianceScaling(RandomInitializer):
    """Values of variance `scale / n`, with n the fan-in, fan-out or mean of both as `mode` says.

    `distribution` is "truncated_normal", "untruncated_normal" or "uniform". `input_axes`, `output_axes`: tuples of
    the axes that count as inputs and outputs, for weights not laid out `(..., in, out)`.
    """

    argument_checks = ranges.checks(
        scale=ranges.positive,
        mode=ranges.one_of("fan_in", "fan_out", "fan_avg"),
        distribution=ranges.one_of("truncated_normal", "untruncated_normal", "uniform", "normal", fold=True),
        input_axes=ranges.items(ranges.axis) | None,
        output_axes=ranges.items(ranges.axis) | None,
    )

    def __init__(self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal",
                 seed: Any = None, input_axes: Any = None, output_axes: Any = None):  # fmt: skip
        super().__init__(seed)
        self.scale, self.mode = scale, mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def draw(self, generator, shape, dtype):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        size = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, size)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return host.uniform(generator, shape, dtype, -limit, limit)
        if self.distribution == "truncated_normal":
            return host.truncated_normal(generator, shape, dtype, 0.0, math.sqrt(variance) / _TRUNCATED)
        return host.normal(generator, shape, dtype, 0.0, math.sqrt(variance))


@builtin("keras.initializers")
class GlorotUniform(VarianceScaling):
    """Uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot & Bengio, 2010)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class GlorotNormal(VarianceScaling):
    """Truncated normal of variance `2 / (fan_in + fan_out)` (Glorot & Bengio, 2010)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


@builtin("keras.initializers")
class HeUniform(VarianceScaling):
    """Uniform within `sqrt(6 / fan_in)` (He et al., 2015)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class HeNormal(VarianceScaling):
    """Truncated normal of variance `2 / fan_in` (He et al., 2015)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


@builtin("keras.initializers")
class LecunUniform(VarianceScaling):
    """Uniform within `sqrt(3 / fan_in)` (LeCun et al., 1998)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class LecunNormal(VarianceScaling):
    """Truncated normal of variance `1 / fan_in` (LeCun et al., 1998)."""

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)
