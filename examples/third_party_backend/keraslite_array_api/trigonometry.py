"""Angles and hyperbolas: the standard's own functions."""

from __future__ import annotations

from array_api_strict import acos as arccos
from array_api_strict import acosh as arccosh
from array_api_strict import asin as arcsin
from array_api_strict import asinh as arcsinh
from array_api_strict import atan as arctan
from array_api_strict import atan2 as arctan2
from array_api_strict import atanh as arctanh
from array_api_strict import cos, cosh, sin, sinh, tan, tanh

__all__ = [
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "cos",
    "cosh",
    "sin",
    "sinh",
    "tan",
    "tanh",
]
