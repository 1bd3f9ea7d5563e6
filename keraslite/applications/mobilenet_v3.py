"""MobileNetV3, small and large: inverted residual blocks with squeeze-and-excitation and hard swish."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.mobile import check_alpha, halving_pad, multiple_of_8, size_of_weights
from keraslite.applications.preprocessing import unchanged as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

_SOURCE = 'Howard and others, "Searching for MobileNetV3", 2019.'


class _Block(NamedTuple):
    """An inverted residual block."""

    expansion: float
    filters: int
    kernel: int
    stride: int
    excites: bool
    swishes: bool


class _Size(NamedTuple):
    """One MobileNetV3: its blocks, and the channels before the classifier."""

    function: str
    key: str
    blocks: tuple[_Block, ...]
    last: int


_SMALL = (
    _Block(1, 16, 3, 2, True, False),
    _Block(72 / 16, 24, 3, 2, False, False),
    _Block(88 / 24, 24, 3, 1, False, False),
    _Block(4, 40, 5, 2, True, True),
    *[_Block(6, 40, 5, 1, True, True)] * 2,
    *[_Block(3, 48, 5, 1, True, True)] * 2,
    _Block(6, 96, 5, 2, True, True),
    *[_Block(6, 96, 5, 1, True, True)] * 2,
)
_LARGE = (
    _Block(1, 16, 3, 1, False, False),
    _Block(4, 24, 3, 2, False, False),
    _Block(3, 24, 3, 1, False, False),
    _Block(3, 40, 5, 2, True, False),
    *[_Block(3, 40, 5, 1, True, False)] * 2,
    _Block(6, 80, 3, 2, False, True),
    _Block(2.5, 80, 3, 1, False, True),
    *[_Block(2.3, 80, 3, 1, False, True)] * 2,
    *[_Block(6, 112, 3, 1, True, True)] * 2,
    _Block(6, 160, 5, 2, True, True),
    *[_Block(6, 160, 5, 1, True, True)] * 2,
)


def _mobilenet_v3(
    size: _Size,
    input_shape: ImageShape = None,
    alpha: float = 1.0,
    minimalistic: bool = False,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    classes: int = 1000,
    pooling: Pooling = None,
    dropout_rate: float = 0.2,
    classifier_activation: ActivationLike = "softmax",
    include_preprocessing: bool = True,
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
        any_size=True,
    )
    size_of_weights(frame, alpha, (1.0,) if minimalistic else (0.75, 1.0), input_shape)
    key = f"{size.key}{'_minimalistic' * minimalistic}_224_{alpha}_float"
    net = _Blocks(frame.signed_axis, alpha, minimalistic)
    x = layers.Rescaling(1 / 127.5, offset=-1.0)(frame.inputs) if include_preprocessing else frame.inputs
    x = layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
    x = net.activation(net.normalized(x, "conv_bn"), swishes=True)
    for i, block in enumerate(size.blocks):
        x = net.residual(x, block, f"expanded_conv_{i}" if i else "expanded_conv")
    x = layers.Conv2D(multiple_of_8(6 * net.channels(x)), 1, padding="same", use_bias=False, name="conv_1")(x)
    x = net.activation(net.normalized(x, "conv_1_bn"), swishes=True)
    if not include_top:
        return frame.model(frame.pooled(x, "avg_pool", "max_pool"), key)
    last = multiple_of_8(size.last * alpha) if alpha > 1 else size.last
    x = layers.Conv2D(last, 1, padding="same", name="conv_2")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = net.activation(x, swishes=True)
    if dropout_rate > 0:
        x = layers.Dropout(dropout_rate)(x)
    x = layers.Flatten()(layers.Conv2D(frame.classes, 1, padding="same", name="logits")(x))
    return frame.model(layers.Activation(classifier_activation, name="predictions")(x), key)


class _Blocks:
    """Inverted residual blocks.

    Args:
        axis: the axis of channels.
        alpha: factor of the number of channels.
        minimalistic: whether blocks do without squeeze-and-excitation, hard swish and large kernels.
    """

    def __init__(self, axis: int, alpha: float, minimalistic: bool):
        self._axis, self._alpha, self._minimalistic = axis, alpha, minimalistic

    def channels(self, x: SymbolicTensor) -> int:
        """The number of channels of a tensor."""
        return x.shape[self._axis] or 0

    def normalized(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization."""
        return layers.BatchNormalization(axis=self._axis, epsilon=1e-3, momentum=0.999, name=name)(x)

    def activation(self, x: SymbolicTensor, swishes: bool) -> SymbolicTensor:
        """Hard swish or ReLU."""
        return layers.Activation("hard_swish")(x) if swishes and not self._minimalistic else layers.ReLU()(x)

    def residual(self, x: SymbolicTensor, block: _Block, name: str) -> SymbolicTensor:
        """Expansion, a convolution per channel, squeeze-and-excitation, and projection."""
        channels, filters = self.channels(x), multiple_of_8(block.filters * self._alpha)
        expanded = multiple_of_8(channels * block.expansion)
        kernel = 3 if self._minimalistic else block.kernel
        y = x
        if name != "expanded_conv":
            y = layers.Conv2D(expanded, 1, padding="same", use_bias=False, name=f"{name}_expand")(x)
            y = self.activation(self.normalized(y, f"{name}_expand_bn"), block.swishes)
        if block.stride == 2:
            sides = y.shape[2:4] if self._axis == 1 else y.shape[1:3]
            y = layers.ZeroPadding2D(halving_pad(sides, kernel), name=f"{name}_depthwise_pad")(y)
        y = layers.DepthwiseConv2D(
            kernel,
            strides=block.stride,
            padding="same" if block.stride == 1 else "valid",
            use_bias=False,
            name=f"{name}_depthwise",
        )(y)
        y = self.activation(self.normalized(y, f"{name}_depthwise_bn"), block.swishes)
        if block.excites and not self._minimalistic:
            y = _excited(y, expanded, f"{name}_squeeze_excite")
        y = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"{name}_project")(y)
        y = self.normalized(y, f"{name}_project_bn")
        return layers.Add(name=f"{name}_add")([x, y]) if block.stride == 1 and channels == filters else y


def _excited(x: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
    """Squeeze-and-excitation: each channel times a factor in [0, 1]."""
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    y = layers.Conv2D(multiple_of_8(channels * 0.25), 1, padding="same", name=f"{name}_conv")(y)
    y = layers.Conv2D(channels, 1, padding="same", name=f"{name}_conv_1")(layers.ReLU(name=f"{name}_relu")(y))
    y = layers.ReLU(6.0)(y + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{name}_mul")([x, y])


def _at(word: str, blocks: tuple[_Block, ...], last: int, channels: int):
    return at_size(
        _mobilenet_v3,
        _Size(f"MobileNetV3{word}", word.lower(), blocks, last),
        about=f"Build MobileNetV3, the {word.lower()} one.",
        source=_SOURCE,
        name=f"MobileNetV3{word}",
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {channels})"),
    )


MobileNetV3Small = _at("Small", _SMALL, 1024, 576)
MobileNetV3Large = _at("Large", _LARGE, 1280, 960)
