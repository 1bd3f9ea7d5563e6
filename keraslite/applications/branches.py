"""What the Inception networks share: convolutions with normalization, and branches that are concatenated."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import layers
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["Branches", "Conv"]


class Conv(NamedTuple):
    """A convolution, batch normalization without a scale, and ReLU.

    Attributes:
        filters: number of output channels.
        height, width: size of the kernel.
        shrinks: whether the stride is 2, without padding.
        pads: whether zeros keep the size of the image.
    """

    filters: int
    height: int = 1
    width: int | None = None
    shrinks: bool = False
    pads: bool = True


class Branches:
    """Builds branches.

    Args:
        axis: the axis of channels.
    """

    def __init__(self, axis: int):
        self._axis = axis

    def conv(self, x: SymbolicTensor, conv: Conv, name: str | None = None) -> SymbolicTensor:
        """A convolution with what follows it."""
        kernel = (conv.height, conv.height if conv.width is None else conv.width)
        x = layers.Conv2D(
            conv.filters,
            kernel,
            strides=2 if conv.shrinks else 1,
            padding="valid" if conv.shrinks or not conv.pads else "same",
            use_bias=False,
            name=name,
        )(x)
        x = layers.BatchNormalization(axis=self._axis, scale=False, name=name and f"{name}_bn")(x)
        return layers.Activation("relu", name=name and f"{name}_ac")(x)

    def chain(self, x: SymbolicTensor, *convs: Conv) -> SymbolicTensor:
        """Convolutions one after another."""
        for conv in convs:
            x = self.conv(x, conv)
        return x

    def joined(self, branches: list[SymbolicTensor], name: str | None = None) -> SymbolicTensor:
        """Branches side by side."""
        return layers.Concatenate(axis=self._axis, name=name)(branches)

    def averaged(self, x: SymbolicTensor, filters: int) -> SymbolicTensor:
        """The branch that takes means of 3 x 3 neighbours."""
        return self.conv(layers.AveragePooling2D(3, strides=1, padding="same")(x), Conv(filters))

    def stem(self, x: SymbolicTensor) -> SymbolicTensor:
        """What both networks begin with."""
        x = self.chain(x, Conv(32, 3, shrinks=True), Conv(32, 3, pads=False), Conv(64, 3))
        x = layers.MaxPooling2D(3, strides=2)(x)
        x = self.chain(x, Conv(80, pads=False), Conv(192, 3, pads=False))
        return layers.MaxPooling2D(3, strides=2)(x)
