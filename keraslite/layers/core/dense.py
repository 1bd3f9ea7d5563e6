"""Dense."""

from __future__ import annotations

from typing import Unpack

from keraslite import activations, ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.later import NOT_YET
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import ActivationLike, ConstraintLike, InitializerLike, NamedOptions, RegularizerLike
from keraslite.serialization import builtin


@builtin("keras.layers")
class Dense(Layer):
    """Affine map of the last axis: `activation(x @ kernel + bias)`.

    Input `(..., d)`, output `(..., units)`. Weights: kernel `(d, units)`, bias `(units,)`.
    """

    config_excludes = Layer.config_excludes | {"lora_rank", "lora_alpha"}

    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        units=ranges.positive_int,
        use_bias=ranges.flag,
        lora_rank=NOT_YET,
        lora_alpha=NOT_YET,
        quantization_config=NOT_YET,
    )

    def __init__(
        self,
        units: int,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
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
