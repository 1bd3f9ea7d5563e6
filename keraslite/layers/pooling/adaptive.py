"""Max and average pooling to a given size, in one to three dimensions."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, IntOrTuple, LayerOptions
from keraslite.serialization import builtin


class _AdaptivePooling(Layer):
    """Windows that divide each of `rank` axes into a number of parts."""

    is_weightless = True
    rank: int

    argument_checks = ranges.checks(output_size=lambda cls: ranges.sizes(cls.rank), data_format=FORMAT)

    def __init__(self, output_size: IntOrTuple, data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.output_size, self.data_format = output_size, known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)


class _AdaptiveAveragePooling(_AdaptivePooling):
    def call(self, inputs: Tensor) -> Tensor:
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class _AdaptiveMaxPooling(_AdaptivePooling):
    def call(self, inputs: Tensor) -> Tensor:
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


@builtin("keras.layers")
class AdaptiveAveragePooling1D(_AdaptiveAveragePooling):
    """Averages each of a given number of windows over the steps of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveAveragePooling1D(2)(Input((8, 3))).shape
        (None, 2, 3)
    """

    rank = 1


@builtin("keras.layers")
class AdaptiveAveragePooling2D(_AdaptiveAveragePooling):
    """Averages each of a given number of windows over the rows and columns of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int for all axes or 2 of them.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveAveragePooling2D(2)(Input((8, 8, 3))).shape
        (None, 2, 2, 3)
    """

    rank = 2


@builtin("keras.layers")
class AdaptiveAveragePooling3D(_AdaptiveAveragePooling):
    """Averages each of a given number of windows over the three spatial axes of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int for all axes or 3 of them.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveAveragePooling3D(2)(Input((8, 8, 8, 3))).shape
        (None, 2, 2, 2, 3)
    """

    rank = 3


@builtin("keras.layers")
class AdaptiveMaxPooling1D(_AdaptiveMaxPooling):
    """Takes the largest element of each of a given number of windows over the steps of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveMaxPooling1D(2)(Input((8, 3))).shape
        (None, 2, 3)
    """

    rank = 1


@builtin("keras.layers")
class AdaptiveMaxPooling2D(_AdaptiveMaxPooling):
    """Takes the largest element of each of a given number of windows over the rows and columns of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int for all axes or 2 of them.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveMaxPooling2D(2)(Input((8, 8, 3))).shape
        (None, 2, 2, 3)
    """

    rank = 2


@builtin("keras.layers")
class AdaptiveMaxPooling3D(_AdaptiveMaxPooling):
    """Takes the largest element of each of a given number of windows over the three spatial axes of its input.

    Window `i` of `m`, over an axis of size `n`, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`. So windows may
    share an element, and `m` may be above `n`.

    Args:
        output_size: number of windows, a positive int for all axes or 3 of them.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with one place per window.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdaptiveMaxPooling3D(2)(Input((8, 8, 8, 3))).shape
        (None, 2, 2, 2, 3)
    """

    rank = 3
