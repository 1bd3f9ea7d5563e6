"""The blocks of EfficientNet, both versions: inverted residual blocks, with one convolution fused or by channel."""

from __future__ import annotations

from typing import NamedTuple

from keraslite import initializers, layers
from keraslite.applications.mobile import halving_pad
from keraslite.layers.types import Padding
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["Block", "Blocks", "classifier_kernel"]


class Block(NamedTuple):
    """An inverted residual block.

    Attributes:
        kernel: size of the kernel.
        filters: number of output channels.
        expansion: factor of channels within the block.
        stride: stride of the convolution.
        excites: whether the block ends with squeeze-and-excitation.
        is_fused: whether one convolution expands and looks around.
    """

    kernel: int
    filters: int
    expansion: int
    stride: int
    excites: bool = True
    is_fused: bool = False


def conv_kernel() -> initializers.Initializer:
    """Initial values of convolutions."""
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


def classifier_kernel() -> initializers.Initializer:
    """Initial values of the classifier."""
    return initializers.VarianceScaling(1 / 3, "fan_out", "uniform")


class Blocks:
    """Builds blocks and what lies around them.

    Args:
        axis: the axis of channels.
        momentum: how much of the moving statistics stays per step.
        pads: whether zeros are added by layers of their own before strides, as in version 1.
    """

    def __init__(self, axis: int, momentum: float, pads: bool):
        self._axis, self._momentum, self._pads = axis, momentum, pads

    def normalized(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization."""
        return layers.BatchNormalization(axis=self._axis, momentum=self._momentum, name=f"{name}bn")(x)

    def activated(self, x: SymbolicTensor, name: str) -> SymbolicTensor:
        """Batch normalization and SiLU."""
        return layers.Activation("silu", name=f"{name}activation")(self.normalized(x, name))

    def conv(self, x: SymbolicTensor, filters: int, kernel: int, stride: int, name: str) -> SymbolicTensor:
        """A convolution without a bias."""
        x, padding = self._padded(x, kernel, stride, f"{name}_pad")
        return layers.Conv2D(
            filters,
            kernel,
            strides=stride,
            padding=padding,
            use_bias=False,
            kernel_initializer=conv_kernel(),
            name=name,
        )(x)

    def _padded(self, x: SymbolicTensor, kernel: int, stride: int, name: str) -> tuple[SymbolicTensor, Padding]:
        if stride == 1 or not self._pads:
            return x, "same"
        sides = x.shape[2:4] if self._axis == 1 else x.shape[1:3]
        return layers.ZeroPadding2D(halving_pad(sides, kernel), name=name)(x), "valid"

    def residual(self, x: SymbolicTensor, block: Block, drop: float, name: str) -> SymbolicTensor:
        """A block.

        Args:
            x: the input.
            block: what it is made of.
            drop: share of the samples that training drops from the block, where there is a shortcut.
            name: what names of layers begin with.
        """
        channels = x.shape[self._axis] or 0
        y = self._fused(x, block, name) if block.is_fused else self._by_channel(x, block, name)
        if block.stride != 1 or channels != block.filters:
            return y
        if drop > 0:
            y = layers.Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
        return layers.Add(name=f"{name}add")([y, x])

    def _by_channel(self, x: SymbolicTensor, block: Block, name: str) -> SymbolicTensor:
        channels = x.shape[self._axis] or 0
        y = x
        if block.expansion != 1:
            y = self.conv(x, channels * block.expansion, 1, 1, f"{name}expand_conv")
            y = self.activated(y, f"{name}expand_")
        y, padding = self._padded(y, block.kernel, block.stride, f"{name}dwconv_pad")
        y = layers.DepthwiseConv2D(
            block.kernel,
            strides=block.stride,
            padding=padding,
            use_bias=False,
            depthwise_initializer=conv_kernel(),
            name=f"{name}dwconv" if self._pads else f"{name}dwconv2",
        )(y)
        y = self.activated(y, name)
        if block.excites:
            y = self._excited(y, max(1, channels // 4), name)
        return self.normalized(self.conv(y, block.filters, 1, 1, f"{name}project_conv"), f"{name}project_")

    def _fused(self, x: SymbolicTensor, block: Block, name: str) -> SymbolicTensor:
        channels = x.shape[self._axis] or 0
        if block.expansion == 1:
            y = self.conv(x, block.filters, block.kernel, block.stride, f"{name}project_conv")
            return self.activated(y, f"{name}project_")
        y = self.conv(x, channels * block.expansion, block.kernel, block.stride, f"{name}expand_conv")
        y = self.activated(y, f"{name}expand_")
        return self.normalized(self.conv(y, block.filters, 1, 1, f"{name}project_conv"), f"{name}project_")

    def _excited(self, x: SymbolicTensor, reduced: int, name: str) -> SymbolicTensor:
        """Squeeze-and-excitation: each channel times a factor in [0, 1]."""
        channels = x.shape[self._axis] or 0
        y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
        shape = (channels, 1, 1) if self._axis == 1 else (1, 1, channels)
        y = layers.Reshape(shape, name=f"{name}se_reshape")(y)
        for filters, activation, word in ((reduced, "silu", "reduce"), (channels, "sigmoid", "expand")):
            y = layers.Conv2D(
                filters,
                1,
                padding="same",
                activation=activation,
                kernel_initializer=conv_kernel(),
                name=f"{name}se_{word}",
            )(y)
        return layers.Multiply(name=f"{name}se_excite")([x, y])
