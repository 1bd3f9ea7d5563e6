"""UpSampling in one to three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack, cast

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, IntOrTuple, LayerOptions
from keraslite.serialization import builtin


def _repeat(x: Tensor, size: Sequence[int], first: int) -> Tensor:
    for i, n in enumerate(size):
        x = ops.repeat(x, n, axis=first + i)
    return x


@builtin("keras.layers")
class UpSampling1D(Layer):
    """Repeats each step of its input.

    Args:
        size: how often, a positive int. Default: 2.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`.

    Output:
        `(batch, steps * size, channels)`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.UpSampling1D(2)(np.array([[[1.0], [2.0]]]))).tolist()
        [[[1.0], [1.0], [2.0], [2.0]]]
    """

    is_weightless = True
    argument_checks = ranges.checks(size=ranges.positive_int)

    def __init__(self, size: int = 2, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: Tensor) -> Tensor:
        return _repeat(inputs, (self.size,), 1)


@builtin("keras.layers")
class UpSampling2D(Layer):
    """Enlarges the rows and columns of its input by whole factors.

    Args:
        size: the factors, a positive int for both or a pair (rows, columns). Default: (2, 2).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        interpolation: "nearest" repeats; "bilinear", "bicubic", "lanczos3" and "lanczos5" resize the image. Default:
            "nearest".
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with sizes times the factors.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.
        MissingCapabilityError: in a call, if `ops.image.resize` is not there and `interpolation` is not "nearest".

    Example:
        >>> from keraslite import Input, layers
        >>> layers.UpSampling2D((2, 3))(Input((4, 4, 3))).shape
        (None, 8, 12, 3)
    """

    is_weightless = True
    argument_checks = ranges.checks(
        size=ranges.sizes(2),
        data_format=FORMAT,
        interpolation=ranges.one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    )

    def __init__(
        self,
        size: IntOrTuple = (2, 2),
        data_format: DataFormat = None,
        interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = "nearest",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.size = cast("tuple[int, ...]", size)  # as its check makes it
        self.data_format = known_format(data_format)
        self.interpolation = interpolation
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs: Tensor) -> Tensor:
        first = 1 if self.data_format == "channels_last" else 2
        if self.interpolation == "nearest":
            return _repeat(inputs, self.size, first)
        image = getattr(ops, "image", None)
        if image is None:
            raise errors.MissingCapabilityError(
                f"`UpSampling2D` needs `ops.image.resize` for interpolation={self.interpolation!r}, which is not there "
                'yet. Use interpolation="nearest".'
            )
        sizes = ops.shape(inputs)[first : first + 2]
        target = tuple(n * factor for n, factor in zip(sizes, self.size, strict=True))
        return image.resize(inputs, target, interpolation=self.interpolation, data_format=self.data_format)


@builtin("keras.layers")
class UpSampling3D(Layer):
    """Repeats its input along its three spatial axes.

    Args:
        size: how often, a positive int for all axes or 3 of them. Default: (2, 2, 2).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with sizes times `size`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.UpSampling3D(2)(Input((4, 4, 4, 3))).shape
        (None, 8, 8, 8, 3)
    """

    is_weightless = True
    argument_checks = ranges.checks(size=ranges.sizes(3), data_format=FORMAT)

    def __init__(
        self, size: IntOrTuple = (2, 2, 2), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.size = cast("tuple[int, ...]", size)  # as its check makes it
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs: Tensor) -> Tensor:
        return _repeat(inputs, self.size, 1 if self.data_format == "channels_last" else 2)
