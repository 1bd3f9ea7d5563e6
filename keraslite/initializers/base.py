"""What every initializer shares: values on the host, tensors for the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import ml_dtypes
import numpy as np

from keraslite import config, ops, ranges
from keraslite.backend import dtypes
from keraslite.ops.core import as_tensor
from keraslite.random import SeedGenerator, host
from keraslite.serialization import Configurable, builtin


def host_dtype(dtype: object) -> np.dtype:
    """NumPy's dtype for a dtype in any spelling; None is `config.floatx()`."""
    name = config.floatx() if dtype is None else dtypes.canonical(dtype)
    return np.dtype(getattr(ml_dtypes, name) if hasattr(ml_dtypes, name) else name)


@builtin("keras.initializers")
class Initializer(Configurable):
    """Initial values of a weight.

    Subclasses define `host(shape, dtype)`, which returns a NumPy array: weights start bit-identical on every
    engine because no engine computes them. A subclass written for Keras may define `__call__(shape, dtype=None)`
    instead. Calling an initializer gives a tensor of the active engine.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__call__" in cls.__dict__ and "host" not in cls.__dict__:
            cls.host = _host_of_call
        if "host" in cls.__dict__ and "deferred" not in cls.__dict__:
            cls.deferred = Initializer.deferred

    def __call__(self, shape, dtype=None):
        dtype = config.floatx() if dtype is None else dtypes.canonical(dtype)
        return as_tensor(self.host(tuple(shape), dtype), dtype=dtype)

    def host(self, shape: tuple[int, ...], dtype: object = None) -> np.ndarray:
        """The same values as a new array on the host, which belongs to the caller."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `host(shape, dtype)` or `__call__`.")

    def deferred(self, shape: tuple[int, ...], dtype: object = None) -> np.ndarray | Callable[[], np.ndarray]:
        """The array of `host`, or a function that gives it, which a weight calls when it is first read.

        Seeds are taken and arguments refused here, so that neither depends on what is read when.
        """
        return self.host(shape, dtype)

    def clone(self) -> Self:
        """A fresh initializer of the same configuration."""
        return type(self).from_config(self.get_config())


def _host_of_call(self, shape, dtype=None):
    """`host` of a class that was written with `__call__` alone."""
    return np.array(ops.convert_to_numpy(self(shape, dtype=dtype)))  # it may have given one that it keeps


class RandomInitializer(Initializer):
    """An initializer that draws.

    With a number as `seed`, or None, each call returns the same values (None: a seed drawn once, from the
    generator that `utils.set_random_seed` seeds); with a `SeedGenerator` each call returns new ones.
    """

    argument_checks = ranges.checks(
        seed=ranges.axis | ranges.instance(SeedGenerator, "a SeedGenerator", lambda: SeedGenerator(1)) | None
    )

    def __init__(self, seed: Any = None):
        self.seed = seed
        self._own_seed = host.next_seed() if seed is None else seed

    def generator(self) -> np.random.Generator:
        """NumPy's generator for the next draw, seeded as `seed` says."""
        seed = self._own_seed
        if isinstance(seed, SeedGenerator):
            seed = [int(part) for part in np.asarray(ops.convert_to_numpy(seed.next()))]
        return host.generator(seed)

    def host(self, shape, dtype=None):
        return self.deferred(shape, dtype)()

    def deferred(self, shape, dtype=None):
        dtype, generator = host_dtype(dtype), self.generator()
        drawn = np.dtype(np.float64 if dtype == np.float64 else np.float32)
        return lambda: self.draw(generator, tuple(shape), drawn).astype(dtype, copy=False)

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        """A new array of `dtype` (float32 or float64)."""
        raise NotImplementedError
