"""Layers that only published models have, such as `applications.ConvNeXtTiny`. Files name them as Keras does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import random, ranges
from keraslite.backend.contract import Tensor
from keraslite.initializers import Constant
from keraslite.layers.base import Layer
from keraslite.layers.types import InputShape, LayerOptions
from keraslite.serialization import builtin

__all__ = ["CustomScaleLayer", "LayerScale", "StochasticDepth"]


@builtin("keras.src.applications.inception_resnet_v2", registered_name="CustomScaleLayer")
class CustomScaleLayer(Layer):
    """Adds the second of two tensors, times a constant, to the first.

    Args:
        scale: the constant.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).
    """

    argument_checks = ranges.checks(scale=ranges.number())

    def __init__(self, scale: float, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        first, second = inputs
        return first + second * self.scale


@builtin("keras.src.applications.convnext", registered_name="LayerScale")
class LayerScale(Layer):
    """Multiplies each channel by a factor that is learned.

    Args:
        init_values: the initial factor.
        projection_dim: number of channels, a positive int.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Source:
        Touvron and others, "Going deeper with image transformers", 2021.
    """

    argument_checks = ranges.checks(init_values=ranges.number(), projection_dim=ranges.positive_int)

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.init_values, self.projection_dim = init_values, projection_dim

    def build(self, input_shape: InputShape) -> None:
        self.gamma = self.add_weight(shape=(self.projection_dim,), initializer=Constant(self.init_values))

    def call(self, inputs: Tensor) -> Tensor:
        return inputs * self.gamma


@builtin("keras.src.applications.convnext", registered_name="StochasticDepth")
class StochasticDepth(Layer):
    """Sets whole samples to 0 in training, and divides the others by the share of samples that stays.

    Args:
        drop_path_rate: share of the samples that are dropped, in [0, 1].
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Source:
        Huang, Sun, Liu, Sedra & Weinberger, "Deep networks with stochastic depth", 2016.
    """

    argument_checks = ranges.checks(drop_path_rate=ranges.fraction)

    def __init__(self, drop_path_rate: float, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.drop_path_rate = drop_path_rate
        self.seed_generator = random.SeedGenerator()

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        if not training or not self.drop_path_rate:
            return inputs
        shape = (None, *[1] * (len(inputs.shape) - 1))
        return random.dropout(inputs, self.drop_path_rate, noise_shape=shape, seed=self.seed_generator)
