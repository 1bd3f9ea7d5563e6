"""Dense."""

from __future__ import annotations

from typing import Unpack

from keraslite import activations, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec
from keraslite.layers.later import NOT_YET
from keraslite.layers.lora import LowRank
from keraslite.layers.names import stated
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ActivationLike,
    ConstraintLike,
    InitializerLike,
    InputShape,
    NamedOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.layers")
class Dense(LowRank):
    """Multiplies the last axis by a matrix, then adds a bias: `activation(x @ kernel + bias)`.

    Args:
        units: size of the output's last axis, a positive int.
        activation: the name of an activation, or a function from tensor to tensor, applied to the result. Default:
            None, the identity.
        use_bias: whether a bias is added. Default: True.
        kernel_initializer: initial values of the kernel: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of the bias: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        lora_rank: rank of a low-rank adapter of the kernel, at least 1 (see `enable_lora`). Default: None, no adapter.
        lora_alpha: the adapter's product is multiplied by `lora_alpha / lora_rank`. Default: None, `lora_rank`.
        quantization_config: must be None: layers do not support quantization yet.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, ..., features)`, floats, at least two axes. `features` has to be known.

    Output:
        `(batch, ..., units)`, in the compute dtype.

    Weights:
        `kernel`, shape `(features, units)`, and `bias`, shape `(units,)`, if `use_bias`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has one axis only, or other features
            than the kernel.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.Dense(3, activation="relu", kernel_initializer="ones")
        >>> ops.convert_to_numpy(layer(np.array([[1.0, 2.0], [-3.0, 1.0]]))).tolist()
        [[3.0, 3.0, 3.0], [0.0, 0.0, 0.0]]
        >>> [weight.shape for weight in layer.weights]
        [(2, 3), (3,)]
    """

    kernel: Variable = stated("The matrix, `(features, units)`.")
    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        units=ranges.positive_int,
        use_bias=ranges.flag,
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
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: None = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        super().__init__(
            activity_regularizer=activity_regularizer, lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs
        )
        self.units = units
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        self.kernel = add_weight(self, "kernel", (input_shape[-1], self.units))
        self.bias = add_weight(self, "bias", (self.units,)) if self.use_bias else None
        self.input_spec = InputSpec(min_ndim=2, axes={-1: input_shape[-1]})
        self._start_lora()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        x = ops.matmul(inputs, self.kernel)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return self.activation(x)
