"""Initializers whose spread follows from how many values a weight joins."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from keraslite import ranges
from keraslite.initializers.base import RandomInitializer
from keraslite.random import SeedGenerator, host
from keraslite.serialization import builtin

# The standard deviation of a normal distribution cut off at two of its own.
_TRUNCATED = 0.87962566103423978


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return how many inputs and outputs a weight joins.

    Without axes, a vector of size `n` has `(n, n)`, a matrix `(in, out)` has these, and the kernel of a convolution,
    `(..., in, out)`, counts each position of its window.

    Args:
        shape: of the weight; a sequence of ints.
        input_axes: the axes whose sizes are multiplied to the number of inputs; None (default) for the rule above.
        output_axes: the same for outputs. Axes count only if both are given.

    Returns:
        `(fan_in, fan_out)`, two ints.

    Example:
        >>> from keraslite import initializers
        >>> initializers.compute_fans((3, 3, 8, 16))
        (72, 144)
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
    """Draw values whose variance is `scale / n`, where `n` counts the inputs or outputs of the weight.

    A layer's outputs then vary as much as its inputs do, whatever its size.

    Args:
        scale: the factor of the variance, greater than 0; 1 by default.
        mode: what `n` is: "fan_in" (default) for the number of inputs, "fan_out" for the number of outputs, "fan_avg"
            for the mean of both.
        distribution: "truncated_normal" (default; cut off at two standard deviations, with the variance of what
            remains), "untruncated_normal" or "uniform".
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.VarianceScaling(2.0, "fan_in", "uniform", seed=0).host((50, 100))
        >>> round(float(values.var()) * 50, 1)
        2.0
    """

    argument_checks = ranges.checks(
        scale=ranges.positive,
        mode=ranges.one_of("fan_in", "fan_out", "fan_avg"),
        distribution=ranges.one_of("truncated_normal", "untruncated_normal", "uniform", "normal", fold=True),
        input_axes=ranges.items(ranges.axis) | None,
        output_axes=ranges.items(ranges.axis) | None,
    )

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(seed)
        self.scale, self.mode = scale, mode
        self.distribution = "truncated_normal" if distribution == "normal" else distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
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
    """Draw values from a uniform distribution within plus or minus `sqrt(6 / (fan_in + fan_out))`.

    Source: Glorot & Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.GlorotUniform(seed=0).host((50, 100))
        >>> bool((abs(values) <= (6 / 150) ** 0.5).all())
        True
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class GlorotNormal(VarianceScaling):
    """Draw values from a truncated normal distribution of variance `2 / (fan_in + fan_out)`.

    Source: Glorot & Bengio, 2010, "Understanding the difficulty of training deep feedforward neural networks".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.GlorotNormal(seed=0).host((50, 100))
        >>> round(float(values.var()) * 150, 1)
        2.0
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


@builtin("keras.initializers")
class HeUniform(VarianceScaling):
    """Draw values from a uniform distribution within plus or minus `sqrt(6 / fan_in)`; suits `relu`.

    Source: He et al., 2015, "Delving deep into rectifiers".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.HeUniform(seed=0).host((50, 100))
        >>> bool((abs(values) <= (6 / 50) ** 0.5).all())
        True
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class HeNormal(VarianceScaling):
    """Draw values from a truncated normal distribution of variance `2 / fan_in`; suits `relu`.

    Source: He et al., 2015, "Delving deep into rectifiers".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.HeNormal(seed=0).host((50, 100))
        >>> round(float(values.var()) * 50, 1)
        2.0
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


@builtin("keras.initializers")
class LecunUniform(VarianceScaling):
    """Draw values from a uniform distribution within plus or minus `sqrt(3 / fan_in)`; suits `selu`.

    Source: LeCun et al., 1998, "Efficient BackProp".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.LecunUniform(seed=0).host((50, 100))
        >>> bool((abs(values) <= (3 / 50) ** 0.5).all())
        True
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


@builtin("keras.initializers")
class LecunNormal(VarianceScaling):
    """Draw values from a truncated normal distribution of variance `1 / fan_in`; suits `selu`.

    Source: LeCun et al., 1998, "Efficient BackProp".

    Args:
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.
        input_axes: the axes of the weight that count as inputs, for weights that are not laid out `(..., in, out)`;
            None by default. See `compute_fans`.
        output_axes: the axes that count as outputs.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.LecunNormal(seed=0).host((50, 100))
        >>> round(float(values.var()) * 50, 1)
        1.0
    """

    def __init__(
        self,
        seed: int | SeedGenerator | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)
