"""Silence about inf and NaN, which other engines return without a word."""

from __future__ import annotations

import functools

import numpy as np


def quiet(function):
    """The function without warnings.

    The standard says what a division by zero gives and nothing about warnings. array-api-strict computes with NumPy, so
    NumPy's switch is the one there is.
    """

    @functools.wraps(function)
    def run(*args, **kwargs):
        with np.errstate(all="ignore"):
            return function(*args, **kwargs)

    return run
