"""Activation: any activation function as a layer."""

from __future__ import annotations

from typing import Unpack

from keraslite import activations
from keraslite.layers.base import Layer
from keraslite.layers.types import ActivationLike, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Activation(Layer):
    """`activation(x)`, for an activation's name or any function of a tensor."""

    is_weightless = True

    def __init__(self, activation: ActivationLike, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, inputs):
        return self.activation(inputs)
