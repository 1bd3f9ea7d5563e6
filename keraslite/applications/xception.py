"""Xception: depthwise separable convolutions with shortcuts."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

_SOURCE = 'Chollet, "Xception: deep learning with depthwise separable convolutions", 2017.'


class _Size(NamedTuple):
    function: str


def _xception(
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
        size.function,
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
        default_size=299,
        min_size=71,
    )
    net = _Blocks(frame.signed_axis)
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="block1_conv1")(frame.inputs)
    x = net.activated(x, "block1_conv1")
    x = layers.Conv2D(64, 3, use_bias=False, name="block1_conv2")(x)
    x = net.activated(x, "block1_conv2")
    x = net.shrinking(x, (128, 128), "block2", activates_first=False)
    x = net.shrinking(x, (256, 256), "block3")
    x = net.shrinking(x, (728, 728), "block4")
    for block in range(5, 13):
        x = net.residual(x, f"block{block}")
    x = net.shrinking(x, (728, 1024), "block13")
    for i, filters in enumerate((1536, 2048), 1):
        x = net.separable(x, filters, f"block14_sepconv{i}")
        x = layers.Activation("relu", name=f"block14_sepconv{i}_act")(x)
    if not include_top:
        return frame.model(frame.pooled(x))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D(name="avg_pool")(x)))


class _Blocks:
    """Blocks of separable convolutions.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def activated(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization and ReLU."""
        x = layers.BatchNormalization(axis=self._axis, name=f"{name}_bn")(x)
        return layers.Activation("relu", name=f"{name}_act")(x)

    def separable(self, x: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
        """A separable convolution and batch normalization."""
        x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
        return layers.BatchNormalization(axis=self._axis, name=f"{name}_bn")(x)

    def separables(
        self, x: SymbolicTensor, filters: tuple[int, ...], name: str, activates_first: bool = True
    ) -> SymbolicTensor:
        """Separable convolutions, an activation before each."""
        for i, count in enumerate(filters, 1):
            if i > 1 or activates_first:
                x = layers.Activation("relu", name=f"{name}_sepconv{i}_act")(x)
            x = self.separable(x, count, f"{name}_sepconv{i}")
        return x

    def shrinking(
        self, x: SymbolicTensor, filters: tuple[int, ...], name: str, activates_first: bool = True
    ) -> SymbolicTensor:
        """A block that halves the image."""
        shortcut = layers.Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x)
        shortcut = layers.BatchNormalization(axis=self._axis)(shortcut)
        x = self.separables(x, filters, name, activates_first)
        x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
        return layers.Add()([x, shortcut])

    def residual(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """A block that keeps the sizes."""
        return layers.Add()([self.separables(x, (728, 728, 728), name), x])


Xception = at_size(
    _xception,
    _Size("Xception"),
    about="Build Xception.",
    source=_SOURCE,
    name="xception",
    example=("include_top=False, input_shape=(71, 71, 3)", "(None, 3, 3, 2048)"),
    default=299,
    least=71,
)
