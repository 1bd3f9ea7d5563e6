"""What every range is, and ranges joined by `|`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Self

#: What tensors raise that have no value yet, or none that is a number.
UNREADABLE = (TypeError, ValueError, RuntimeError, NotImplementedError)


class Refused(Exception):
    """A value is outside a range; its argument says what was expected."""


def listed(value: object, words: str) -> list[object]:
    """The elements of a list, tuple, array or whatever else can be gone through, but a text's or a dict's."""
    if isinstance(value, (str, bytes, Mapping)):
        raise Refused(words)
    try:
        return list(value)  # type: ignore[call-overload]  # what cannot be gone through says so
    except UNREADABLE as error:
        raise Refused(words) from error


class Range:
    """The values that an argument may have."""

    words: str
    advice = ""  # a sentence for whoever gave something else
    renamed = False  # whether `saying` gave it other words

    def accept(self, value: object) -> Any:
        """`value` in canonical form; `Refused` if it is outside."""
        raise NotImplementedError

    def takes(self, value: object) -> bool:
        """Whether `value` is in the range."""
        try:
            self.accept(value)
        except Refused:
            return False
        return True

    def good(self) -> list[object]:
        """Sample values that are accepted."""
        raise NotImplementedError

    def bad(self) -> list[object]:
        """Sample values that are refused."""
        raise NotImplementedError

    def hint(self, value: object) -> str:
        """What may have been meant, or the advice, as a sentence behind a space; or ""."""
        return f" {self.advice}" if self.advice else ""

    def saying(self, words: str | None = None, advice: str = "") -> Self:
        """The same range with other words, or with advice."""
        other = copy.copy(self)
        other.words, other.advice, other.renamed = words or self.words, advice, words is not None
        return other

    def __or__(self, other: Range | None) -> Range:
        return Either((self, Nothing() if other is None else other))

    def __repr__(self) -> str:
        return f"<{self.words}>"


class Either(Range):
    """What at least one of several ranges accepts. The first that accepts it makes the canonical value."""

    def __init__(self, members: Iterable[Range]):
        flat: list[Range] = []
        for member in members:
            flat += member.members if isinstance(member, Either) and not member.renamed else (member,)
        self.members = tuple(flat)
        self._or_none = any(member.takes(None) for member in flat)
        *most, last = [member.words for member in flat]
        self.words = f"{', '.join(most)} or {last}"

    def accept(self, value):
        if value is None and self._or_none:
            return None
        for member in self.members:
            try:
                return member.accept(value)
            except Refused:
                pass
        raise Refused(self.words)

    def good(self):
        return [value for member in self.members for value in member.good()]

    def bad(self):
        return [value for member in self.members for value in member.bad() if not self.takes(value)]

    def hint(self, value):
        return next(filter(None, (member.hint(value) for member in self.members)), "")


class Nothing(Range):
    """None, or also False, which becomes None."""

    words = "None"

    def __init__(self, false: bool = False):
        self.false = false

    def accept(self, value):
        if value is not None and not (self.false and value is False):
            raise Refused(self.words)

    def good(self):
        return [None, *([False] if self.false else [])]

    def bad(self):
        return [3, "none of these", [], object()]
