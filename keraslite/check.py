"""Argument checks, all in one grammar: "`where` needs X. Received Y."

Each returns the value in canonical form or raises `ArgumentError`. `where` is the public
name of the callable whose argument `name` is.
"""

from __future__ import annotations

import difflib
import numbers
import operator
from collections.abc import Iterable
from typing import Any, TypeVar

from keraslite.errors import ArgumentError

_T = TypeVar("_T")
_LONGEST_NAME = 200  # characters, beyond which a name is no misspelling

__all__ = ["int_tuple", "nearest", "non_negative_int", "number", "one_of", "positive_int"]


def positive_int(value: object, name: str, where: str) -> int:
    """`value` as an int of at least 1."""
    return _int_from(value, 1, "a positive integer", name, where)


def non_negative_int(value: object, name: str, where: str) -> int:
    """`value` as an int of at least 0."""
    return _int_from(value, 0, "a non-negative integer", name, where)


def number(value: object, name: str, where: str, low: float | None = None, high: float | None = None) -> float:
    """`value`, a real number in [`low`, `high`]. Ints stay ints."""
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        plain: Any = value.item() if hasattr(value, "item") else value  # type: ignore[attr-defined]
        if plain == plain and (low is None or plain >= low) and (high is None or plain <= high):
            return plain
    raise ArgumentError(f"`{where}` needs `{name}` to be {_interval(low, high)}. Received {name}={value!r}.")


def one_of(value: _T, options: Iterable[object], name: str, where: str) -> _T:
    """`value`, which must be among `options`."""
    options = tuple(options)
    try:
        if value in options:
            return value
    except (TypeError, ValueError):  # an array compares element by element
        pass
    listed = ", ".join(map(repr, options))
    raise ArgumentError(
        f"`{where}` needs `{name}` to be one of {listed}. Received {name}={value!r}.{nearest(value, options)}"
    )


def int_tuple(value: object, n: int, name: str, where: str, low: int = 1) -> tuple[int, ...]:
    """`value`, an int or `n` of them, as a tuple of `n` ints of at least `low`."""
    items: Any = [value] * n if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        result = tuple(_index(item) for item in items)
    except TypeError:
        result = ()
    if len(result) == n and (n == 0 or min(result) >= low):
        return result
    kind = {1: "positive ", 0: "non-negative "}.get(low, "")
    several = f"a {kind}integer or a tuple of {n} of them"
    raise ArgumentError(f"`{where}` needs `{name}` to be {several}. Received {name}={value!r}.")


def nearest(name: object, options: Iterable[object], cutoff: float = 0.6) -> str:
    """ " Did you mean 'x'?", or "" where nothing is near."""
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        return ""
    by_lower = {option.lower(): option for option in options if isinstance(option, str)}
    matches = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return f" Did you mean {by_lower[matches[0]]!r}?" if matches else ""


def _index(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("a bool is not a size")
    return operator.index(value)


def _int_from(value: object, low: int, kind: str, name: str, where: str) -> int:
    try:
        result = _index(value)
        if result >= low:
            return result
    except TypeError:
        pass
    raise ArgumentError(f"`{where}` needs `{name}` to be {kind}. Received {name}={value!r}.")


def _interval(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"a number in [{low}, {high}]"
    if low is not None:
        return f"a number of at least {low}"
    if high is not None:
        return f"a number of at most {high}"
    return "a number"
