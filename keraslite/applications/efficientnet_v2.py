"""EfficientNetV2: B0 to B3, S, M and L. Early blocks have one fused convolution."""

from __future__ import annotations

import math
from typing import NamedTuple

from keraslite import initializers, layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import DEVIATION_RGB, MEAN_RGB, decode_predictions
from keraslite.applications.inverted import Block, Blocks, classifier_kernel
from keraslite.applications.preprocessing import unchanged as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

_SOURCE = 'Tan & Le, "EfficientNetV2: smaller models and faster training", 2021.'
_MOST_DROPPED = 0.2


class _Stage(NamedTuple):
    """Blocks of one kind; the stride is that of the first."""

    blocks: int
    filters: int
    expansion: int
    stride: int
    is_fused: bool = False


#: The stages of size B0.
_B0 = (
    _Stage(1, 16, 1, 1, True),
    _Stage(2, 32, 4, 2, True),
    _Stage(2, 48, 4, 2, True),
    _Stage(3, 96, 4, 2),
    _Stage(5, 112, 6, 1),
    _Stage(8, 192, 6, 2),
)
_S = (
    _Stage(2, 24, 1, 1, True),
    _Stage(4, 48, 4, 2, True),
    _Stage(4, 64, 4, 2, True),
    _Stage(6, 128, 4, 2),
    _Stage(9, 160, 6, 1),
    _Stage(15, 256, 6, 2),
)
_M = (
    _Stage(3, 24, 1, 1, True),
    _Stage(5, 48, 4, 2, True),
    _Stage(5, 80, 4, 2, True),
    _Stage(7, 160, 4, 2),
    _Stage(14, 176, 6, 1),
    _Stage(18, 304, 6, 2),
    _Stage(5, 512, 6, 1),
)
_L = (
    _Stage(4, 32, 1, 1, True),
    _Stage(7, 64, 4, 2, True),
    _Stage(7, 96, 4, 2, True),
    _Stage(10, 192, 4, 2),
    _Stage(19, 224, 6, 1),
    _Stage(25, 384, 6, 2),
    _Stage(7, 640, 6, 1),
)


class _Size(NamedTuple):
    """Stages, channels of the first convolution, factors of channels and blocks, height and width of images."""

    function: str
    key: str
    stages: tuple[_Stage, ...]
    stem: int
    width: float
    depth: float
    image: int


def _efficientnet_v2(
    size: _Size,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    input_shape: ImageShape = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    include_preprocessing: bool = True,
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
        default_size=size.image,
    )
    net = Blocks(frame.axis, 0.9, pads=False)
    x = _scaled(frame.inputs, size, frame.axis) if include_preprocessing else frame.inputs
    x = net.activated(net.conv(x, _wide(size.stem, size), 3, 2, "stem_conv"), "stem_")
    total = sum(stage.blocks for stage in size.stages)
    done = 0
    for number, stage in enumerate(size.stages, 1):
        block = Block(3, _wide(stage.filters, size), stage.expansion, stage.stride, not stage.is_fused, stage.is_fused)
        for i in range(math.ceil(size.depth * stage.blocks)):
            x = net.residual(
                x,
                block._replace(stride=1) if i else block,
                _MOST_DROPPED * done / total,
                f"block{number}{chr(ord('a') + i)}_",
            )
            done += 1
    x = net.activated(net.conv(x, _wide(1280, size), 1, 1, "top_conv"), "top_")
    if not include_top:
        return frame.model(frame.pooled(x, "avg_pool", "max_pool"))
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(0.2, name="top_dropout")(x)
    x = frame.classifier(x, kernel=classifier_kernel(), bias=initializers.Constant(0.0))
    return frame.model(x)


def _scaled(x: SymbolicTensor, size: _Size, axis: int) -> SymbolicTensor:
    """Images in [0, 255] as the weights of this size need them."""
    if size.stages is not _B0:
        return layers.Rescaling(1 / 128, offset=-1)(x)
    x = layers.Rescaling(1 / 255)(x)
    return layers.Normalization(mean=list(MEAN_RGB), variance=[each**2 for each in DEVIATION_RGB], axis=axis)(x)


def _wide(channels: int, size: _Size) -> int:
    """The multiple of 8 next to a number of channels times the size's width."""
    return max(8, int(channels * size.width + 4) // 8 * 8)


def _at(
    word: str, stages: tuple[_Stage, ...], stem: int, image: int, channels: int, width: float = 1.0, depth: float = 1.0
):
    name = f"efficientnetv2-{word.lower()}"
    return at_size(
        _efficientnet_v2,
        _Size(f"EfficientNetV2{word}", name, stages, stem, width, depth, image),
        about=f"Build EfficientNetV2 of size {word}.",
        source=_SOURCE,
        name=name,
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {channels})"),
        default=image,
    )


EfficientNetV2B0 = _at("B0", _B0, 32, 224, 1280)
EfficientNetV2B1 = _at("B1", _B0, 32, 240, 1280, 1.0, 1.1)
EfficientNetV2B2 = _at("B2", _B0, 32, 260, 1408, 1.1, 1.2)
EfficientNetV2B3 = _at("B3", _B0, 32, 300, 1536, 1.2, 1.4)
EfficientNetV2S = _at("S", _S, 24, 384, 1280)
EfficientNetV2M = _at("M", _M, 24, 480, 1280)
EfficientNetV2L = _at("L", _L, 32, 480, 1280)
