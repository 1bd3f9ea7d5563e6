"""InceptionV3: branches with kernels of several sizes, large kernels factorized."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.applications.branches import Branches, Conv
from keraslite.applications.frame import Frame, ImageShape, Pooling, Weights
from keraslite.applications.imagenet_utils import decode_predictions
from keraslite.applications.preprocessing import tf as preprocess_input
from keraslite.applications.sizes import at_size
from keraslite.layers.types import ActivationLike
from keraslite.models import Model
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

_SOURCE = 'Szegedy and others, "Rethinking the Inception architecture for computer vision", 2016.'


class _Size(NamedTuple):
    function: str


def _inception_v3(
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
        min_size=75,
    )
    net = _Blocks(frame.axis)
    x = net.stem(frame.inputs)
    for i, filters in enumerate((32, 64, 64)):
        x = net.of_squares(x, filters, f"mixed{i}")
    x = net.halved(x, "mixed3")
    for i, filters in enumerate((128, 160, 160, 192), 4):
        x = net.of_lines(x, filters, f"mixed{i}")
    x = net.halved_again(x, "mixed8")
    for i in range(2):
        x = net.wide(x, i, f"mixed{9 + i}")
    if not include_top:
        return frame.model(frame.pooled(x))
    return frame.model(frame.classifier(layers.GlobalAveragePooling2D(name="avg_pool")(x)))


class _Blocks(Branches):
    """The modules of the paper."""

    def of_squares(self, x: SymbolicTensor, averaged: int, name: str) -> SymbolicTensor:
        """Kernels of 1 x 1, 5 x 5 and twice 3 x 3."""
        return self.joined(
            [
                self.conv(x, Conv(64)),
                self.chain(x, Conv(48), Conv(64, 5)),
                self.chain(x, Conv(64), Conv(96, 3), Conv(96, 3)),
                self.averaged(x, averaged),
            ],
            name,
        )

    def halved(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Half the height and width."""
        branches = [
            self.conv(x, Conv(384, 3, shrinks=True)),
            self.chain(x, Conv(64), Conv(96, 3), Conv(96, 3, shrinks=True)),
            layers.MaxPooling2D(3, strides=2)(x),
        ]
        return self.joined(branches, name)

    def of_lines(self, x: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
        """Kernels of 1 x 1, and of 7 x 7 made of rows and columns."""
        twice = [Conv(filters), Conv(filters, 7, 1), Conv(filters, 1, 7), Conv(filters, 7, 1), Conv(192, 1, 7)]
        return self.joined(
            [
                self.conv(x, Conv(192)),
                self.chain(x, Conv(filters), Conv(filters, 1, 7), Conv(192, 7, 1)),
                self.chain(x, *twice),
                self.averaged(x, 192),
            ],
            name,
        )

    def halved_again(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Half the height and width, for small images."""
        branches = [
            self.chain(x, Conv(192), Conv(320, 3, shrinks=True)),
            self.chain(x, Conv(192), Conv(192, 1, 7), Conv(192, 7, 1), Conv(192, 3, shrinks=True)),
            layers.MaxPooling2D(3, strides=2)(x),
        ]
        return self.joined(branches, name)

    def wide(self, x: SymbolicTensor, i: int, name: str) -> SymbolicTensor:
        """Branches that end with a row and a column side by side."""
        whole = self.conv(x, Conv(320))
        once = self.conv(x, Conv(384))
        once = self.joined([self.conv(once, Conv(384, 1, 3)), self.conv(once, Conv(384, 3, 1))], f"mixed9_{i}")
        twice = self.chain(x, Conv(448), Conv(384, 3))
        twice = self.joined([self.conv(twice, Conv(384, 1, 3)), self.conv(twice, Conv(384, 3, 1))])
        return self.joined([whole, once, twice, self.averaged(x, 192)], name)


InceptionV3 = at_size(
    _inception_v3,
    _Size("InceptionV3"),
    about="Build InceptionV3.",
    source=_SOURCE,
    name="inception_v3",
    example=("include_top=False, input_shape=(75, 75, 3)", "(None, 1, 1, 2048)"),
    default=299,
    least=75,
)
