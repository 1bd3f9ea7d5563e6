"""Random numbers on the host, for initial weights, shuffles and default seeds: the same on every engine.

One process-wide stream: a root seed, and a counter that each unseeded use takes a number from. `reset`
(`keraslite.utils.set_random_seed`) starts it again.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence

import numpy as np

__all__ = ["generator", "next_seed", "reset"]

_lock = threading.Lock()
_root = secrets.randbits(63)
_count = 0


def reset(seed: int) -> None:
    """Start the stream of `next_seed` anew from `seed`."""
    global _root, _count
    with _lock:
        _root, _count = int(seed), 0


def next_seed() -> int:
    """The next number of the process-wide stream, in [0, 2**63). Safe to call from several threads."""
    global _count
    with _lock:
        root, count = _root, _count
        _count += 1
    return int(np.random.Philox(key=[root % 2**64, count]).random_raw() >> 1)


def generator(seed: int | Sequence[int] | None = None) -> np.random.Generator:
    """A generator of counter-based numbers (Philox; Salmon et al., 2011), equal for equal seeds on every machine.

    Args:
        seed: a non-negative int, two of them (seed and counter), or None for the next of the process-wide stream.
    """
    if seed is None:
        seed = next_seed()
    if isinstance(seed, int):
        return np.random.Generator(np.random.Philox(key=seed % 2**128))
    return np.random.Generator(np.random.Philox(key=[int(part) % 2**64 for part in seed]))
