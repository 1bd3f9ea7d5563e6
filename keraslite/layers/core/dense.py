"""Dense."""

from __future__ import annotations

from keraslite import activations, check, ops
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.later import refuse
from keraslite.layers.roles import add_weight, set_roles
from keraslite.serialization import builtin


@builtin("keras.layers")
class Dense(Layer):
    """Affine map of the last axis: `activation(x @ kernel + bias)`.

    Input `(..., d)`, output `(..., units)`. Weights: kernel `(d, units)`, bias `(units,)`.
    """

    config_excludes = Layer.config_excludes | {"lora_rank", "lora_alpha"}

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        refuse("Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config)
        self.units = check.positive_int(units, "units", "Dense")
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
