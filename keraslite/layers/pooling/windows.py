"""Max and average pooling over windows, in one to three dimensions."""

from __future__ import annotations

from typing import ClassVar, Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, IntOrTuple, Padding, UnnamedOptions
from keraslite.serialization import builtin


class _Pooling(Layer):
    """Windows over `rank` axes; `strides` None are those of windows side by side."""

    is_weightless = True
    rank: int

    argument_checks = ranges.checks(
        pool_size=lambda cls: ranges.sizes(cls.rank),
        strides=lambda cls: ranges.sizes(cls.rank) | None,
        padding=ranges.one_of("valid", "same", fold=True),
        data_format=FORMAT,
    )

    def __init__(
        self,
        pool_size: IntOrTuple,
        strides: IntOrTuple | None = None,
        padding: Padding = "valid",
        data_format: DataFormat = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size, self.strides = pool_size, pool_size if strides is None else strides
        self.padding, self.data_format = padding, known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)


class _MaxPooling(_Pooling):
    def __init__(
        self,
        pool_size: IntOrTuple = 2,
        strides: IntOrTuple | None = None,
        padding: Padding = "valid",
        data_format: DataFormat = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class _AveragePooling(_Pooling):
    def call(self, inputs: Tensor) -> Tensor:
        return ops.average_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@builtin("keras.layers")
class MaxPooling1D(_MaxPooling):
    """Takes the largest element of each window over the steps of its input.

    Args:
        pool_size: size of the window, a positive int. Default: 2.
        strides: how far the window moves, a positive int. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.MaxPooling1D(2)(Input((8, 3))).shape
        (None, 4, 3)
    """

    rank = 1


@builtin("keras.layers")
class MaxPooling2D(_MaxPooling):
    """Takes the largest element of each window over the rows and columns of its input.

    Args:
        pool_size: size of the window, a positive int for all axes or 2 of them. Default: 2.
        strides: how far the window moves, a positive int for all axes or 2 of them. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.MaxPooling2D(2)(Input((8, 8, 3))).shape
        (None, 4, 4, 3)
    """

    rank = 2
    shown_defaults: ClassVar = {"pool_size": (2, 2)}


@builtin("keras.layers")
class MaxPooling3D(_MaxPooling):
    """Takes the largest element of each window over the three spatial axes of its input.

    Args:
        pool_size: size of the window, a positive int for all axes or 3 of them. Default: 2.
        strides: how far the window moves, a positive int for all axes or 3 of them. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.MaxPooling3D(2)(Input((8, 8, 8, 3))).shape
        (None, 4, 4, 4, 3)
    """

    rank = 3
    shown_defaults: ClassVar = {"pool_size": (2, 2, 2)}


@builtin("keras.layers")
class AveragePooling1D(_AveragePooling):
    """Averages each window over the steps of its input.

    With "same" padding only elements inside the input count.

    Args:
        pool_size: size of the window, a positive int.
        strides: how far the window moves, a positive int. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AveragePooling1D(2)(Input((8, 3))).shape
        (None, 4, 3)
    """

    rank = 1


@builtin("keras.layers")
class AveragePooling2D(_AveragePooling):
    """Averages each window over the rows and columns of its input.

    With "same" padding only elements inside the input count.

    Args:
        pool_size: size of the window, a positive int for all axes or 2 of them.
        strides: how far the window moves, a positive int for all axes or 2 of them. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AveragePooling2D(2)(Input((8, 8, 3))).shape
        (None, 4, 4, 3)
    """

    rank = 2


@builtin("keras.layers")
class AveragePooling3D(_AveragePooling):
    """Averages each window over the three spatial axes of its input.

    With "same" padding only elements inside the input count.

    Args:
        pool_size: size of the window, a positive int for all axes or 3 of them.
        strides: how far the window moves, a positive int for all axes or 3 of them. Default: None, `pool_size`.
        padding: "valid" (windows lie inside the input) or "same" (windows may reach beyond it, so that each spatial
            size becomes `ceil(size / stride)`), in any case. Default: "valid".
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AveragePooling3D(2)(Input((8, 8, 8, 3))).shape
        (None, 4, 4, 4, 3)
    """

    rank = 3
