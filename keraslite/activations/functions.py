"""The activation functions that are no ops, or have other arguments than the op of their name.

Each takes a tensor of any shape and returns one of the same shape and dtype.
"""

from __future__ import annotations

from typing import Any

from keraslite import ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.ops.core import as_tensor


def linear(x: object) -> Any:
    """Return `x` itself, the activation that changes nothing.

    Args:
        x: anything.

    Example:
        >>> from keraslite import activations
        >>> activations.linear(3.0)
        3.0
    """
    return x


def exponential(x: TensorLike) -> Tensor:
    """Return `exp(x)`, element by element.

    Args:
        x: a float tensor of any shape.

    Example:
        >>> import numpy as np
        >>> from keraslite import activations, ops
        >>> print(ops.convert_to_numpy(activations.exponential(np.array([0.0, 1.0]))).round(3))
        [1.    2.718]
    """
    return ops.exp(x)


def relu(
    x: TensorLike,
    negative_slope: float | Tensor = 0.0,
    max_value: float | Tensor | None = None,
    threshold: float | Tensor = 0.0,
) -> Tensor:
    """Return the rectified linear unit, `max(x, 0)` by default.

    In general the result is `x` (at most `max_value`) where `x > threshold`, and `negative_slope * (x - threshold)`
    elsewhere. NaN stays NaN.

    Args:
        x: a float tensor of any shape.
        negative_slope: the slope up to the threshold; 0 by default.
        max_value: the upper bound of the result; None (default) for none.
        threshold: the value above which `x` is returned; 0 by default.

    Example:
        >>> import numpy as np
        >>> from keraslite import activations, ops
        >>> x = np.array([-2.0, 0.5, 8.0])
        >>> ops.convert_to_numpy(activations.relu(x)).tolist()
        [0.0, 0.5, 8.0]
        >>> ops.convert_to_numpy(activations.relu(x, negative_slope=0.5, max_value=6.0)).tolist()
        [-1.0, 0.5, 6.0]
    """
    if not negative_slope and max_value is None and not threshold:
        return ops.relu(x)
    x = as_tensor(x)
    high = x if max_value is None else ops.minimum(x, max_value)
    low = ops.multiply(negative_slope, ops.subtract(x, threshold)) if negative_slope else ops.zeros_like(x)
    return ops.where(ops.less_equal(x, threshold), low, high)


def mish(x: TensorLike) -> Tensor:
    """Return `x * tanh(softplus(x))`, element by element.

    Source: Misra, 2019, "Mish: A self regularized non-monotonic activation function".

    Args:
        x: a float tensor of any shape.

    Example:
        >>> import numpy as np
        >>> from keraslite import activations, ops
        >>> print(ops.convert_to_numpy(activations.mish(np.array([-1.0, 0.0, 1.0]))).round(3))
        [-0.303  0.     0.865]
    """
    x = as_tensor(x)
    return x * ops.tanh(ops.softplus(x))


def gelu(x: TensorLike, approximate: bool = False) -> Tensor:
    """Return the Gaussian error linear unit, `x * P(z <= x)` for a standard normal `z`.

    Source: Hendrycks & Gimpel, 2016, "Gaussian error linear units".

    Args:
        x: a float tensor of any shape.
        approximate: whether to use the approximation by `tanh`; False by default. (That of `ops.gelu` is True.)

    Example:
        >>> import numpy as np
        >>> from keraslite import activations, ops
        >>> print(ops.convert_to_numpy(activations.gelu(np.array([-1.0, 0.0, 1.0]))).round(3))
        [-0.159  0.     0.841]
    """
    return ops.gelu(x, approximate=approximate)
