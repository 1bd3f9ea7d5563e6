"""Salts: the keys of hashes, as layers take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from keraslite.errors import ArgumentError

__all__ = ["SaltLike", "siphash_key"]

#: The key of a hash: one int for both halves, or two ints. None: a hash without a key.
SaltLike: TypeAlias = int | Sequence[int] | None


def siphash_key(salt: SaltLike, where: str) -> tuple[int, int] | None:
    """The two numbers of a key; None for none.

    Raises:
        ArgumentError: if it is neither an int nor two ints.
    """
    if salt is None:
        return None
    key = (salt, salt) if isinstance(salt, int) else tuple(salt)
    if len(key) != 2 or not all(isinstance(part, int) for part in key):
        raise ArgumentError(f"`{where}` needs `salt` to be an int or a pair of ints. Received {salt!r}.")
    return key[0], key[1]
