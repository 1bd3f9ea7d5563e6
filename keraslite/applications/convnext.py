"""ConvNeXt from tiny to extra large: a convolutional network with the proportions of a transformer."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import DEVIATION_RGB, MEAN_RGB, decode_predictions
from keraslite.applications.preprocessing import unchanged as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.errors import ArgumentError
from keraslite.layers.published import LayerScale
from keraslite.layers.types import ActivationLike
from keraslite.models import Model, Sequential
from keraslite.ops.symbolic import SymbolicTensor

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]

_SOURCE = 'Liu, Mao, Wu, Feichtenhofer, Darrell & Xie, "A ConvNet for the 2020s", 2022.'
_EPSILON = 1e-6


class _Size(NamedTuple):
    """Blocks per stage, and channels of the first stage, which double from stage to stage."""

    function: str
    key: str
    blocks: tuple[int, ...]
    channels: int


def _convnext(
    size: _Size,
    include_top: bool = True,
    include_preprocessing: bool = True,
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
    if frame.axis == 1:
        raise ArgumentError(
            f"`{size.function}` needs channels last. Received images with channels first. "
            'Call `config.set_image_data_format("channels_last")`.'
        )
    start = name or size.key
    x = frame.inputs
    if include_preprocessing:
        mean, variance = [255 * each for each in MEAN_RGB], [(255 * each) ** 2 for each in DEVIATION_RGB]
        x = layers.Normalization(mean=mean, variance=variance, name=f"{start}_prestem_normalization")(x)
    for stage, count in enumerate(size.blocks):
        channels = size.channels * 2**stage
        x = _shrunk(x, stage, channels, start)
        for i in range(count):
            x = _block(x, channels, f"{start}_stage_{stage}_block_{i}")
    if not include_top:
        return frame.model(layers.LayerNormalization(epsilon=_EPSILON)(frame.pooled(x)))
    x = layers.GlobalAveragePooling2D(name=f"{start}_head_gap")(x)
    x = layers.LayerNormalization(epsilon=_EPSILON, name=f"{start}_head_layernorm")(x)
    return frame.model(frame.classifier(x, f"{start}_head_dense"))


def _shrunk(x: SymbolicTensor, stage: int, channels: int, start: str) -> SymbolicTensor:
    """What a stage begins with: a convolution that divides height and width by 4 at first, then by 2."""
    if stage == 0:
        conv = layers.Conv2D(channels, 4, strides=4, name=f"{start}_stem_conv")
        norm = layers.LayerNormalization(epsilon=_EPSILON, name=f"{start}_stem_layernorm")
        return Sequential([conv, norm], name=f"{start}_stem")(x)
    norm = layers.LayerNormalization(epsilon=_EPSILON, name=f"{start}_downsampling_layernorm_{stage - 1}")
    conv = layers.Conv2D(channels, 2, strides=2, name=f"{start}_downsampling_conv_{stage - 1}")
    return Sequential([norm, conv], name=f"{start}_downsampling_block_{stage - 1}")(x)


def _block(x: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
    """A convolution per channel, then two dense layers on each pixel."""
    y = layers.Conv2D(channels, 7, padding="same", groups=channels, name=f"{name}_depthwise_conv")(x)
    y = layers.LayerNormalization(epsilon=_EPSILON, name=f"{name}_layernorm")(y)
    y = layers.Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(1e-6, channels, name=f"{name}_layer_scale")(y)
    return x + layers.Activation("linear", name=f"{name}_identity")(y)


def _at(word: str, blocks: tuple[int, ...], channels: int):
    name = f"convnext_{word.lower()}"
    return at_size(
        _convnext,
        _Size(f"ConvNeXt{word}", name, blocks, channels),
        about=f"Build ConvNeXt of size {word}.",
        source=_SOURCE,
        name=name,
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {8 * channels})"),
    )


ConvNeXtTiny = _at("Tiny", (3, 3, 9, 3), 96)
ConvNeXtSmall = _at("Small", (3, 3, 27, 3), 96)
ConvNeXtBase = _at("Base", (3, 3, 27, 3), 128)
ConvNeXtLarge = _at("Large", (3, 3, 27, 3), 192)
ConvNeXtXLarge = _at("XLarge", (3, 3, 27, 3), 256)
