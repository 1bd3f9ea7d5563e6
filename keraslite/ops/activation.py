"""Activations: functions of one element, and softmax and its relatives along axes."""

from __future__ import annotations

import math
from typing import Any

from keraslite.errors import ArgumentError
from keraslite.ops.comparison import greater, less_equal, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.creation import arange, zeros_like
from keraslite.ops.cumulative import cumsum
from keraslite.ops.declare import Axis, AxisIndex, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import absolute, clip, minimum, numbers, sign, square
from keraslite.ops.exponential import erf, expm1, sqrt
from keraslite.ops.manipulation import flip, moveaxis, split
from keraslite.ops.reduction import sum
from keraslite.ops.shape import same_as_first, shown
from keraslite.ops.sorting import sort
from keraslite.ops.trigonometry import tanh

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softplus",
    "softsign",
    "sparse_plus",
    "sparse_sigmoid",
    "sparsemax",
    "squareplus",
    "swish",
    "tanh_shrink",
    "threshold",
]

# Of Klambauer et al., 2017: the fixed point of mean 0 and variance 1.
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


# ---- primitives ---------------------------------------------------------------------------------------------


@primitive(shape=same_as_first, dtype=numbers)
def relu(x: TensorLike) -> Tensor:
    """`max(x, 0)`. Its gradient at 0 is 0."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def sigmoid(x: TensorLike) -> Tensor:
    """`1 / (1 + exp(-x))`, without overflow."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def softplus(x: TensorLike) -> Tensor:
    """`log(1 + exp(x))`, without overflow."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """`exp(x) / sum(exp(x))` along `axis` (an int, several, or None for all)."""
    ...


@primitive(shape=same_as_first, dtype=promote_float)
def log_softmax(x: TensorLike, axis: Axis = -1) -> Tensor:
    """`log(softmax(x))`, exact where softmax underflows."""
    ...


# ---- rectifiers ---------------------------------------------------------------------------------------------


@composite(dtype=promote_float)
def relu6(x: TensorLike) -> Tensor:
    """`min(max(x, 0), 6)` (Krizhevsky, 2010)."""
    return minimum(relu(x), 6.0)


@composite(dtype=promote_float)
def leaky_relu(x: TensorLike, negative_slope=0.2) -> Tensor:
    """`x` above 0, `negative_slope * x` below (Maas et al., 2013)."""
    x = given(x)
    return where(greater(x, 0), x, negative_slope * x)


@composite(dtype=promote_float)
def elu(x: TensorLike, alpha=1.0) -> Tensor:
    """`x` above 0, `alpha * (exp(x) - 1)` below (Clevert et al., 2016)."""
    above = greater(x, 0)
    return where(above, x, alpha * expm1(where(above, 0, x)))


@composite(dtype=promote_float)
def celu(x: TensorLike, alpha=1.0) -> Tensor:
    """`x` above 0, `alpha * (exp(x / alpha) - 1)` below (Barron, 2017)."""
    above = greater(x, 0)
    return where(above, x, alpha * expm1(where(above, 0, x) / alpha))


@composite(dtype=promote_float)
def selu(x: TensorLike) -> Tensor:
    """`elu` scaled so that mean 0 and variance 1 are kept (Klambauer et al., 2017)."""
    return _SELU_SCALE * elu(x, _SELU_ALPHA)


@composite(dtype=promote_float)
def threshold(x: TensorLike, threshold, default_value) -> Tensor:
    """`x` above `threshold`, otherwise `default_value`."""
    return where(greater(x, threshold), x, zeros_like(x) + default_value)


# ---- smooth gates -------------------------------------------------------------------------------------------


@composite(dtype=promote_float)
def silu(x: TensorLike) -> Tensor:
    """`x * sigmoid(x)`, also called swish (Ramachandran et al., 2017)."""
    return x * sigmoid(x)


swish = silu


@composite(dtype=promote_float)
def gelu(x: TensorLike, approximate: bool = True) -> Tensor:
    """`x` times the standard normal distribution function (Hendrycks & Gimpel, 2016).

    `approximate` uses the paper's tanh formula instead of the error function.
    """
    x = given(x)
    if approximate:
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
        return 0.5 * x * (1.0 + tanh(inner))
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


def _half(x: Any, axis: int) -> Any:
    size = x[axis]
    if isinstance(size, int) and size % 2:
        raise ArgumentError(f"`glu` needs an even size along `axis`. Received shape {shown(x)}, axis={axis}.")
    return (*x[:axis], size // 2, *x[axis + 1 :])


@composite(dtype=promote_float, shape=_half, eager_check=True)
def glu(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """Gated linear unit: the first half of `axis` times the sigmoid of the second (Dauphin et al., 2017)."""
    first, second = split(x, 2, axis)
    return first * sigmoid(second)


@composite(dtype=promote_float)
def softsign(x: TensorLike) -> Tensor:
    """`x / (1 + |x|)`, in (-1, 1)."""
    return x / (1.0 + absolute(x))


@composite(dtype=promote_float)
def log_sigmoid(x: TensorLike) -> Tensor:
    """`log(sigmoid(x))`, without overflow."""
    x = given(x)
    return -softplus(-x)


@composite(dtype=promote_float)
def squareplus(x: TensorLike, b: Any = 4) -> Tensor:
    """`(x + sqrt(x**2 + b)) / 2` (Barron, 2021)."""
    return 0.5 * (x + sqrt(square(x) + b))


@composite(dtype=promote_float)
def tanh_shrink(x: TensorLike) -> Tensor:
    """`x - tanh(x)`."""
    return x - tanh(x)


# ---- pieces of lines ----------------------------------------------------------------------------------------


@composite(dtype=promote_float)
def hard_sigmoid(x: TensorLike) -> Tensor:
    """`relu6(x + 3) / 6`: 0 below -3, 1 above 3, a line between."""
    x = given(x)
    return clip(x / 6.0 + 0.5, 0.0, 1.0)


@composite(dtype=promote_float)
def hard_silu(x: TensorLike) -> Tensor:
    """`x * hard_sigmoid(x)` (Howard et al., 2019)."""
    return x * hard_sigmoid(x)


hard_swish = hard_silu


@composite(dtype=numbers)
def hard_tanh(x: TensorLike) -> Tensor:
    """`x` clipped to [-1, 1]."""
    return minimum(x, 1) if dtype_of(x).startswith("uint") else clip(x, -1, 1)


@composite(dtype=promote_float)
def hard_shrink(x: TensorLike, threshold=0.5) -> Tensor:
    """0 where `|x| <= threshold`, otherwise `x`."""
    return where(less_equal(absolute(x), threshold), zeros_like(x), x)


@composite(dtype=promote_float)
def soft_shrink(x: TensorLike, threshold=0.5) -> Tensor:
    """`x` moved towards 0 by `threshold`, 0 where it would pass it."""
    return sign(x) * relu(absolute(x) - threshold)


@composite(dtype=promote_float)
def sparse_plus(x: TensorLike) -> Tensor:
    """0 below -1, `(x + 1)**2 / 4` up to 1, `x` above (Correia et al., 2019, as Keras uses it)."""
    inside = clip(x, -1.0, 1.0)
    return where(greater(x, 1), x, 0.25 * square(inside + 1.0))


@composite(dtype=promote_float)
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """0 below -1, `(x + 1) / 2` up to 1, 1 above."""
    x = given(x)
    return clip(0.5 * (x + 1.0), 0.0, 1.0)


@composite(dtype=promote_float)
def sparsemax(x: TensorLike, axis: AxisIndex = -1) -> Tensor:
    """The nearest distribution to `x` along `axis`, mostly zeros (Martins & Astudillo, 2016)."""
    x = moveaxis(x, axis, -1)
    ordered = flip(sort(x, axis=-1), axis=-1)
    count = arange(1, shape_of(x)[-1] + 1, dtype=dtype_of(x))
    inside = greater(ordered * count + 1.0, cumsum(ordered, axis=-1))
    size = sum(where(inside, zeros_like(x) + 1.0, zeros_like(x)), axis=-1, keepdims=True)
    level = (sum(where(inside, ordered, zeros_like(x)), axis=-1, keepdims=True) - 1.0) / size
    return moveaxis(relu(x - level), -1, axis)
