"""DenseNet121, DenseNet169 and DenseNet201: each layer reads the outputs of all layers before it in its block."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import torch as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

_SOURCE = 'Huang, Liu, van der Maaten & Weinberger, "Densely connected convolutional networks", 2017.'
_GROWTH = 32


class _Size(NamedTuple):
    """How many layers each block has."""

    function: str
    blocks: tuple[int, ...]


def _densenet(
    size: _Size,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    input_shape: ImageShape = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    frame = Frame(
        size.function, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )
    net = _Blocks(frame.axis)
    x = layers.ZeroPadding2D(3)(frame.inputs)
    x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
    x = layers.ZeroPadding2D(1)(net.activated(x, "conv1_bn", "conv1_relu"))
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(size.blocks, 2):
        for i in range(1, count + 1):
            x = net.dense(x, f"conv{stage}_block{i}")
        if stage < 5:
            x = net.transition(x, f"pool{stage}")
    x = net.activated(x, "bn", "relu")
    if not include_top:
        return frame.model(frame.pooled(x, "avg_pool", "max_pool"))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D(name="avg_pool")(x)))


class _Blocks:
    """Layers of dense blocks, and what lies between the blocks.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def activated(self, x: SymbolicTensor, normalization: str, activation: str) -> SymbolicTensor:
        """Batch normalization and ReLU, by the names of the layers."""
        x = layers.BatchNormalization(axis=self._axis, epsilon=1.001e-5, name=normalization)(x)
        return layers.Activation("relu", name=activation)(x)

    def dense(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Append features to `x`."""
        y = self.activated(x, f"{name}_0_bn", f"{name}_0_relu")
        y = layers.Conv2D(4 * _GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
        y = self.activated(y, f"{name}_1_bn", f"{name}_1_relu")
        y = layers.Conv2D(_GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
        return layers.Concatenate(axis=self._axis, name=f"{name}_concat")([x, y])

    def transition(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Halve the image and the channels."""
        x = self.activated(x, f"{name}_bn", f"{name}_relu")
        x = layers.Conv2D((x.shape[self._axis] or 0) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
        return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def _at(layer_count: int, blocks: tuple[int, ...], channels: int):
    return at_size(
        _densenet,
        _Size(f"DenseNet{layer_count}", blocks),
        about=f"Build DenseNet with {layer_count} layers.",
        source=_SOURCE,
        name=f"densenet{layer_count}",
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {channels})"),
    )


DenseNet121 = _at(121, (6, 12, 24, 16), 1024)
DenseNet169 = _at(169, (6, 12, 32, 32), 1664)
DenseNet201 = _at(201, (6, 12, 48, 32), 1920)
