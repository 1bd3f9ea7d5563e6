"""Intervals that random numbers are drawn from."""

from __future__ import annotations

from typing import Any

from keraslite.ranges.base import Range, Refused, listed
from keraslite.ranges.numeric import Number


class Interval(Range):
    """A number, or a pair (lower, upper), all between two bounds. A pair becomes a tuple.

    Args:
        low: the least value.
        high: the greatest value, None for none.
        above: a bound that is no value itself, in place of `low`.
    """

    def __init__(self, low: float | None = None, high: float | None = None, *, above: float | None = None):
        self.number = Number(low, high, above=above)
        self.words = f"{self.number.words}, or a pair of them (lower, upper)"

    def accept(self, value):
        try:
            pair: tuple[Any, ...] = tuple([self.number.accept(each) for each in listed(value, self.words)])
        except Refused:
            return self._number(value)
        if len(pair) != 2 or pair[0] > pair[1]:
            raise Refused(self.words)
        return pair

    def _number(self, value):
        try:
            return self.number.accept(value)
        except Refused:
            raise Refused(self.words) from None

    def good(self):
        low, high = sorted(self.number.good()[:2])
        return [*self.number.good(), (low, high), [low, high], (high, high)]

    def bad(self):
        low, high = sorted(self.number.good()[:2])
        return [*self.number.bad(), (high, low), (low,), (low, high, high), *((low, each) for each in ["a", None])]
