"""Ranges: what an argument may be, in words, as a check, and as sample values for tests.

They are data. A class of ours declares them in `argument_checks`, and `keraslite/declared.py` checks them:

    argument_checks = checks(units=positive_int, rate=fraction, padding=one_of("valid", "same"), width=number() | None)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from keraslite.ranges.base import Nothing, Range, Refused, listed
from keraslite.ranges.interval import Interval
from keraslite.ranges.numeric import Array, Integer, Number, Sizes
from keraslite.ranges.plain import Flag, Function, Instance, Items, Named, OneOf

__all__ = [
    "Range",
    "Refused",
    "array",
    "axes",
    "axis",
    "checks",
    "flag",
    "fraction",
    "function",
    "instance",
    "integer",
    "interval",
    "items",
    "listed",
    "named",
    "nothing",
    "number",
    "off",
    "one_of",
    "positive",
    "positive_int",
    "sizes",
    "text",
    "unsigned",
    "unsigned_int",
    "verbosity",
]

number, integer, interval, sizes, array = Number, Integer, Interval, Sizes, Array
one_of, items, named, instance = OneOf, Items, Named, Instance
flag, function, nothing, off = Flag(), Function(), Nothing(), Nothing(false=True)
text = Instance(str, "a string", lambda: "text")
positive_int, unsigned_int, axis = Integer(1), Integer(0), Integer()
unsigned, positive, fraction = Number(0), Number(above=0), Number(0, 1)
axes = axis | Items(axis, low=1)
verbosity = unsigned_int | flag


def checks(**named: Range | Callable[[Any], Range]) -> Mapping[str, Range | Callable[[Any], Range]]:
    """What a class's constructor takes, for its `argument_checks`: ranges, or functions of the class that give them."""
    return MappingProxyType(named)
