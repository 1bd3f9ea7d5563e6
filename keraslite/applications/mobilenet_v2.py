"""MobileNetV2: inverted residual blocks with linear bottlenecks."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.mobile import check_alpha, default_size, halving_pad, multiple_of_8, size_of_weights
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

_SOURCE = 'Sandler, Howard, Zhu, Zhmoginov & Chen, "MobileNetV2: inverted residuals and linear bottlenecks", 2018.'
_ALPHAS = (0.35, 0.50, 0.75, 1.0, 1.3, 1.4)


class _Stage(NamedTuple):
    """Blocks of one kind; the stride is that of the first."""

    expansion: int
    filters: int
    blocks: int
    stride: int


_STAGES = (
    _Stage(1, 16, 1, 1),
    _Stage(6, 24, 2, 2),
    _Stage(6, 32, 3, 2),
    _Stage(6, 64, 4, 2),
    _Stage(6, 96, 3, 1),
    _Stage(6, 160, 3, 2),
    _Stage(6, 320, 1, 1),
)


class _Size(NamedTuple):
    function: str


def _mobilenet_v2(
    size: _Size,
    input_shape: ImageShape = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    check_alpha(alpha, size.function)
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
        default_size=default_size(input_shape, (96,)),
    )
    side = size_of_weights(frame, alpha, _ALPHAS, input_shape, (96,))
    net = _Blocks(frame.signed_axis)
    x = layers.Conv2D(multiple_of_8(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(
        frame.inputs
    )
    x = net.activated(x, "bn_Conv1", "Conv1_relu")
    count = 0
    for stage in _STAGES:
        filters = multiple_of_8(int(stage.filters * alpha))
        for i in range(stage.blocks):
            x = net.residual(x, stage.expansion, filters, 1 if i else stage.stride, count)
            count += 1
    last = multiple_of_8(1280 * alpha) if alpha > 1 else 1280
    x = layers.Conv2D(last, 1, use_bias=False, name="Conv_1")(x)
    x = net.activated(x, "Conv_1_bn", "out_relu")
    frame.name = name or f"mobilenetv2_{alpha:.2f}_{side}"
    key = f"mobilenetv2_{alpha:.2f}_{side}"
    if not include_top:
        return frame.model(frame.pooled(x), key)
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D()(x)), key)


class _Blocks:
    """Inverted residual blocks.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def normalized(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization."""
        return layers.BatchNormalization(axis=self._axis, epsilon=1e-3, momentum=0.999, name=name)(x)

    def activated(self, x: SymbolicTensor, normalization: str, activation: str) -> SymbolicTensor:
        """Batch normalization and ReLU6, by the names of the layers."""
        return layers.ReLU(6.0, name=activation)(self.normalized(x, normalization))

    def residual(self, x: SymbolicTensor, expansion: int, filters: int, stride: int, count: int) -> SymbolicTensor:
        """Expansion, a convolution per channel, and projection.

        Args:
            x: the input.
            expansion: factor of channels within the block.
            filters: number of output channels.
            stride: stride of the convolution.
            count: how many blocks there are before this one.
        """
        name = f"block_{count}" if count else "expanded_conv"
        channels = x.shape[self._axis] or 0
        y = x
        if count:
            y = layers.Conv2D(expansion * channels, 1, padding="same", use_bias=False, name=f"{name}_expand")(x)
            y = self.activated(y, f"{name}_expand_BN", f"{name}_expand_relu")
        if stride == 2:
            sides = y.shape[2:4] if self._axis == 1 else y.shape[1:3]
            y = layers.ZeroPadding2D(halving_pad(sides, 3), name=f"{name}_pad")(y)
        y = layers.DepthwiseConv2D(
            3, strides=stride, use_bias=False, padding="same" if stride == 1 else "valid", name=f"{name}_depthwise"
        )(y)
        y = self.activated(y, f"{name}_depthwise_BN", f"{name}_depthwise_relu")
        y = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(y)
        y = self.normalized(y, f"{name}_project_BN")
        return layers.Add(name=f"{name}_add")([x, y]) if channels == filters and stride == 1 else y


MobileNetV2 = at_size(
    _mobilenet_v2,
    _Size("MobileNetV2"),
    about="Build MobileNetV2.",
    source=_SOURCE,
    name=None,
    example=("include_top=False, input_shape=(32, 32, 3), alpha=0.35", "(None, 1, 1, 1280)"),
)
