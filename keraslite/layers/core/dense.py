"""Dense."""

from __future__ import annotations

from typing import Any

from keraslite import activations, ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.later import NOT_YET
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin


@builtin("keras.layers")
class Dense(Layer):
    """Affine map of the last axis: `activation(x @ kernel + bias)`.

    Input `(..., d)`, output `(..., units)`. Weights: kernel `(d, units)`, bias `(units,)`.
    """

    config_excludes = Layer.config_excludes | {"lora_rank", "lora_alpha"}

    argument_checks = ranges.checks(
        units=ranges.positive_int,
        use_bias=ranges.flag,
        lora_rank=NOT_YET,
        lora_alpha=NOT_YET,
        quantization_config=NOT_YET,
    )

    def __init__(self, units: int, activation: Any = None, use_bias: bool = True,
                 kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
                 kernel_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
                 kernel_constraint: Any = None, bias_constraint: Any = None, lora_rank: int | None = None,
                 lora_alpha: float | None = None, quantization_config: Any = None, **kwargs: Any):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        set_roles(self, locals())
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape):
        self.kernel = add_weight(self, "kernel", (input_shape[-1], self.units))
        self.bias = add_weight(self, "bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})

    def call(self, inputs, training=None):
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)
