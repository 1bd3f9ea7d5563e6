"""Activations: smooth functions of one element and rectifiers, and softmax and its relatives along axes."""

from __future__ import annotations

import math

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import greater, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.cumulative import cumsum
from keraslite.ops.declare import Axis, AxisIndex, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import absolute, numbers, square
from keraslite.ops.exponential import erf, expm1, sqrt
from keraslite.ops.order import flip, moveaxis
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims, same_as_first, shown
from keraslite.ops.sorting import sort
from keraslite.ops.spacing import arange
from keraslite.ops.splitting import split
from keraslite.ops.trigonometry import tanh

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
]

# Of Klambauer et al., 2017: the fixed point of mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


# ---- primitives ---------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=numbers)
def relu(x: TensorLike) -> Tensor:
    """Return `max(x, 0)`. Its gradient at 0 is 0.

    Args:
        x: a tensor of any shape.

    Example:
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.relu([-1.0, 0.0, 2.0])).tolist()
        [0.0, 0.0, 2.0]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def sigmoid(x: TensorLike) -> Tensor:
    """Return `1 / (1 + exp(-x))` without overflow.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sigmoid([-1.0, 0.0, 2.0])).round(3))
        [0.269 0.5   0.881]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def softplus(x: TensorLike) -> Tensor:
    """Return `log(1 + exp(x))` without overflow.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.softplus([-1.0, 0.0, 2.0])).round(3))
        [0.313 0.693 2.127]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """Return `exp(x) / sum(exp(x))`, probabilities that sum to 1.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis or axes over which they sum to 1; -1 by default, None for all.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.softmax([0.0, 1.0])).round(3))
        [0.269 0.731]
    """
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log_softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """Return `log(softmax(x))`, which is exact where `softmax` underflows.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis or axes over which probabilities sum to 1; -1 by default, None for all.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log_softmax([0.0, 1.0])).round(3))
        [-1.313 -0.313]
    """
    ...


# ---- rectifiers ---------------------------------------------------------------------------------------------


@composite(dtype=promote_float)
def elu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Return `x` above 0 and `alpha * (exp(x) - 1)` below.

    Source: Clevert et al., 2016, "Fast and accurate deep network learning by exponential linear units".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        alpha: the scale of the negative part; 1 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.elu([-1.0, 0.0, 2.0])).round(3))
        [-0.632  0.     2.   ]
    """
    above = greater(x, 0)
    return where(above, x, alpha * expm1(where(above, 0, x)))


@composite(dtype=promote_float)
def celu(x: TensorLike, alpha: float = 1.0) -> Tensor:
    """Return `x` above 0 and `alpha * (exp(x / alpha) - 1)` below.

    Source: Barron, 2017, "Continuously differentiable exponential linear units".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        alpha: the scale of the negative part, not 0; 1 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.celu([-1.0, 0.0, 2.0])).round(3))
        [-0.632  0.     2.   ]
    """
    above = greater(x, 0)
    return where(above, x, alpha * expm1(where(above, 0, x) / alpha))


@composite(dtype=promote_float)
def selu(x: TensorLike) -> Tensor:
    """Return `elu(x)`, scaled so that mean 0 and variance 1 are kept from layer to layer.

    Source: Klambauer et al., 2017, "Self-normalizing neural networks".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.selu([-1.0, 0.0, 2.0])).round(3))
        [-1.111  0.     2.101]
    """
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


# ---- smooth gates -------------------------------------------------------------------------------------------


@composite(dtype=promote_float)
def silu(x: TensorLike) -> Tensor:
    """Return `x * sigmoid(x)`, also called swish.

    Source: Ramachandran et al., 2017, "Searching for activation functions".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.silu([-1.0, 0.0, 2.0])).round(3))
        [-0.269  0.     1.762]
    """
    return x * sigmoid(x)


swish = silu


@composite(dtype=promote_float)
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """Return `x * P(z <= x)` for a standard normal `z` (Gaussian error linear unit).

    Source: Hendrycks & Gimpel, 2016, "Gaussian error linear units".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        approximate: whether to use the paper's formula with `tanh` instead of the error function; True by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.gelu([-1.0, 0.0, 1.0], approximate=False)).round(3))
        [-0.159  0.     0.841]
    """
    x = given(x)
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1.0 + tanh(inner))
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


def _half(x: Dims, axis: int) -> Dims:
    size = x[axis]
    if isinstance(size, int) and size % 2:
        raise ArgumentError(f"`glu` needs an even size along `axis`. Received shape {shown(x)}, axis={axis}.")
    return (*x[:axis], size // 2, *x[axis + 1 :])


@composite(dtype=promote_float, shape=_half, eager_check=True)
def glu(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """Return the first half of an axis times the sigmoid of the second half (gated linear unit).

    Source: Dauphin et al., 2017, "Language modeling with gated convolutional networks".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis that is halved, of even size; -1 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.glu([1.0, 2.0, 0.0, 0.0])).round(3))
        [0.5 1. ]
    """
    first, second = split(x, 2, axis)
    return first * sigmoid(second)


@composite(dtype=promote_float)
def softsign(x: TensorLike) -> Tensor:
    """Return `x / (1 + |x|)`, in (-1, 1).

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.softsign([-1.0, 0.0, 3.0])).round(3))
        [-0.5   0.    0.75]
    """
    return x / (1.0 + absolute(x))


@composite(dtype=promote_float)
def log_sigmoid(x: TensorLike) -> Tensor:
    """Return `log(sigmoid(x))` without overflow.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.log_sigmoid([-1.0, 0.0, 2.0])).round(3))
        [-1.313 -0.693 -0.127]
    """
    x = given(x)
    return -softplus(-x)


@composite(dtype=promote_float)
def squareplus(x: TensorLike, b: float = 4) -> Tensor:
    """Return `(x + sqrt(x ** 2 + b)) / 2`.

    Source: Barron, 2021, "Squareplus: A softplus-like algebraic rectifier".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        b: the smoothness, not negative; 4 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.squareplus([0.0])).round(3))
        [1.]
    """
    return 0.5 * (x + sqrt(square(x) + b))


@composite(dtype=promote_float)
def tanh_shrink(x: TensorLike) -> Tensor:
    """Return `x - tanh(x)`.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.tanh_shrink([-1.0, 0.0, 2.0])).round(3))
        [-0.238  0.     1.036]
    """
    return x - tanh(x)


@composite(dtype=promote_float)
def sparsemax(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """Return the probabilities that are nearest to `x`, many of which are 0.

    Source: Martins & Astudillo, 2016, "From softmax to sparsemax".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        axis: the axis over which they sum to 1; -1 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sparsemax([0.0, 0.5, 3.0])).round(3))
        [0. 0. 1.]
    """
    axis = -1 if axis is None else axis
    x = moveaxis(x, axis, -1)
    ordered = flip(sort(x, axis=-1), axis=-1)
    count = arange(1, shape_of(x)[-1] + 1, dtype=dtype_of(x))
    inside = greater(ordered * count + 1.0, cumsum(ordered, axis=-1))
    size = sum(where(inside, zeros_like(x) + 1.0, zeros_like(x)), axis=-1, keepdims=True)
    level = (sum(where(inside, ordered, zeros_like(x)), axis=-1, keepdims=True) - 1.0) / size
    return moveaxis(relu(x - level), -1, axis)
