"""MobileNet: depthwise separable convolutions."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.mobile import check_alpha, default_size, size_of_weights
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.errors import ArgumentError
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

_SOURCE = 'Howard and others, "MobileNets: efficient convolutional neural networks for mobile vision", 2017.'
_ALPHAS = (0.25, 0.50, 0.75, 1.0)
#: Filters and stride of each block.
_BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    *[(512, 1)] * 5,
    (1024, 2),
    (1024, 1),
)


class _Size(NamedTuple):
    function: str


def _mobilenet(
    size: _Size,
    input_shape: ImageShape = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
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
        default_size=default_size(input_shape),
    )
    if frame.published and depth_multiplier != 1:
        raise ArgumentError(
            f'`{size.function}` needs `depth_multiplier` to be 1 with weights="imagenet". Received {depth_multiplier}.'
        )
    key = f"mobilenet_{alpha:.2f}_{size_of_weights(frame, alpha, _ALPHAS, input_shape)}"
    frame.name = name or key
    x = layers.Conv2D(int(32 * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(frame.inputs)
    x = _activated(x, frame.signed_axis, "conv1")
    for i, (filters, stride) in enumerate(_BLOCKS, 1):
        if stride == 2:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{i}")(x)
        x = layers.DepthwiseConv2D(
            3,
            strides=stride,
            padding="same" if stride == 1 else "valid",
            depth_multiplier=depth_multiplier,
            use_bias=False,
            name=f"conv_dw_{i}",
        )(x)
        x = _activated(x, frame.signed_axis, f"conv_dw_{i}")
        x = layers.Conv2D(int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{i}")(x)
        x = _activated(x, frame.signed_axis, f"conv_pw_{i}")
    if not include_top:
        return frame.model(frame.pooled(x), key)
    x = layers.Dropout(dropout, name="dropout")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Conv2D(frame.classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((frame.classes,), name="reshape_2")(x)
    return frame.model(layers.Activation(classifier_activation, name="predictions")(x), key)


def _activated(x: SymbolicTensor, axis: int, name: str) -> SymbolicTensor:
    """Batch normalization and ReLU6."""
    return layers.ReLU(6.0, name=f"{name}_relu")(layers.BatchNormalization(axis=axis, name=f"{name}_bn")(x))


MobileNet = at_size(
    _mobilenet,
    _Size("MobileNet"),
    about="Build MobileNet.",
    source=_SOURCE,
    name=None,
    example=("include_top=False, input_shape=(32, 32, 3), alpha=0.25", "(None, 1, 1, 256)"),
)
