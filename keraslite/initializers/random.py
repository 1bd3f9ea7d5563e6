"""Initializers that draw from one distribution, whatever the shape."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keraslite import errors, ranges
from keraslite.backend.contract import DTypeLike
from keraslite.initializers.base import RandomInitializer
from keraslite.random import SeedGenerator, host
from keraslite.serialization import builtin


class _Normal(RandomInitializer):
    argument_checks = ranges.checks(mean=ranges.number(), stddev=ranges.unsigned)

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | SeedGenerator | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev


@builtin("keras.initializers")
class RandomNormal(_Normal):
    """Draw values from a normal distribution.

    Args:
        mean: of the distribution; 0 by default.
        stddev: standard deviation of the distribution, not negative; 0.05 by default.
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.RandomNormal(mean=1.0, stddev=0.1, seed=0).host((1000,))
        >>> round(float(values.mean()), 1), round(float(values.std()), 1)
        (1.0, 0.1)
    """

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return host.normal(generator, shape, dtype, self.mean, self.stddev)


@builtin("keras.initializers")
class RandomUniform(RandomInitializer):
    """Draw values from a uniform distribution over `[minval, maxval)`.

    Args:
        minval: the lower bound; -0.05 by default.
        maxval: the upper bound; 0.05 by default.
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.RandomUniform(0.0, 1.0, seed=0).host((1000,))
        >>> bool((values >= 0).all() and (values < 1).all())
        True
    """

    argument_checks = ranges.checks(minval=ranges.number(), maxval=ranges.number())

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | SeedGenerator | None = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return host.uniform(generator, shape, dtype, self.minval, self.maxval)


@builtin("keras.initializers")
class TruncatedNormal(_Normal):
    """Draw values from a normal distribution that is cut off at two standard deviations from the mean.

    Values outside are drawn again.

    Args:
        mean: of the normal distribution; 0 by default.
        stddev: standard deviation of the normal distribution before it is cut off, not negative; 0.05 by default.
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.

    Example:
        >>> from keraslite import initializers
        >>> values = initializers.TruncatedNormal(stddev=1.0, seed=0).host((1000,))
        >>> bool((abs(values) <= 2).all())
        True
    """

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return host.truncated_normal(generator, shape, dtype, self.mean, self.stddev)


@builtin("keras.initializers")
class Orthogonal(RandomInitializer):
    """Draw an orthogonal matrix, uniformly distributed over all of them.

    The weight is taken as a matrix of shape `(product of all sizes but the last, last size)`. Its columns are
    orthonormal, or its rows if it has fewer rows than columns; then it is multiplied by `gain`. The matrix is the Q of
    the QR decomposition of a normal matrix, with signs that make the diagonal of R positive.

    Source: Saxe et al., 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks".

    Args:
        gain: the factor; 1 by default.
        seed: an int or None (default) for the same values at each call, a `SeedGenerator` for new ones; see
            `RandomInitializer`.

    Raises:
        ArgumentError: if the weight has fewer than two axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import initializers
        >>> q = initializers.Orthogonal(seed=0).host((4, 2))
        >>> bool(np.allclose(q.T @ q, np.eye(2), atol=1e-5))
        True
    """

    argument_checks = ranges.checks(gain=ranges.number())

    def __init__(self, gain: float = 1.0, seed: int | SeedGenerator | None = None):
        super().__init__(seed)
        self.gain = gain

    def deferred(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Callable[[], np.ndarray]:
        if len(shape) < 2:
            raise errors.ArgumentError(
                f"`Orthogonal` needs a shape of at least two dimensions. Received shape={shape}. "
                "Use another initializer for vectors."
            )
        return super().deferred(shape, dtype)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        size = (max(rows, columns), min(rows, columns))
        normal = generator.standard_normal(size, np.float64 if dtype == np.float64 else np.float32)
        q, r = np.linalg.qr(normal)
        q = q * np.where(np.diag(r) < 0, -1, 1).astype(dtype)
        return (q if rows >= columns else q.T).reshape(shape) * dtype.type(self.gain)
