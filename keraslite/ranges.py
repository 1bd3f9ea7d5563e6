"""Ranges: what an argument may be, in words, as a check, and as sample values for tests.

They are data. A class of ours declares them in `argument_checks`, and `keraslite/declared.py` checks them:

    argument_checks = {"units": positive_int, "rate": fraction, "padding": one_of("valid", "same"), "seed": axis | None}
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from keraslite import check

__all__ = [
    "Range", "Refused", "axes", "axis", "flag", "fraction", "function", "instance", "integer", "items", "number",
    "one_of", "positive", "positive_int", "sizes", "text", "unsigned", "unsigned_int",
]  # fmt: skip

_UNREADABLE = (TypeError, ValueError, RuntimeError, NotImplementedError)
"""What tensors raise that have no value yet, or none that is a number."""


class Refused(Exception):
    """A value is outside a range; its argument says what was expected."""


class Range:
    """The values that an argument may have."""

    words: str

    def accept(self, value: Any) -> Any:
        """`value` in canonical form; `Refused` if it is outside."""
        raise NotImplementedError

    def good(self) -> list[Any]:
        """Sample values that are accepted."""
        raise NotImplementedError

    def bad(self) -> list[Any]:
        """Sample values that are refused."""
        raise NotImplementedError

    def hint(self, value: Any) -> str:
        """What may have been meant, as a sentence, or ""."""
        return ""

    def __or__(self, other: Range | None) -> Range:
        return Either((self, Nothing() if other is None else other))

    def __repr__(self) -> str:
        return f"<{self.words}>"


class Either(Range):
    """What one of several ranges takes; the first that does gives the canonical value."""

    def __init__(self, members: Iterable[Range]):
        flat = [each for member in members for each in (member.members if isinstance(member, Either) else (member,))]
        self.members = tuple(flat)
        *most, last = [member.words for member in flat]
        self.words = f"{', '.join(most)} or {last}"

    def accept(self, value):
        for member in self.members:
            try:
                return member.accept(value)
            except Refused:
                pass
        raise Refused(self.words)

    def good(self):
        return [value for member in self.members for value in member.good()]

    def bad(self):
        return [value for member in self.members for value in member.bad() if not _takes(self, value)]

    def hint(self, value):
        return next(filter(None, (member.hint(value) for member in self.members)), "")


class Number(Range):
    """A real number: Python's, NumPy's, or a tensor of rank 0 whose value is known. Becomes a Python number.

    With `tensors`, a tensor of rank 0 stays as it is, and its value may be unknown.
    """

    def __init__(self, low: float | None = None, high: float | None = None, *, above: float | None = None,
                 below: float | None = None, infinite: bool = False, tensors: bool = False):  # fmt: skip
        self.low, self.high, self.above, self.below = low, high, above, below
        self.infinite, self.tensors = infinite, tensors
        self.words = f"a number{_interval(low, high, above, below)}"

    def accept(self, value):
        if type(value) is not float and type(value) is not int:
            if self.tensors and _is_scalar(value) and not isinstance(value, (np.ndarray, np.generic)):
                return value
            value = _plain_number(value, self.words)
        if type(value) is not int and not self.infinite and not math.isfinite(value):
            raise Refused(self.words.replace("a number", "a finite number", 1))
        if (
            value != value
            or (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
            or (self.above is not None and value <= self.above)
            or (self.below is not None and value >= self.below)
        ):
            raise Refused(self.words)
        return value

    def _ends(self) -> tuple[float, float]:
        start = self.low if self.low is not None else self.above
        end = self.high if self.high is not None else self.below
        start = (end - 2.0 if end is not None else -1.0) if start is None else start
        return start, start + 2.0 if end is None else end

    def good(self):
        start, end = self._ends()
        inside = [start + (end - start) * part for part in (0.25, 0.5)]
        ends = [value for value in (self.low, self.high, *([math.inf] if self.infinite else [])) if value is not None]
        return [*inside, np.float32(inside[0]), np.asarray(inside[1]), *ends]

    def bad(self):
        start, end = self._ends()
        beyond = []
        if self.low is not None or self.above is not None:
            beyond += [start - 0.5, -math.inf, *([start] if self.above is not None else [])]
        if self.high is not None or self.below is not None:
            beyond += [end + 0.5, math.inf, *([end] if self.below is not None else [])]
        infinite = [] if self.infinite else [math.inf, -math.inf]
        return [*beyond, *infinite, math.nan, "0.1", True, None, [0.5], 1j, object()]


class Integer(Range):
    """An integer: Python's, NumPy's, or whatever has `__index__`. Becomes an int."""

    def __init__(self, low: int | None = None, high: int | None = None):
        self.low, self.high = low, high
        plain = {(None, None): "an integer", (0, None): "a non-negative integer", (1, None): "a positive integer"}
        self.words = plain.get((low, high)) or f"an integer{_interval(low, high, None, None)}"

    def accept(self, value):
        if type(value) is not int:
            value = _plain_int(value, self.words)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise Refused(self.words)
        return value

    def good(self):
        first = self.low if self.low is not None else -1
        values = range(first, first + 3 if self.high is None else self.high + 1)
        return [*values[:3], np.int64(values[-1]), np.asarray(values[0])]

    def bad(self):
        beyond = [] if self.low is None else [self.low - 1]
        beyond += [] if self.high is None else [self.high + 1]
        return [*beyond, 1.5, 2.0, math.nan, math.inf, "2", True, None, [2], object()]


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

    def __init__(self, *options: Any, fold: bool = False):
        self.options, self.fold = options, fold
        listed = ", ".join(map(repr, self.options))
        self.words = f"one of {listed}" if len(self.options) > 1 else listed

    def accept(self, value):
        folded = value.lower() if self.fold and isinstance(value, str) else value
        for option in self.options:
            if folded is option or (type(folded) is type(option) and folded == option):
                return option
        if isinstance(value, str) and type(value) is not str:  # a subclass, such as NumPy's
            return self.accept(str(value))
        raise Refused(self.words)

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
        if isinstance(value, (str, bytes, Mapping)):
            raise Refused(self.words)
        try:
            given = list(value)
        except _UNREADABLE as error:
            raise Refused(self.words) from error
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


class Sizes(Range):
    """An integer for all of `n` axes or one each. Becomes a tuple."""

    def __init__(self, n: int, low: int = 1):
        self.n, self.low = n, low
        kind = {1: "positive ", 0: "non-negative "}.get(low, "")
        self.words = f"a {kind}integer or a tuple of {n} of them"

    def accept(self, value):
        try:
            one = _plain_int(value, self.words)
            result = (one,) * self.n
        except Refused:
            if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
                raise
            result = tuple(_plain_int(each, self.words) for each in value)
        if len(result) != self.n or min(result) < self.low:
            raise Refused(self.words)
        return result

    def good(self):
        size = self.low + 1
        return [size, (size,) * self.n, [size] * self.n, np.int64(size), np.full(self.n, size)]

    def bad(self):
        size = self.low + 1
        return [self.low - 1, (size,) * (self.n + 1), (self.low - 1,) * self.n, 1.5, "2", True, None, (), object()]


class Instance(Range):
    """An object of some classes."""

    def __init__(self, kinds: Any, words: str, sample: Callable[[], Any]):
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


class Nothing(Range):
    """None."""

    words = "None"

    def accept(self, value):
        if value is not None:
            raise Refused(self.words)

    def good(self):
        return [None]

    def bad(self):
        return []


def _plain_number(value: Any, words: str) -> float:
    """A number of any library as Python's."""
    if isinstance(value, bool):
        raise Refused(words)
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):
        return value
    if not isinstance(value, numbers.Real) and not _is_scalar(value):
        raise Refused(words)
    try:
        plain = value.item() if isinstance(value, (np.ndarray, np.generic)) else float(value)
    except _UNREADABLE as error:
        raise Refused(words) from error
    if type(plain) is not float and type(plain) is not int:
        raise Refused(words)
    return plain


