"""EfficientNetB0 to EfficientNetB7: one network, wider, deeper and for larger images from size to size."""

from __future__ import annotations

import math
from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import DEVIATION_RGB, decode_predictions
from keraslite.applications.inverted import Block, Blocks, classifier_kernel
from keraslite.applications.mobile import multiple_of_8
from keraslite.applications.preprocessing import unchanged as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

_SOURCE = 'Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", 2019.'
#: The stages of size B0, each with its number of blocks. The stride is that of a stage's first block.
_STAGES = (
    (Block(3, 16, 1, 1), 1),
    (Block(3, 24, 6, 2), 2),
    (Block(5, 40, 6, 2), 2),
    (Block(3, 80, 6, 2), 3),
    (Block(5, 112, 6, 1), 3),
    (Block(5, 192, 6, 2), 4),
    (Block(3, 320, 6, 1), 1),
)
_MOST_DROPPED = 0.2


class _Size(NamedTuple):
    """Factors of channels and blocks, height and width of images, and the share dropped before the classifier."""

    function: str
    width: float
    depth: float
    image: int
    dropout: float


def _efficientnet(
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
        default_size=size.image,
    )
    net = Blocks(frame.axis, 0.99, pads=True)
    x = layers.Normalization(axis=frame.axis)(layers.Rescaling(1 / 255)(frame.inputs))
    if frame.published:  # those weights were trained on images that were divided by the root of the deviation
        x = layers.Rescaling([1 / math.sqrt(each) for each in DEVIATION_RGB])(x)
    x = net.activated(net.conv(x, multiple_of_8(32 * size.width), 3, 2, "stem_conv"), "stem_")
    counts = [math.ceil(size.depth * count) for _, count in _STAGES]
    done = 0
    for stage, (block, count) in enumerate(zip((block for block, _ in _STAGES), counts, strict=True), 1):
        block = block._replace(filters=multiple_of_8(block.filters * size.width))
        for i in range(count):
            x = net.residual(
                x,
                block._replace(stride=1) if i else block,
                _MOST_DROPPED * done / sum(counts),
                f"block{stage}{chr(ord('a') + i)}_",
            )
            done += 1
    x = net.activated(net.conv(x, multiple_of_8(1280 * size.width), 1, 1, "top_conv"), "top_")
    if not include_top:
        return frame.model(frame.pooled(x, "avg_pool", "max_pool"))
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(size.dropout, name="top_dropout")(x)
    return frame.model(frame.classifier(x, kernel=classifier_kernel()))


def _at(number: int, width: float, depth: float, image: int, dropout: float, channels: int):
    return at_size(
        _efficientnet,
        _Size(f"EfficientNetB{number}", width, depth, image, dropout),
        about=f"Build EfficientNet of size B{number}. It takes images in [0, 255].",
        source=_SOURCE,
        name=f"efficientnetb{number}",
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {channels})"),
        default=image,
    )


EfficientNetB0 = _at(0, 1.0, 1.0, 224, 0.2, 1280)
EfficientNetB1 = _at(1, 1.0, 1.1, 240, 0.2, 1280)
EfficientNetB2 = _at(2, 1.1, 1.2, 260, 0.3, 1408)
EfficientNetB3 = _at(3, 1.2, 1.4, 300, 0.3, 1536)
EfficientNetB4 = _at(4, 1.4, 1.8, 380, 0.4, 1792)
EfficientNetB5 = _at(5, 1.6, 2.2, 456, 0.4, 2048)
EfficientNetB6 = _at(6, 1.8, 2.6, 528, 0.5, 2304)
EfficientNetB7 = _at(7, 2.0, 3.1, 600, 0.5, 2560)
