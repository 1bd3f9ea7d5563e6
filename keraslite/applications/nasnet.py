"""NASNetMobile and NASNetLarge: cells that a search found."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.mobile import halving_pad
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import name_scope

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]

_SOURCE = 'Zoph, Vasudevan, Shlens & Le, "Learning transferable architectures for scalable image recognition", 2018.'


class _Size(NamedTuple):
    """Cells per stage, channels per branch, channels of the first convolution, and height and width of images.

    After a reduction, the next cell reads what the reduction read; if `skips_reduction`, it reads what came before.
    """

    function: str
    cells: int
    channels: int
    stem: int
    image: int
    skips_reduction: bool


def _nasnet(
    size: _Size,
    input_shape: ImageShape = None,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
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
        known_size=True,
    )
    net = _Cells(frame.signed_axis)
    x = net.convolved(frame.inputs, size.stem, "stem_conv1", "stem_bn1", kernel=3, stride=2)
    before = None
    for i, divisor in enumerate((4, 2), 1):
        x, before = net.reduction(x, before, size.channels // divisor, f"stem_{i}"), x
    for stage in range(3):
        channels, first = size.channels * 2**stage, stage * size.cells
        if stage:
            reduced = net.reduction(x, before, channels, f"reduce_{first}")
            x, before = reduced, before if size.skips_reduction else x
        for i in range(size.cells):
            x, before = net.normal(x, before, channels, str(first + bool(stage) + i)), x
    x = layers.Activation("relu")(x)
    if not include_top:
        return frame.model(frame.pooled(x))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D()(x)))


class _Cells:
    """The cells. Each reads the output of the cell before, and that of the one before that.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def _sides(self, x: SymbolicTensor) -> tuple[int | None, ...]:
        return x.shape[2:4] if self._axis == 1 else x.shape[1:3]

    def normalized(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization."""
        return layers.BatchNormalization(axis=self._axis, momentum=0.9997, epsilon=1e-3, name=name)(x)

    def convolved(
        self, x: SymbolicTensor, channels: int, name: str, normalization: str | None, kernel: int = 1, stride: int = 1
    ) -> SymbolicTensor:
        """A convolution and batch normalization, if that has a name."""
        x = layers.Conv2D(
            channels,
            kernel,
            strides=stride,
            padding="same" if stride == 1 else "valid",
            use_bias=False,
            kernel_initializer="he_normal",
            name=name,
        )(x)
        return x if normalization is None else self.normalized(x, normalization)

    def separable(
        self, x: SymbolicTensor, channels: int, kernel: int, stride: int, block: int, name: str
    ) -> SymbolicTensor:
        """Twice: ReLU, a separable convolution and batch normalization. The first one has the stride."""
        with name_scope(f"block_{block}"), name_scope(f"separable_conv_block_{name}"):
            return self._separable(x, channels, kernel, stride, name)

    def _separable(self, x: SymbolicTensor, channels: int, kernel: int, stride: int, name: str) -> SymbolicTensor:
        x = layers.Activation("relu")(x)
        padding = "same"
        if stride == 2:
            pad = halving_pad(self._sides(x), kernel)
            x, padding = layers.ZeroPadding2D(pad, name=f"separable_conv_1_pad_{name}")(x), "valid"
        for i in (1, 2):
            x = layers.SeparableConv2D(
                channels,
                kernel,
                strides=stride if i == 1 else 1,
                padding=padding if i == 1 else "same",
                use_bias=False,
                name=f"separable_conv_{i}_{name}",
            )(x)
            x = self.normalized(x, f"separable_conv_{i}_bn_{name}")
            x = layers.Activation("relu")(x) if i == 1 else x
        return x

    def adjusted(self, before: SymbolicTensor | None, x: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
        """The output of the cell before the last one, with height, width and channels as the cell needs them."""
        if before is None:
            return x
        if self._sides(before) != self._sides(x):
            with name_scope("adjust_block"), name_scope(f"adjust_reduction_block_{name}"):
                return self._halved(before, channels, name)
        if before.shape[self._axis] == channels:
            return before
        with name_scope("adjust_block"), name_scope(f"adjust_projection_block_{name}"):
            active = layers.Activation("relu")(before)
            return self.convolved(active, channels, f"adjust_conv_projection_{name}", f"adjust_bn_{name}")

    def _halved(self, x: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
        """Every second row and column, half of the channels from the even ones and half from the odd ones."""
        active = layers.Activation("relu", name=f"adjust_relu_1_{name}")(x)
        shifted = layers.Cropping2D(((1, 0), (1, 0)))(layers.ZeroPadding2D(((0, 1), (0, 1)))(active))
        halves = []
        for i, image in enumerate((active, shifted), 1):
            half = layers.AveragePooling2D(1, strides=2, name=f"adjust_avg_pool_{i}_{name}")(image)
            halves.append(self.convolved(half, channels // 2, f"adjust_conv_{i}_{name}", None))
        return self.normalized(layers.Concatenate(axis=self._axis)(halves), f"adjust_bn_{name}")

    def normal(self, x: SymbolicTensor, before: SymbolicTensor | None, channels: int, name: str) -> SymbolicTensor:
        """A cell that keeps the sizes."""
        with name_scope(f"normal_A_block_{name}"):
            return self._normal(x, before, channels, name)

    def _normal(self, x: SymbolicTensor, before: SymbolicTensor | None, channels: int, name: str) -> SymbolicTensor:
        p = self.adjusted(before, x, channels, name)
        h = self.convolved(layers.Activation("relu")(x), channels, f"normal_conv_1_{name}", f"normal_bn_1_{name}")

        def separable(x: SymbolicTensor, kernel: int, block: int, side: str) -> SymbolicTensor:
            return self.separable(x, channels, kernel, 1, block, f"normal_{side}{block}_{name}")

        def averaged(x: SymbolicTensor, place: str) -> SymbolicTensor:
            return layers.AveragePooling2D(3, strides=1, padding="same", name=f"normal_{place}_{name}")(x)

        pairs = (
            [separable(h, 5, 1, "left"), separable(p, 3, 1, "right")],
            [separable(p, 5, 2, "left"), separable(p, 3, 2, "right")],
            [averaged(h, "left3"), p],
            [averaged(p, "left4"), averaged(p, "right4")],
            [separable(h, 3, 5, "left"), h],
        )
        sums = [layers.Add(name=f"normal_add_{i}_{name}")(pair) for i, pair in enumerate(pairs, 1)]
        return layers.Concatenate(axis=self._axis, name=f"normal_concat_{name}")([p, *sums])

    def reduction(self, x: SymbolicTensor, before: SymbolicTensor | None, channels: int, name: str) -> SymbolicTensor:
        """A cell that halves height and width."""
        with name_scope(f"reduction_A_block_{name}"):
            return self._reduction(x, before, channels, name)

    def _reduction(self, x: SymbolicTensor, before: SymbolicTensor | None, channels: int, name: str) -> SymbolicTensor:
        p = self.adjusted(before, x, channels, name)
        h = self.convolved(layers.Activation("relu")(x), channels, f"reduction_conv_1_{name}", f"reduction_bn_1_{name}")
        padded = layers.ZeroPadding2D(halving_pad(self._sides(h), 3), name=f"reduction_pad_1_{name}")(h)

        def separable(x: SymbolicTensor, kernel: int, stride: int, block: int, place: str) -> SymbolicTensor:
            return self.separable(x, channels, kernel, stride, block, f"reduction_{place}_{name}")

        def added(place: str, *terms: SymbolicTensor) -> SymbolicTensor:
            return layers.Add(name=f"reduction_{place}_{name}")(list(terms))

        first = added("add_1", separable(h, 5, 2, 1, "left1"), separable(p, 7, 2, 1, "right1"))
        largest = layers.MaxPooling2D(3, strides=2, name=f"reduction_left2_{name}")(padded)
        second = added("add_2", largest, separable(p, 7, 2, 2, "right2"))
        mean = layers.AveragePooling2D(3, strides=2, name=f"reduction_left3_{name}")(padded)
        third = added("add3", mean, separable(p, 5, 2, 3, "right3"))
        mean = layers.AveragePooling2D(3, strides=1, padding="same", name=f"reduction_left4_{name}")(first)
        fourth = layers.Add()([second, mean])
        last = separable(first, 3, 1, 5, "left4")
        largest = layers.MaxPooling2D(3, strides=2, name=f"reduction_right5_{name}")(padded)
        parts = [second, third, fourth, added("add4", last, largest)]
        return layers.Concatenate(axis=self._axis, name=f"reduction_concat_{name}")(parts)


def _at(word: str, cells: int, channels: int, stem: int, image: int, skips_reduction: bool):
    return at_size(
        _nasnet,
        _Size(f"NASNet{word}", cells, channels, stem, image, skips_reduction),
        about=f"Build NASNet, the {word.lower()} one.",
        source=_SOURCE,
        name=f"nasnet_{word.lower()}",
        example=("include_top=False, input_shape=(32, 32, 3)", f"(None, 1, 1, {24 * channels})"),
        default=image,
    )


NASNetMobile = _at("Mobile", 4, 44, 32, 224, skips_reduction=False)
NASNetLarge = _at("Large", 6, 168, 96, 331, skips_reduction=True)