def _plain_int(value: Any, words: str) -> int:
    """An integer of any library as Python's."""
    if isinstance(value, bool):
        raise Refused(words)
    try:
        return operator.index(value)
    except _UNREADABLE as error:
        raise Refused(words) from error


def _is_scalar(value: Any) -> bool:
    """Whether `value` is an array or tensor without axes."""
    try:
        return hasattr(value, "dtype") and len(value.shape) == 0
    except (*_UNREADABLE, AttributeError):
        return False


def _takes(one: Range, value: Any) -> bool:
    try:
        one.accept(value)
    except Refused:
        return False
    return True


def _interval(low: Any, high: Any, above: Any, below: Any) -> str:
    """ " in [0, 1)", " of at least 0" and the like."""
    start, end = low if above is None else above, high if below is None else below
    if start is not None and end is not None:
        return f" in {'[' if above is None else '('}{start}, {end}{']' if below is None else ')'}"
    if start is not None:
        return f" of at least {start}" if above is None else f" above {start}"
    if end is not None:
        return f" of at most {end}" if below is None else f" below {end}"
    return ""


def _plural(words: str) -> str:
    """ "positive integers" from "a positive integer"."""
    words = words.removeprefix("an ").removeprefix("a ")
    for noun in ("number", "integer", "string", "function"):
        words = words.replace(noun, f"{noun}s", 1)
    return words


number, integer, one_of, items, sizes, instance = Number, Integer, OneOf, Items, Sizes, Instance
flag, function = Flag(), Function()
text = Instance(str, "a string", lambda: "text")
positive_int, unsigned_int, axis = Integer(1), Integer(0), Integer()
unsigned, positive, fraction = Number(0), Number(above=0), Number(0, 1)
axes = axis | Items(axis, low=1)
