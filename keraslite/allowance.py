"""How much memory what is read from a file may ask for.

A file can declare any size: of a layer, of an array, of a list. Within `limited(...)`, whoever is about to allocate
what a file declared calls `charge` first. The charges of a file add up to its allowance at most, whose default is a
multiple of the file's own size. Outside of `limited` nothing is counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from keraslite.errors import UnsafeModelError

__all__ = ["Allowance", "charge", "charge_array", "counts", "current", "default", "has_read", "limited"]

_FLOOR = 64 << 20
_FACTOR = 8


class Allowance:
    """The bytes that are left for what a file declares: 64 MiB and 8 times what is read of it, or a given limit.

    Args:
        where: the file, for messages.
        limit: bytes in all; None for the default.
        more: bytes besides the default.
        deferred: whether what gets its memory only when it is first read counts, such as weights.
        advice: what to do if it is not enough.
    """

    def __init__(
        self,
        where: str,
        limit: float | None = None,
        more: float = 0,
        deferred: bool = True,
        advice: str = "Pass a greater `max_bytes`",
    ):
        self.limit = self._left = _FLOOR + more if limit is None else limit
        self.deferred = deferred
        self._where, self._grows, self._advice = where, limit is None, advice

    def grow(self, size: int) -> None:
        """Note that a file of `size` bytes was read."""
        if self._grows:
            self.limit += _FACTOR * size
            self._left += _FACTOR * size

    def take_array(self, shape: Sequence[int], itemsize: int, what: str) -> None:
        """Take the bytes of an array."""
        size = itemsize
        for each in shape:
            size *= each
        self.take(size, f"{what} of shape {tuple(shape)}")

    def take(self, size: float, what: str, keeps: bool = True) -> None:
        """Take some bytes for what an error would call `what`. Give them back at once unless it `keeps` them."""
        if size > self._left:
            raise UnsafeModelError(
                f"{self._where} needs to ask for at most {_shown(self.limit)} of memory. Received {what:.150}, which "
                f"needs {_shown(size)}, where {_shown(self._left)} are left. {self._advice} if you trust the file."
            )
        self._left -= size if keeps else 0


_current: ContextVar[Allowance | None] = ContextVar("keraslite_allowance", default=None)


@contextmanager
def limited(allowance: Allowance) -> Iterator[None]:
    """Within it, what is allocated for a file counts against `allowance`."""
    token = _current.set(allowance)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def default(where: str) -> Iterator[None]:
    """Within it, what is allocated for a file counts against the allowance of the caller, or a default one."""
    with limited(_current.get() or Allowance(where)):
        yield


def has_read(size: int) -> None:
    """Note that a file of `size` bytes was read, which may ask for that much more."""
    allowance = _current.get()
    if allowance is not None:
        allowance.grow(size)


def current() -> Allowance | None:
    """Return the allowance of the file that is being read."""
    return _current.get()


def counts() -> bool:
    """Return whether what is allocated counts."""
    return _current.get() is not None


def charge(size: float, what: str, keeps: bool = True) -> None:
    """Count bytes that are about to be allocated. Raises an `UnsafeModelError` if the file may not ask for them.

    Args:
        size: bytes.
        what: what they are for, in an error.
        keeps: whether they stay allocated. If not, they only have to fit into what is left.
    """
    allowance = _current.get()
    if allowance is not None:
        allowance.take(size, what, keeps)


def charge_array(shape: Sequence[int], itemsize: int, what: str, *, deferred: bool = False) -> None:
    """Count an array of that shape. A deferred one gets its memory when it is first read."""
    allowance = _current.get()
    if allowance is not None and (allowance.deferred or not deferred):
        allowance.take_array(shape, itemsize, what)


def _shown(size: float) -> str:
    return f"{size / 2**20:,.1f} MiB" if size < 1e15 else f"{size / 2**20:.1e} MiB"
