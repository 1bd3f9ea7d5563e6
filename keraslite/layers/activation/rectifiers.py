"""Rectifiers as layers: ReLU, LeakyReLU, ELU, PReLU."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Unpack

from keraslite import activations, check, errors, ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import ConstraintLike, InitializerLike, LayerOptions, RegularizerLike
from keraslite.serialization import builtin


@builtin("keras.layers")
class ReLU(Layer):
    """`max(x, 0)`; in general `negative_slope * (x - threshold)` below `threshold`, at most `max_value`."""

    is_weightless = True
    argument_checks = ranges.checks(
        max_value=ranges.number(0, infinite=True) | None,
        negative_slope=ranges.unsigned | None,
        threshold=ranges.unsigned | None,
    )

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope or 0.0, threshold or 0.0
        self.supports_masking = True

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


@builtin("keras.layers")
class LeakyReLU(Layer):
    """`x` where positive, `negative_slope * x` elsewhere."""

    is_weightless = True
    argument_checks = ranges.checks(negative_slope=ranges.unsigned)

    def __init__(self, negative_slope: float = 0.3, **kwargs: Unpack[LayerOptions]) -> None:
        if "alpha" in kwargs:
            negative_slope = check.number(kwargs.pop("alpha"), "alpha", "LeakyReLU", low=0)
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.",
                DeprecationWarning,
                stacklevel=errors.users_line(),
            )
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.supports_masking = True

    def call(self, inputs):
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)


@builtin("keras.layers")
class ELU(Layer):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al., 2015)."""

    is_weightless = True
    argument_checks = ranges.checks(alpha=ranges.number())

    def __init__(self, alpha: float = 1.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, inputs):
        return ops.elu(inputs, alpha=self.alpha)


@builtin("keras.layers")
class PReLU(Layer):
    """`x` where positive, `alpha * x` elsewhere, with learned alpha (He et al., 2015).

    Weight: alpha, of the input's shape without the batch, and size 1 along `shared_axes` (counted with the batch
    as 0).
    """

    alpha_initializer: InitializerRole = initializer()
    alpha_regularizer: RegularizerRole = regularizer()
    alpha_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(shared_axes=ranges.positive_int | ranges.items(ranges.positive_int) | None)

    def __init__(
        self,
        alpha_initializer: InitializerLike = "Zeros",
        alpha_regularizer: RegularizerLike = None,
        alpha_constraint: ConstraintLike = None,
        shared_axes: int | Sequence[int] | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.alpha_initializer = alpha_initializer
        self.alpha_regularizer = alpha_regularizer
        self.alpha_constraint = alpha_constraint
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes
        self.supports_masking = True

    def build(self, input_shape):
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            shape[axis - 1] = 1
        if None in shape:
            raise errors.ArgumentError(
                f"`PReLU` needs known sizes for axes that are not in `shared_axes`. Received input_shape={input_shape} "
                f"and shared_axes={self.shared_axes}. Share the unknown axes."
            )
        self.alpha = add_weight(self, "alpha", tuple(shape))
        known = {i: n for i, n in enumerate(input_shape) if i and i not in (self.shared_axes or ())}
        self.input_spec = InputSpec(ndim=len(input_shape), axes=known)

    def call(self, inputs):
        negative = ops.multiply(self.alpha, ops.relu(ops.negative(inputs)))
        return ops.subtract(ops.relu(inputs), negative)
