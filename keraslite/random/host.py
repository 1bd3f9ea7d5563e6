"""Random numbers on the host, for initial weights, shuffles and default seeds: the same on every engine.

One process-wide stream: a root seed, and a counter that each unseeded use takes a number from. `reset`
(`keraslite.utils.set_random_seed`) starts it again.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from keraslite.backend.dtypes import aligned_array

__all__ = ["generator", "go_to", "next_seed", "normal", "place", "reset", "truncated_normal", "uniform", "zeros"]

_BLOCK = 1 << 18  # numbers drawn from one stream: with what is done to them they stay in a core's cache

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


def place() -> list[int]:
    """Where the process-wide stream is, for `go_to`."""
    with _lock:
        return [_root, _count]


def go_to(place: Sequence[int]) -> None:
    """Go on with the stream from what `place` returned, maybe in another process."""
    global _root, _count
    with _lock:
        _root, _count = place


def generator(seed: int | Sequence[int] | None = None) -> np.random.Generator:
    """A generator (PCG64 DXSM; O'Neill, 2014) of the same numbers for the same seed on every machine.

    Args:
        seed: an int, two of them (seed and counter), or None for the next of the process-wide stream.
    """
    if seed is None:
        seed = next_seed()
    parts = [seed] if isinstance(seed, int) else seed
    mixed = np.random.SeedSequence([int(part) % 2**128 for part in parts])
    return np.random.Generator(np.random.PCG64DXSM(mixed))


def uniform(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: object, low: float, high: float
) -> np.ndarray:
    """Numbers in `[low, high)`, all equally likely, as float32 or float64."""

    def draw(generator: np.random.Generator, out: np.ndarray) -> None:
        generator.random(out=out, dtype=out.dtype)
        out *= out.dtype.type(high - low)
        out += out.dtype.type(low)

    return _in_blocks(generator, shape, dtype, draw)


def normal(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: object, mean: float, std: float
) -> np.ndarray:
    """Normal numbers, as float32 or float64."""

    def draw(generator: np.random.Generator, out: np.ndarray) -> None:
        generator.standard_normal(out=out, dtype=out.dtype)
        _move(out, mean, std)

    return _in_blocks(generator, shape, dtype, draw)


def truncated_normal(
    generator: np.random.Generator, shape: tuple[int, ...], dtype: object, mean: float, std: float
) -> np.ndarray:
    """Normal numbers within two standard deviations (those outside are drawn again), as float32 or float64."""

    def draw(generator: np.random.Generator, out: np.ndarray) -> None:
        generator.standard_normal(out=out, dtype=out.dtype)
        outside = np.flatnonzero(np.abs(out) > 2)
        while outside.size:
            again = out[outside] = generator.standard_normal(outside.size, out.dtype)
            outside = outside[np.abs(again) > 2]
        _move(out, mean, std)

    return _in_blocks(generator, shape, dtype, draw)


def _move(out: np.ndarray, mean: float, std: float) -> None:
    out *= out.dtype.type(std)
    if mean:
        out += out.dtype.type(mean)


def _in_blocks(
    generator: np.random.Generator,
    shape: tuple[int, ...],
    dtype: Any,
    draw: Callable[[np.random.Generator, np.ndarray], None],
) -> np.ndarray:
    """An array that `draw(generator, part)` fills part by part, each from a stream of its own, on all cores."""
    out = aligned_array(np.empty, (math.prod(shape),), np.dtype(dtype))
    parts = [out[start : start + _BLOCK] for start in range(0, out.size, _BLOCK)]
    bits: Any = generator.bit_generator
    streams = [generator, *(np.random.Generator(bits.jumped(i)) for i in range(1, len(parts)))]
    list((_threads().map if len(parts) > 1 else map)(draw, streams, parts))
    return out.reshape(shape)


def zeros(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros in memory that an engine can take over; the system hands it out as it is touched."""
    return aligned_array(np.zeros, shape, dtype)


@cache
def _threads() -> ThreadPoolExecutor:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(cores, "keraslite-draw")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # threads stay with the parent
