"""ResNet50, ResNet101, ResNet152, and the builder of both versions of ResNet."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import caffe as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

_SOURCE = 'He, Zhang, Ren & Sun, "Deep residual learning for image recognition", 2016.'
_FILTERS = (64, 128, 256, 512)


class Size(NamedTuple):
    """One ResNet.

    Attributes:
        function: name of the public function.
        blocks: number of blocks in each stage.
        preactivated: whether blocks begin with normalization and activation, as in version 2.
    """

    function: str
    blocks: tuple[int, ...]
    preactivated: bool = False


def resnet(
    size: Size,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    input_shape: ImageShape = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    """Build a ResNet."""
    frame = Frame(
        size.function, include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name
    )
    net = _Blocks(frame.axis)
    x = layers.ZeroPadding2D(3, name="conv1_pad")(frame.inputs)
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
    if not size.preactivated:
        x = net.activated(x, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (count, filters) in enumerate(zip(size.blocks, _FILTERS, strict=True), 2):
        shrinking = (count if stage < 5 else 0) if size.preactivated else int(stage > 2)
        block = net.preactivated if size.preactivated else net.residual
        for i in range(1, count + 1):
            x = block(x, filters, 2 if i == shrinking else 1, i == 1, f"conv{stage}_block{i}")
    if size.preactivated:
        x = net.activated(x, "post")
    if not include_top:
        return frame.model(frame.pooled(x, "avg_pool", "max_pool"))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D(name="avg_pool")(x)))


class _Blocks:
    """Residual blocks of three convolutions.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def normalized(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization."""
        return layers.BatchNormalization(axis=self._axis, epsilon=1.001e-5, name=f"{name}_bn")(x)

    def activated(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization and ReLU."""
        return layers.Activation("relu", name=f"{name}_relu")(self.normalized(x, name))

    def residual(self, x: SymbolicTensor, filters: int, stride: int, projects: bool, name: str) -> SymbolicTensor:
        """A block that ends with an activation."""
        shortcut = x
        if projects:
            shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
            shortcut = self.normalized(shortcut, f"{name}_0")
        x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
        x = self.activated(x, f"{name}_1")
        x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
        x = self.activated(x, f"{name}_2")
        x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
        x = layers.Add(name=f"{name}_add")([shortcut, self.normalized(x, f"{name}_3")])
        return layers.Activation("relu", name=f"{name}_out")(x)

    def preactivated(self, x: SymbolicTensor, filters: int, stride: int, projects: bool, name: str) -> SymbolicTensor:
        """A block that begins with an activation."""
        start = self.activated(x, f"{name}_preact")
        shortcut = x
        if projects:
            shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(start)
        elif stride > 1:
            shortcut = layers.MaxPooling2D(1, strides=stride)(x)
        y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(start)
        y = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(self.activated(y, f"{name}_1"))
        y = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(y)
        y = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(self.activated(y, f"{name}_2"))
        return layers.Add(name=f"{name}_out")([shortcut, y])


def _at(layer_count: int, blocks: tuple[int, ...]):
    return at_size(
        resnet,
        Size(f"ResNet{layer_count}", blocks),
        about=f"Build ResNet with {layer_count} layers.",
        source=_SOURCE,
        name=f"resnet{layer_count}",
        example=("include_top=False, input_shape=(32, 32, 3)", "(None, 1, 1, 2048)"),
    )


ResNet50 = _at(50, (3, 4, 6, 3))
ResNet101 = _at(101, (3, 4, 23, 3))
ResNet152 = _at(152, (3, 8, 36, 3))
