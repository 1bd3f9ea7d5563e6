"""Ranges of numbers: one, several, arrays of them."""

from __future__ import annotations

import math
import numbers
import operator
from typing import Any

import numpy as np

from keraslite.ranges.base import UNREADABLE, Range, Refused, listed


class Number(Range):
    """A real number: Python's, NumPy's, or a tensor of rank 0 whose value is known. Becomes a Python number.

    With `tensors`, a tensor of rank 0 stays as it is, and its value may be unknown.
    """

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        above: float | None = None,
        below: float | None = None,
        infinite: bool = False,
        tensors: bool = False,
    ):
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


class Sizes(Range):
    """An integer for all of `n` axes or one each, odd ones if `odd`. Becomes a tuple."""

    def __init__(self, n: int, low: int = 1, *, odd: bool = False):
        self.n, self.low, self.odd = n, low, odd
        kind = {1: "positive ", 0: "non-negative "}.get(low, "")
        self.words = f"a {kind}{'odd ' if odd else ''}integer or a tuple of {n} of them"

    def accept(self, value):
        if isinstance(value, (list, tuple)):
            result = tuple([_plain_int(each, self.words) for each in value])
        else:
            try:
                result = (_plain_int(value, self.words),) * self.n
            except Refused:
                result = tuple([_plain_int(each, self.words) for each in listed(value, self.words)])
        if len(result) != self.n or min(result) < self.low or (self.odd and not all(each % 2 for each in result)):
            raise Refused(self.words)
        return result

    def good(self):
        size = self.low + 2 if self.odd else self.low + 1
        return [size, (size,) * self.n, [size] * self.n, np.int64(size), np.full(self.n, size)]

    def bad(self):
        size = self.low + 1
        wrong = [self.low - 1, (size,) * (self.n + 1), (self.low - 1,) * self.n, (), *([size] if self.odd else [])]
        return [*wrong, 1.5, np.asarray(1.5), "2", True, None, object()]


class Array(Range):
    """Numbers of at least `low`, in an array or nested lists, or a tensor, which is not looked into. Stays as it is."""

    def __init__(self, low: float | None = None):
        self.low = low
        self.words = f"a number{_interval(low, None, None, None)} or an array of such"

    def accept(self, value):
        if hasattr(value, "dtype") and not isinstance(value, (np.ndarray, np.generic)):
            return value
        try:
            array = np.asarray(value)
        except UNREADABLE as error:
            raise Refused(self.words) from error
        if array.dtype.kind not in "biufcV" or (self.low is not None and not np.all(array >= self.low)):
            raise Refused(self.words)
        return value

    def good(self):
        return [0.5, 2, [0.5, 1.0], np.ones((2, 3)), np.float32(0.5)]

    def bad(self):
        low = [] if self.low is None else [self.low - 1, [self.low, self.low - 0.5], math.nan]
        return [*low, "0.5", ["a"], [[1], [2, 3]], None, object()]


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
    except UNREADABLE as error:
        raise Refused(words) from error
    if type(plain) is not float and type(plain) is not int:
        raise Refused(words)
    return plain


def _plain_int(value: Any, words: str) -> int:
    """An integer of any library as Python's."""
    if type(value) is int:
        return value
    if isinstance(value, bool):
        raise Refused(words)
    try:
        return operator.index(value)
    except UNREADABLE as error:
        raise Refused(words) from error


def _is_scalar(value: Any) -> bool:
    """Whether `value` is an array or tensor without axes."""
    try:
        return hasattr(value, "dtype") and len(value.shape) == 0
    except (*UNREADABLE, AttributeError):
        return False


def _interval(low: float | None, high: float | None, above: float | None, below: float | None) -> str:
    """ " in [0, 1)", " of at least 0" and the like."""
    start, end = low if above is None else above, high if below is None else below
    if start is not None and end is not None:
        return f" in {'[' if above is None else '('}{start}, {end}{']' if below is None else ')'}"
    if start is not None:
        return f" of at least {start}" if above is None else f" above {start}"
    if end is not None:
        return f" of at most {end}" if below is None else f" below {end}"
    return ""
