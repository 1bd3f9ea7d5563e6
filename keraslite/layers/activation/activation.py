"""Activation: any activation function as a layer."""

from __future__ import annotations

from typing import Unpack

from keraslite import activations
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.types import ActivationLike, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Activation(Layer):
    """Applies an activation function to its input.

    Args:
        activation: the name of an activation, or a function from tensor to tensor.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Raises:
        UnknownNameError: if there is no activation of that name.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Activation("relu")(np.array([-1.0, 2.0]))).tolist()
        [0.0, 2.0]
    """

    is_weightless = True

    def __init__(self, activation: ActivationLike, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        return self.activation(inputs)
