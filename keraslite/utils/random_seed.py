"""One seed for all random draws."""

from __future__ import annotations

import random as python_random

import numpy as np

from keraslite import check
from keraslite.backend import registry
from keraslite.random import host
from keraslite.random.seeds import reset_global_seed_generators

__all__ = ["set_random_seed"]


def set_random_seed(seed: int) -> None:
    """Seed Python, NumPy, keraslite and the generators of the engines loaded so far.

    Args:
        seed: in [0, 2**32).

    From here on, initial weights, shuffles and draws without a seed are the same in each run. Existing
    `SeedGenerator`s keep their state.

    Raises:
        ArgumentError: if the seed is outside its range.

    Example:
        >>> from keraslite import ops, random, utils
        >>> utils.set_random_seed(1)
        >>> first = ops.convert_to_numpy(random.normal((2,)))
        >>> utils.set_random_seed(1)
        >>> bool((ops.convert_to_numpy(random.normal((2,))) == first).all())
        True
    """
    seed = int(check.number(seed, "seed", "set_random_seed", low=0, high=2**32 - 1))
    python_random.seed(seed)
    np.random.seed(seed)
    host.reset(seed)
    reset_global_seed_generators()
    for engine in registry.loaded():
        engine.set_seed(seed)
