"""Ranges of what is no number, and lists."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping

import numpy as np

from keraslite import check
from keraslite.ranges.base import Range, Refused, listed


class Flag(Range):
    """True or False, NumPy's too; 1 and 0 are taken for them."""

    words = "True or False"

    def accept(self, value):
        if value is True or value is False:
            return value
        if isinstance(value, np.ndarray) and value.shape == ():
            value = value.item()
        if isinstance(value, (bool, np.bool_, numbers.Integral)) and value in (0, 1):
            return bool(value)
        raise Refused(self.words)

    def good(self):
        return [True, False, np.bool_(True), 0]

    def bad(self):
        return ["yes", "True", 2, 0.5, None, [], object()]


class OneOf(Range):
    """One of some values, texts in any case if `fold`."""

    def __init__(self, *options: object, fold: bool = False):
        self.options, self.fold = options, fold
        self._texts = frozenset(option for option in options if isinstance(option, str))
        listed = ", ".join(map(repr, self.options))
        self.words = f"one of {listed}" if len(self.options) > 1 else listed

    def accept(self, value):
        if type(value) is str and value in self._texts:
            return value
        for option in self.options:
            if value is option or (type(value) is type(option) and self._folded(value) == self._folded(option)):
                return option
        if isinstance(value, str) and type(value) is not str:  # a subclass, such as NumPy's
            return self.accept(str(value))
        raise Refused(self.words)

    def _folded(self, value: object) -> object:
        return value.lower() if self.fold and isinstance(value, str) else value

    def good(self):
        return [*self.options, *([o.upper() for o in self.options if isinstance(o, str)] if self.fold else [])]

    def bad(self):
        return ["none of these", b"", -7, 0.5, [], np.ones(3), object()]

    def hint(self, value):
        return check.nearest(value, self.options)


class Items(Range):
    """Several values of one range, as a list."""

    def __init__(self, item: Range, count: int | None = None, low: int = 0):
        self.item, self.count, self.low = item, count, low
        many = {None: "a list of", 2: "a pair of"}.get(count, f"{count} of")
        self.words = f"{many} {_plural(item.words)}"

    def accept(self, value):
        given = listed(value, self.words)
        if len(given) < self.low or (self.count is not None and len(given) != self.count):
            raise Refused(self.words)
        try:
            return [self.item.accept(each) for each in given]
        except Refused:
            raise Refused(self.words) from None

    def good(self):
        values = (self.item.good() * 3)[: 2 if self.count is None else self.count]
        return [values, tuple(values), np.asarray(values)]

    def bad(self):
        good = self.item.good()
        wrong = [[*good[:1], each] for each in self.item.bad()] if self.count in (None, 2) else []
        short = [[]] if self.low or self.count else []
        return [*wrong, *short, 3, "ab", {}, object()]


class Named(Range):
    """A dict of values of one range under some names, of which any may be missing."""

    def __init__(self, item: Range, *names: str):
        self.item, self.names = item, names
        self.words = f"a dict of {_plural(item.words)} under {', '.join(map(repr, names))}"

    def accept(self, value):
        if not isinstance(value, Mapping) or not set(value) <= set(self.names):
            raise Refused(self.words)
        try:
            return {name: self.item.accept(each) for name, each in value.items()}
        except Refused:
            raise Refused(self.words) from None

    def good(self):
        return [
            {},
            *({self.names[0]: each} for each in self.item.good()),
            dict.fromkeys(self.names, self.item.good()[0]),
        ]

    def bad(self):
        wrong = [{self.names[0]: each} for each in self.item.bad()]
        return [*wrong, {"none of these": self.item.good()[0]}, 3, "text", [], object()]


class Instance(Range):
    """An object of some classes."""

    def __init__(self, kinds: type | tuple[type, ...], words: str, sample: Callable[[], object]):
        self.kinds, self.words, self._sample = kinds, words, sample

    def accept(self, value):
        if isinstance(value, self.kinds):
            return value
        raise Refused(self.words)

    def good(self):
        return [self._sample()]

    def bad(self):
        return [each for each in (3, 0.5, "none of these", [], object()) if not isinstance(each, self.kinds)]


class Function(Range):
    """Anything that can be called."""

    words = "a function"

    def accept(self, value):
        if callable(value):
            return value
        raise Refused(self.words)

    def good(self):
        return [lambda *arguments: None]

    def bad(self):
        return [3, 0.5, "none of these", [], object()]


def _plural(words: str) -> str:
    """ "positive integers" from "a positive integer"."""
    words = words.removeprefix("an ").removeprefix("a ")
    for noun in ("number", "integer", "string", "function"):
        words = words.replace(noun, f"{noun}s", 1)
    return words
