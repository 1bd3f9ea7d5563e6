"""`position`: within it, draws depend on where a sample stands in its data, not on what was drawn before."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from keraslite import check, ops
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError

__all__ = ["Position", "current", "in_worker", "mixed", "position", "worker_number"]


class Position:
    """Where a sample stands in its data. It counts what each generator has drawn for it.

    Args:
        index: the number of the sample or batch: an int, or a scalar tensor of integers.
        epoch: the number of the pass over the data.
    """

    __slots__ = ("_drawn", "epoch", "index")

    def __init__(self, index: int | Tensor, epoch: int):
        self.index, self.epoch = index, epoch
        self._drawn: dict[int, int] = {}

    def key(self, generator: object, state: Tensor) -> Tensor:
        """The key of the next draw of a generator, two integers.

        Args:
            generator: it counts for itself.
            state: its seed, and its counter, which does not matter here.
        """
        drawn = self._drawn.get(id(generator), 0)
        self._drawn[id(generator)] = drawn + 1
        dtype = ops.dtype(state)
        index = self.index % 2**32 if isinstance(self.index, int) else self.index
        words = [mixed(self.epoch, drawn), index]
        return ops.bitwise_xor(ops.multiply(state, _SEED.astype(dtype)), ops.stack([ops.cast(x, dtype) for x in words]))


_SEED = np.array([1, 0])  # without the counter
_position: ContextVar[Position | None] = ContextVar("keraslite_position", default=None)
current = _position.get


@contextmanager
def position(index: int | Tensor, epoch: int = 0) -> Iterator[None]:
    """Draw the same numbers for a sample wherever and whenever it is made, within a `with` block.

    A `SeedGenerator`, and so a random layer, then draws by its seed, `epoch`, `index`, and how often it was asked
    within the block, and leaves its counter as it is. So a sample comes out the same with any number of worker
    threads and processes, and in any order. While `fit`, `evaluate` and `predict` read a `PyDataset`, its batches are
    made within such a block. Code of your own, such as the `__getitem__` of a data set for PyTorch's `DataLoader` or
    the function of a `tf.data.Dataset.map`, needs one of its own.

    Args:
        index: the number of the sample or batch, not negative: an int, or a scalar tensor of integers, such as
            `tf.data.Dataset.enumerate` adds.
        epoch: the number of the pass over the data, a non-negative int, so that each pass draws anew. Default: 0.

    Raises:
        ArgumentError: if `index` or `epoch` is no non-negative integer.

    Example:
        >>> from keraslite import ops, random
        >>> generator = random.SeedGenerator(1)
        >>> def sample(index):
        ...     with random.position(index):
        ...         return float(random.uniform((), seed=generator))
        >>> sample(3) == sample(3), sample(3) == sample(4)
        (True, False)
    """
    check.non_negative_int(epoch, "epoch", "position")
    if not (hasattr(index, "dtype") and registry.engine_of(index) is not None):
        index = check.non_negative_int(index, "index", "position")
    elif tuple(index.shape):  # type: ignore[union-attr]
        raise ArgumentError(f"`position` needs `index` to be one number. Received shape {tuple(index.shape)}.")  # type: ignore[union-attr]
    token = _position.set(Position(index, epoch))
    try:
        yield
    finally:
        _position.reset(token)


def mixed(*numbers: int) -> int:
    """A number of 32 bits for several of any size."""
    text = ",".join(map(str, numbers)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little")


# ---- processes that make data -----------------------------------------------------------------------------------

_home = os.getpid()
_numbers: dict[int, int] = {}


def in_worker() -> bool:
    """Whether this process makes data for another: a daemon, as loaders start them, or one that was forked."""
    return os.getpid() != _home or multiprocessing.current_process().daemon


def worker_number() -> int:
    """A number of 32 bits for this process, by which its draws differ from those of other workers.

    It comes from the name of the process and from the state of Python's generator, which loaders such as PyTorch's
    seed in each worker and epoch. So it is the same in a second run of a program that seeds the loader.
    """
    pid = os.getpid()
    if pid not in _numbers:
        state = hashlib.blake2b(repr(random.getstate()).encode(), digest_size=8).digest()
        name = multiprocessing.current_process().name
        _numbers[pid] = mixed(int.from_bytes(state, "little"), *name.encode())
    return _numbers[pid]
