"""Activations made of pieces: straight lines, parabolas between them."""

from __future__ import annotations

from keraslite.ops.activation import relu
from keraslite.ops.comparison import greater, less_equal, where
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import absolute, clip, minimum, numbers, sign, square

__all__ = [
    "hard_shrink",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "relu6",
    "soft_shrink",
    "sparse_plus",
    "sparse_sigmoid",
    "threshold",
]


@composite(dtype=promote_float)
def relu6(x: TensorLike) -> Tensor:
    """Limit `x` to [0, 6].

    Source: Krizhevsky, 2010, "Convolutional deep belief networks on CIFAR-10".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.relu6([-1.0, 3.0, 8.0])).round(3))
        [0. 3. 6.]
    """
    return minimum(relu(x), 6.0)


@composite(dtype=promote_float)
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Tensor:
    """Return `x` above 0 and `negative_slope * x` below.

    Source: Maas et al., 2013, "Rectifier nonlinearities improve neural network acoustic models".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        negative_slope: the slope below 0; 0.2 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.leaky_relu([-1.0, 2.0])).round(3))
        [-0.2  2. ]
    """
    x = given(x)
    return where(greater(x, 0), x, negative_slope * x)


@composite(dtype=promote_float)
def threshold(x: TensorLike, threshold: float, default_value: float) -> Tensor:
    """Return `x` above `threshold` and `default_value` elsewhere.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        threshold: a number.
        default_value: a number.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.threshold([-1.0, 0.5, 2.0], 1.0, 0.0)).round(3))
        [0. 0. 2.]
    """
    return where(greater(x, threshold), x, zeros_like(x) + default_value)


@composite(dtype=promote_float)
def hard_sigmoid(x: TensorLike) -> Tensor:
    """Return `relu6(x + 3) / 6`: 0 up to -3, 1 from 3 on, and a straight line between.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hard_sigmoid([-3.0, 0.0, 1.5])).round(3))
        [0.   0.5  0.75]
    """
    x = given(x)
    return clip(x / 6.0 + 0.5, 0.0, 1.0)


@composite(dtype=promote_float)
def hard_silu(x: TensorLike) -> Tensor:
    """Return `x * hard_sigmoid(x)`.

    Source: Howard et al., 2019, "Searching for MobileNetV3".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hard_silu([-3.0, 0.0, 1.5])).round(3))
        [-0.     0.     1.125]
    """
    return x * hard_sigmoid(x)


hard_swish = hard_silu


@composite(dtype=numbers)
def hard_tanh(x: TensorLike) -> Tensor:
    """Limit `x` to [-1, 1].

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hard_tanh([-3.0, 0.5, 2.0])).round(3))
        [-1.   0.5  1. ]
    """
    return minimum(x, 1) if dtype_of(x).startswith("uint") else clip(x, -1, 1)


@composite(dtype=promote_float)
def hard_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Return 0 where `|x| <= threshold` and `x` elsewhere.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        threshold: not negative; 0.5 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.hard_shrink([-1.0, 0.25, 2.0])).round(3))
        [-1.  0.  2.]
    """
    return where(less_equal(absolute(x), threshold), zeros_like(x), x)


@composite(dtype=promote_float)
def soft_shrink(x: TensorLike, threshold: float = 0.5) -> Tensor:
    """Move `x` towards 0 by `threshold`; 0 where it would cross 0.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.
        threshold: not negative; 0.5 by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.soft_shrink([-1.0, 0.25, 2.0])).round(3))
        [-0.5  0.   1.5]
    """
    return sign(x) * relu(absolute(x) - threshold)


@composite(dtype=promote_float)
def sparse_plus(x: TensorLike) -> Tensor:
    """Return 0 up to -1, `(x + 1) ** 2 / 4` up to 1, and `x` above.

    Source: Correia et al., 2019, "Adaptively sparse transformers".

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sparse_plus([-2.0, 0.0, 3.0])).round(3))
        [0.   0.25 3.  ]
    """
    inside = clip(x, -1.0, 1.0)
    return where(greater(x, 1), x, 0.25 * square(inside + 1.0))


@composite(dtype=promote_float)
def sparse_sigmoid(x: TensorLike) -> Tensor:
    """Return 0 up to -1, `(x + 1) / 2` up to 1, and 1 above.

    Args:
        x: a float tensor of any shape; integers are cast to `config.floatx()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sparse_sigmoid([-2.0, 0.0, 3.0])).round(3))
        [0.  0.5 1. ]
    """
    x = given(x)
    return clip(0.5 * (x + 1.0), 0.0, 1.0)
