"""What every initializer shares: values on the host, tensors for the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Self

import ml_dtypes
import numpy as np

from keraslite import config, ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import DTypeLike, Tensor
from keraslite.ops.core import as_tensor
from keraslite.random import SeedGenerator, host
from keraslite.serialization import Configurable, builtin


def host_dtype(dtype: DTypeLike | None) -> np.dtype:
    """Return NumPy's dtype for a dtype in any spelling; None stands for `config.floatx()`."""
    name = config.floatx() if dtype is None else dtypes.canonical(dtype)
    return np.dtype(getattr(ml_dtypes, name) if hasattr(ml_dtypes, name) else name)


@builtin("keras.initializers")
class Initializer(Configurable):
    """Base class of initializers, which make the first values of weights.

    A subclass defines `host(shape, dtype)`, which returns a NumPy array. Weights start bit-identical on every
    engine because the host computes them. A subclass written for Keras may define `__call__(shape, dtype=None)`
    instead. A call of an initializer returns a tensor of the active engine.

    Example:
        >>> import numpy as np
        >>> from keraslite import initializers, layers
        >>> class Ramp(initializers.Initializer):
        ...     def host(self, shape, dtype=None):
        ...         return np.arange(np.prod(shape), dtype=dtype).reshape(shape)
        >>> layer = layers.Dense(3, kernel_initializer=Ramp())
        >>> layer.build((None, 2))
        >>> layer.kernel.numpy().tolist()
        [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    """

    #: Whether a weight gets no memory before it is first read.
    takes_memory_later: ClassVar[bool] = False

    def __init_subclass__(cls, **kwargs: object):
        super().__init_subclass__(**kwargs)
        if "__call__" in cls.__dict__ and "host" not in cls.__dict__:
            cls.host = _host_of_call
        if "host" in cls.__dict__ and "deferred" not in cls.__dict__:
            cls.deferred = Initializer.deferred

    def __call__(self, shape: Sequence[int], dtype: DTypeLike | None = None) -> Tensor:
        """Return initial values as a tensor of the active engine.

        Args:
            shape: of the tensor; a tuple of ints.
            dtype: of the tensor; None (default) is `config.floatx()`.
        """
        dtype = config.floatx() if dtype is None else dtypes.canonical(dtype)
        return as_tensor(self.host(tuple(shape), dtype), dtype=dtype)

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        """Return the same values as a new NumPy array, which belongs to the caller.

        Args:
            shape: of the array; a tuple of ints.
            dtype: of the array; None (default) is `config.floatx()`.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `host(shape, dtype)` or `__call__`.")

    def deferred(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray | Callable[[], np.ndarray]:
        """Return the array of `host`, or a function that returns it and that a weight calls when it is first read.

        Seeds are drawn and arguments are checked at once, so that neither depends on which weight is read first.

        Args:
            shape: of the array; a tuple of ints.
            dtype: of the array; None (default) is `config.floatx()`.
        """
        return self.host(shape, dtype)

    def clone(self) -> Self:
        """Return a new initializer of the same configuration."""
        return type(self).from_config(self.get_config())


def _host_of_call(self: Initializer, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
    """`host` of a class that was written with `__call__` alone."""
    return np.array(ops.convert_to_numpy(self(shape, dtype=dtype)))  # it may have given one that it keeps


class RandomInitializer(Initializer):
    """Base class of initializers that draw random values.

    A subclass defines `draw(generator, shape, dtype)`.

    Args:
        seed: an int or None for an initializer that returns the same values at each call; a `SeedGenerator` for new
            values at each call. With None (default) the seed is drawn when the initializer is made, from the stream
            that `utils.set_random_seed` starts.

    Example:
        >>> from keraslite import initializers, random
        >>> same = initializers.RandomNormal(seed=1)
        >>> bool((same.host((2,)) == same.host((2,))).all())
        True
        >>> new = initializers.RandomNormal(seed=random.SeedGenerator(1))
        >>> bool((new.host((2,)) == new.host((2,))).all())
        False
    """

    takes_memory_later = True
    argument_checks = ranges.checks(
        seed=ranges.axis | ranges.instance(SeedGenerator, "a SeedGenerator", lambda: SeedGenerator(1)) | None
    )

    def __init__(self, seed: int | SeedGenerator | None = None):
        self.seed = seed
        self._own_seed: int | SeedGenerator = host.next_seed() if seed is None else seed

    def generator(self) -> np.random.Generator:
        """Return NumPy's generator for the next draw, seeded as `seed` says."""
        seed = self._own_seed
        if isinstance(seed, SeedGenerator):
            return host.generator([int(part) for part in np.asarray(ops.convert_to_numpy(seed.next()))])
        return host.generator(seed)

    def host(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> np.ndarray:
        return self.deferred(shape, dtype)()

    def deferred(self, shape: tuple[int, ...], dtype: DTypeLike | None = None) -> Callable[[], np.ndarray]:
        kept, generator = host_dtype(dtype), self.generator()
        drawn = np.dtype(np.float64 if kept == np.float64 else np.float32)
        return lambda: self.draw(generator, tuple(shape), drawn).astype(kept, copy=False)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """Return a new array of random values.

        Args:
            generator: NumPy's generator to draw from.
            shape: of the array; a tuple of ints.
            dtype: of the array: float32 or float64. Other dtypes are cast afterwards.
        """
        raise NotImplementedError
