"""Constraints on signs and norms."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.constraints.base import Constraint
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def _norm(w: Tensor, axis: int | Sequence[int] | None) -> Tensor:
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


@builtin("keras.constraints")
class NonNeg(Constraint):
    """Replace negative values with 0.

    Example:
        >>> import numpy as np
        >>> from keraslite import constraints, ops
        >>> ops.convert_to_numpy(constraints.NonNeg()(np.array([-1.0, 2.0]))).tolist()
        [0.0, 2.0]
    """

    def __call__(self, w: TensorLike) -> Tensor:
        value = as_tensor(w)
        return ops.maximum(value, ops.zeros_like(value))


@builtin("keras.constraints")
class MaxNorm(Constraint):
    """Shorten vectors that are longer than `max_value` to that length.

    Source: Srivastava et al., 2014, "Dropout: A simple way to prevent neural networks from overfitting".

    Args:
        max_value: the greatest length, not negative; 2 by default.
        axis: the axis or axes along which lengths are measured; 0 by default, which for the kernel `(in, units)` of a
            `Dense` layer is a length per unit. None: all axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import constraints, ops
        >>> kernel = np.array([[3.0, 0.3], [4.0, 0.4]])  # columns of length 5 and 0.5
        >>> print(ops.convert_to_numpy(constraints.MaxNorm(1.0)(kernel)).round(2))
        [[0.6 0.3]
         [0.8 0.4]]
    """

    argument_checks = ranges.checks(max_value=ranges.number(0, infinite=True), axis=ranges.axes | None)

    def __init__(self, max_value: float = 2, axis: int | Sequence[int] | None = 0):
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: TensorLike) -> Tensor:
        value = as_tensor(w)
        norm = _norm(value, self.axis)
        return value * (ops.clip(norm, 0.0, self.max_value) / (config.epsilon() + norm))


@builtin("keras.constraints")
class UnitNorm(Constraint):
    """Scale vectors to length 1. Vectors of length 0 stay as they are.

    Args:
        axis: the axis or axes along which lengths are measured; 0 by default, which for the kernel `(in, units)` of a
            `Dense` layer is a length per unit. None: all axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import constraints, ops
        >>> kernel = np.array([[3.0, 0.3], [4.0, 0.4]])  # columns of length 5 and 0.5
        >>> print(ops.convert_to_numpy(constraints.UnitNorm()(kernel)).round(2))
        [[0.6 0.6]
         [0.8 0.8]]
    """

    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(self, axis: int | Sequence[int] | None = 0):
        self.axis = axis

    def __call__(self, w: TensorLike) -> Tensor:
        value = as_tensor(w)
        return value / (config.epsilon() + _norm(value, self.axis))


@builtin("keras.constraints")
class MinMaxNorm(Constraint):
    """Move the lengths of vectors into `[min_value, max_value]`, or part of the way.

    A vector of length `n` takes the length `rate * clip(n, min_value, max_value) + (1 - rate) * n`.

    Args:
        min_value: the least length, not negative; 0 by default.
        max_value: the greatest length, not negative; 1 by default.
        rate: the part of the way that one update moves, in [0, 1]; 1 by default.
        axis: the axis or axes along which lengths are measured; 0 by default, which for the kernel `(in, units)` of a
            `Dense` layer is a length per unit. None: all axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import constraints, ops
        >>> kernel = np.array([[3.0, 0.3], [4.0, 0.4]])  # columns of length 5 and 0.5
        >>> print(ops.convert_to_numpy(constraints.MinMaxNorm(1.0, 2.0)(kernel)).round(2))
        [[1.2 0.6]
         [1.6 0.8]]
    """

    argument_checks = ranges.checks(
        min_value=ranges.unsigned,
        max_value=ranges.number(0, infinite=True),
        rate=ranges.fraction,
        axis=ranges.axes | None,
    )

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] | None = 0
    ):
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def __call__(self, w: TensorLike) -> Tensor:
        value = as_tensor(w)
        norm = _norm(value, self.axis)
        desired = self.rate * ops.clip(norm, self.min_value, self.max_value) + (1 - self.rate) * norm
        return value * (desired / (config.epsilon() + norm))
