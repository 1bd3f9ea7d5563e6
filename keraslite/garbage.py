"""Importing without looking for garbage, and what is remembered of classes and functions for as long as they live."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_More = ParamSpec("_More")


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cyclic garbage within.

    Imports make objects by the hundred thousand, and none of them is garbage: searching all of them again and again
    takes a quarter of the time of an import.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def remembered(function: Callable[Concatenate[_Key, _More], _Value]) -> Callable[Concatenate[_Key, _More], _Value]:
    """What `function` gave for a class or function is kept as long as that lives, and does not keep it.

    Arguments after the first are the same each time. People define classes within functions, and again and again in
    notebooks.
    """
    known: weakref.WeakKeyDictionary[_Key, _Value] = weakref.WeakKeyDictionary()

    @functools.wraps(function)
    def look_up(key: _Key, *args: _More.args, **kwargs: _More.kwargs) -> _Value:
        try:
            return known[key]
        except KeyError:
            value = known[key] = function(key, *args, **kwargs)
            return value

    return look_up
