"""Colour spaces: grey, and hue, saturation and value."""

from __future__ import annotations

from collections.abc import Callable

from keraslite.ops.comparison import equal, where
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Tensor, TensorLike, composite
from keraslite.ops.division import divide_no_nan, mod
from keraslite.ops.dtype import first
from keraslite.ops.elementwise import clip, maximum, minimum
from keraslite.ops.image.layout import as_working, image_axes, need_channels, only_float, replaced
from keraslite.ops.manipulation import expand_dims, stack
from keraslite.ops.rounding import floor
from keraslite.ops.shape import Dims
from keraslite.ops.splitting import unstack

_GREY = (0.2989, 0.587, 0.114)


def _three(where: str, result: int = 3) -> Callable[..., Dims]:
    def rule(images: Dims, data_format: str | None = None) -> Dims:
        axis = image_axes(images, data_format, where)[2]
        need_channels(images, axis, 3, where)
        return replaced(images, {axis: result})

    return rule


def _channels(images: TensorLike, data_format: str | None, where: str) -> tuple[int, tuple[Tensor, ...]]:
    """The axis of channels, and the three of them without it."""
    axis = image_axes(dims_of(images), data_format, where)[2]
    return axis, unstack(images, 3, axis)


@composite(shape=_three("rgb_to_grayscale", 1), dtype=first, eager_check=True)
def rgb_to_grayscale(images: TensorLike, data_format: DataFormat = None) -> Tensor:
    """Convert colours to grey: `0.2989 * red + 0.587 * green + 0.114 * blue` (the luma of ITU-R BT.601).

    Args:
        images: `(height, width, 3)` or `(batch, height, width, 3)`, or channels first.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The same with one channel, in the dtype of `images`; integers lose what is behind the point.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.rgb_to_grayscale(images).shape)
        (4, 4, 1)
    """
    name = dtype_of(images)
    axis, colours = _channels(as_working(images), data_format, "rgb_to_grayscale")
    red, green, blue = (share * x for share, x in zip(_GREY, colours, strict=True))
    grey = red + green + blue
    return expand_dims(cast(grey if "float" in name else floor(grey), name), axis)


@composite(shape=_three("rgb_to_hsv"), dtype=only_float("rgb_to_hsv"), eager_check=True)
def rgb_to_hsv(images: TensorLike, data_format: DataFormat = None) -> Tensor:
    """Convert red, green and blue to hue, saturation and value, all in [0, 1] (Smith, 1978).

    Hue 0 is red, 1/3 green, 2/3 blue; of greys it is 0.

    Args:
        images: floats `(height, width, 3)` or `(batch, height, width, 3)`, or channels first.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> hsv = ops.image.rgb_to_hsv(np.array([[[0.0, 1.0, 0.0]]], "float32"))
        >>> print(ops.convert_to_numpy(hsv).round(3).ravel())
        [0.333 1.    1.   ]
    """
    axis, (red, green, blue) = _channels(images, data_format, "rgb_to_hsv")
    value = maximum(maximum(red, green), blue)
    span = value - minimum(minimum(red, green), blue)
    sixths = where(
        equal(value, red),
        mod(divide_no_nan(green - blue, span), 6),
        where(equal(value, green), divide_no_nan(blue - red, span) + 2, divide_no_nan(red - green, span) + 4),
    )
    return stack([sixths / 6, divide_no_nan(span, value), value], axis)


@composite(shape=_three("hsv_to_rgb"), dtype=only_float("hsv_to_rgb"), eager_check=True)
def hsv_to_rgb(images: TensorLike, data_format: DataFormat = None) -> Tensor:
    """Convert hue, saturation and value to red, green and blue, all in [0, 1] (Smith, 1978).

    Args:
        images: floats `(height, width, 3)` or `(batch, height, width, 3)`, or channels first.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> rgb = ops.image.hsv_to_rgb(np.array([[[0.0, 1.0, 1.0]]], "float32"))
        >>> print(ops.convert_to_numpy(rgb).round(3).ravel())
        [1. 0. 0.]
    """
    axis, (hue, saturation, value) = _channels(images, data_format, "hsv_to_rgb")

    def colour(turn: int) -> Tensor:
        # How much of the colour is missing: none for two sixths of the circle, all for two, a slope between.
        place = mod(hue * 6 + turn, 6)
        return value - value * saturation * clip(minimum(place, 4 - place), 0, 1)

    return stack([colour(5), colour(3), colour(1)], axis)
