from __future__ import annotations

import re

import numpy as np
import pytest

from keraslite import check
from keraslite.errors import ArgumentError, KerasliteError


def test_positive_int():
    assert check.positive_int(3, "units", "Dense") == 3
    assert type(check.positive_int(np.int64(3), "units", "Dense")) is int
    for bad in (0, -3, 2.0, "3", None, True):
        text = f"`Dense` needs `units` to be a positive integer. Received units={bad!r}."
        with pytest.raises(ArgumentError, match=re.escape(text)):
            check.positive_int(bad, "units", "Dense")


def test_non_negative_int():
    assert check.non_negative_int(0, "axis", "f") == 0
    with pytest.raises(ArgumentError, match="non-negative integer. Received axis=-1"):
        check.non_negative_int(-1, "axis", "f")


def test_number():
    assert check.number(0.5, "rate", "Dropout", 0, 1) == 0.5
    assert type(check.number(np.float32(0.5), "rate", "Dropout")) is float
    for bad in (-0.1, 1.5, float("nan"), "x", None, True):
        with pytest.raises(ArgumentError, match=r"`Dropout` needs `rate` to be a number in \[0, 1\]. Received rate="):
            check.number(bad, "rate", "Dropout", 0, 1)
    with pytest.raises(ArgumentError, match="a number of at least 0"):
        check.number(-1, "x", "f", low=0)
    with pytest.raises(ArgumentError, match="a number of at most 0"):
        check.number(1, "x", "f", high=0)


def test_one_of():
    assert check.one_of("same", ("same", "valid"), "padding", "Conv2D") == "same"
    text = "`Conv2D` needs `padding` to be one of 'same', 'valid'. Received padding='vaild'. Did you mean 'valid'?"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        check.one_of("vaild", ("same", "valid"), "padding", "Conv2D")
    with pytest.raises(ArgumentError):
        check.one_of(np.ones(3), ("same", "valid"), "padding", "Conv2D")


def test_int_tuple():
    assert check.int_tuple(3, 2, "kernel_size", "Conv2D") == (3, 3)
    assert check.int_tuple([3, np.int32(5)], 2, "kernel_size", "Conv2D") == (3, 5)
    assert check.int_tuple(0, 2, "padding", "f", low=0) == (0, 0)
    for bad in (0, (1, 2, 3), (1, -1), "ab", None, (1.5, 2), True):
        with pytest.raises(ArgumentError, match="a positive integer or a tuple of 2 of them. Received kernel_size="):
            check.int_tuple(bad, 2, "kernel_size", "Conv2D")


def test_nearest():
    assert check.nearest("Addam", ["Adam", "SGD"]) == " Did you mean 'Adam'?"
    assert check.nearest("zzz", ["Adam", "SGD"]) == ""
    assert check.nearest(3, ["Adam"]) == ""


def test_errors_are_also_the_builtin_kind():
    with pytest.raises(ValueError, match="units") as caught:
        check.positive_int(-1, "units", "Dense")
    assert isinstance(caught.value, KerasliteError)
