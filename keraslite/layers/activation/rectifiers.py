"""Rectifiers as layers: ReLU, LeakyReLU, ELU, PReLU."""

from __future__ import annotations

import warnings
from typing import Any

from keraslite import activations, check, errors, ops
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin


@builtin("keras.layers")
class ReLU(Layer):
    """`max(x, 0)`; in general `negative_slope * (x - threshold)` below `threshold`, at most `max_value`."""

    def __init__(self, max_value: Any = None, negative_slope: float = 0.0, threshold: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else check.number(max_value, "max_value", "ReLU", low=0)
        self.negative_slope = check.number(negative_slope or 0.0, "negative_slope", "ReLU", low=0)
        self.threshold = check.number(threshold or 0.0, "threshold", "ReLU", low=0)
        self.supports_masking = True

    def call(self, inputs):
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)


@builtin("keras.layers")
class LeakyReLU(Layer):
    """`x` where positive, `negative_slope * x` elsewhere."""

    def __init__(self, negative_slope: float = 0.3, **kwargs: Any):
        if "alpha" in kwargs:
            negative_slope = kwargs.pop("alpha")
            warnings.warn(
                "Argument `alpha` is deprecated. Use `negative_slope` instead.", DeprecationWarning, stacklevel=2
            )
        super().__init__(**kwargs)
        self.negative_slope = check.number(negative_slope, "negative_slope", "LeakyReLU", low=0)
        self.supports_masking = True

    def call(self, inputs):
        return ops.leaky_relu(inputs, negative_slope=self.negative_slope)


@builtin("keras.layers")
class ELU(Layer):
    """`x` where positive, `alpha * (exp(x) - 1)` elsewhere (Clevert et al., 2015)."""

    def __init__(self, alpha: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.alpha = check.number(alpha, "alpha", "ELU")
        self.supports_masking = True

    def call(self, inputs):
        return ops.elu(inputs, alpha=self.alpha)


@builtin("keras.layers")
class PReLU(Layer):
    """`x` where positive, `alpha * x` elsewhere, with learned alpha (He et al., 2015).

    Weight: alpha, of the input's shape without the batch, and size 1 along `shared_axes` (counted with the batch
    as 0).
    """

    def __init__(self, alpha_initializer: Any = "Zeros", alpha_regularizer: Any = None, alpha_constraint: Any = None,
                 shared_axes: Any = None, **kwargs: Any):  # fmt: skip
        super().__init__(**kwargs)
        set_roles(self, locals())
        if shared_axes is not None and not isinstance(shared_axes, (list, tuple)):
            shared_axes = [shared_axes]
        self.shared_axes = None if shared_axes is None else list(shared_axes)
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
