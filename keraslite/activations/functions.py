"""The activation functions that are no ops, or have other arguments than the op of their name.

Each takes a tensor of any shape and returns one of the same shape and dtype.
"""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.ops.core import as_tensor


def linear(x: Any) -> Any:
    """`x` itself."""
    return x


def exponential(x: Any) -> Any:
    """`exp(x)`."""
    return ops.exp(x)


def relu(x: Any, negative_slope: Any = 0.0, max_value: Any = None, threshold: Any = 0.0) -> Any:
    """`max(x, 0)`; in general `x` above `threshold`, at most `max_value`, and `negative_slope * (x - threshold)` up to
    `threshold`. NaN stays NaN."""
    if not negative_slope and max_value is None and not threshold:
        return ops.relu(x)
    x = as_tensor(x)
    high = x if max_value is None else ops.minimum(x, max_value)
    low = ops.multiply(negative_slope, ops.subtract(x, threshold)) if negative_slope else ops.zeros_like(x)
    return ops.where(ops.less_equal(x, threshold), low, high)


def mish(x: Any) -> Any:
    """`x * tanh(softplus(x))` (Misra, 2019)."""
    x = as_tensor(x)
    return x * ops.tanh(ops.softplus(x))


def gelu(x: Any, approximate: bool = False) -> Any:
    """`x` times the normal distribution function of `x` (Hendrycks & Gimpel, 2016); `approximate`: by tanh."""
    return ops.gelu(x, approximate=approximate)
