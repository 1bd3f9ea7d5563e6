"""Hashes of downloaded files."""

from __future__ import annotations

import hashlib
import string
from pathlib import Path

from keraslite.check import one_of
from keraslite.errors import ArgumentError

__all__ = ["Expected", "expected_hash"]

_LENGTHS = {"md5": 32, "sha256": 64}


class Expected:
    """The hash that a file has to have.

    Attributes:
        algorithm: "md5" or "sha256".
        value: the hash in lower-case hexadecimal digits.
    """

    def __init__(self, algorithm: str, value: str):
        self.algorithm, self.value = algorithm, value

    def fits(self, path: Path) -> bool:
        """Whether a file has this hash."""
        return self.of(path) == self.value

    def of(self, path: Path) -> str:
        """The hash of a file by the same algorithm."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.new(self.algorithm, usedforsecurity=False)).hexdigest()


def expected_hash(file_hash: object, algorithm: object) -> Expected | None:
    """The hash that `get_file` was given, with its algorithm; None if it was given none."""
    one_of(algorithm, ("auto", *_LENGTHS), "hash_algorithm", "get_file")
    if file_hash is None:
        return None
    digits = file_hash.lower() if isinstance(file_hash, str) else ""
    for name, length in _LENGTHS.items():
        if algorithm in ("auto", name) and len(digits) == length and set(digits) <= set(string.hexdigits):
            return Expected(name, digits)
    wanted = " or ".join(f"{length} ({name})" for name, length in _LENGTHS.items() if algorithm in ("auto", name))
    raise ArgumentError(f"`get_file` needs `file_hash` to be {wanted} hexadecimal digits. Received {file_hash!r}.")
