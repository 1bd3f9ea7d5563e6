"""VGG16 and VGG19: stacks of 3x3 convolutions."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["VGG16", "VGG19"]

_SOURCE = 'Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", 2015.'
_FILTERS = (64, 128, 256, 512, 512)


class _Size(NamedTuple):
    """How many convolutions each block has."""

    function: str
    convolutions: tuple[int, ...]


def _vgg(
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
    x = frame.inputs
    for block, (count, filters) in enumerate(zip(size.convolutions, _FILTERS, strict=True), 1):
        for i in range(1, count + 1):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"block{block}_conv{i}")(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block}_pool")(x)
    if not include_top:
        return frame.model(frame.pooled(x))
    x = layers.Flatten(name="flatten")(x)
    for i in (1, 2):
        x = layers.Dense(4096, activation="relu", name=f"fc{i}")(x)
    return frame.model(frame.classifier(x))


def _at(layer_count: int, convolutions: tuple[int, ...]):
    return at_size(
        _vgg,
        _Size(f"VGG{layer_count}", convolutions),
        about=f"Build VGG with {layer_count} layers that have weights.",
        source=_SOURCE,
        name=f"vgg{layer_count}",
        example=("include_top=False, input_shape=(32, 32, 3)", "(None, 1, 1, 512)"),
    )


VGG16 = _at(16, (2, 2, 3, 3, 3))
VGG19 = _at(19, (2, 2, 4, 4, 4))
