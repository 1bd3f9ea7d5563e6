"""Colours and intensities of batches of images, as functions of tensors.

Images are floats `(batch, height, width, channels)`, or channels first. What is drawn per image has the shape
`(batch, 1, 1, 1)`, or `(batch,)`. `axes` are the axes of rows, columns and channels, counted from the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from keraslite import ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.ops.image.filters import weighted

__all__ = [
    "NUDGE",
    "Axes",
    "ValueRange",
    "are_chosen",
    "blended",
    "blurred",
    "brightened",
    "clipped",
    "contrasted",
    "grey",
    "hue_turned",
    "inverted",
    "per_image",
    "posterized",
    "saturated",
    "sharpened",
    "solarized",
    "stretched",
]

#: The axes of rows, columns and channels, counted from the end.
Axes: TypeAlias = tuple[int, int, int]
#: The least and the largest value of an image.
ValueRange: TypeAlias = Sequence[float]

_GREY = (0.2989, 0.587, 0.114)  # the luma of ITU-R BT.601
_BITS = 255.0
#: Added before rounding down, so that 3 / 255 * 255 is at least 3 however it is computed.
NUDGE = 1e-4


def per_image(values: TensorLike, images: Tensor) -> Tensor:
    """Values `(batch,)` or `(batch, 1, 1, 1)`, or one for all images, as `(batch, 1, 1, 1)` in the images' dtype."""
    return ops.cast(ops.reshape(values, (-1, 1, 1, 1)), ops.dtype(images))


def are_chosen(chosen: TensorLike) -> Tensor:
    """Which images are chosen, as `(batch, 1, 1, 1)`."""
    return ops.reshape(chosen, (-1, 1, 1, 1))


def clipped(images: Tensor, value_range: ValueRange) -> Tensor:
    """Images with values inside their range."""
    return ops.clip(images, value_range[0], value_range[1])


def brightened(images: Tensor, delta: TensorLike, value_range: ValueRange) -> Tensor:
    """Images with `delta` added to each value."""
    return clipped(images + per_image(delta, images), value_range)


def contrasted(images: Tensor, factor: TensorLike, value_range: ValueRange, axes: Axes) -> Tensor:
    """Images whose values differ from the mean of their channel by `factor` times as much."""
    factor = per_image(factor, images)
    columns = ops.mean(images, axes[0], keepdims=True)
    offset = ops.mean(columns, axes[1], keepdims=True) * (1 - factor)
    # One offset for each column instead of one for all is much faster on NumPy, whose innermost loop is then long.
    return clipped(images * factor + (offset + ops.zeros_like(columns)), value_range)


def hue_turned(images: Tensor, turn: TensorLike, value_range: ValueRange, data_format: str) -> Tensor:
    """Images whose hues are turned by `turn` times the colour circle."""
    low, high = value_range
    hsv = ops.image.rgb_to_hsv((images - low) / (high - low), data_format)
    axis = -1 if data_format == "channels_last" else -3
    hue, saturation, value = ops.unstack(hsv, 3, axis)
    turned = ops.stack([hue + ops.cast(ops.reshape(turn, (-1, 1, 1)), ops.dtype(images)), saturation, value], axis)
    return clipped(ops.image.hsv_to_rgb(turned, data_format) * (high - low) + low, value_range)


def saturated(images: Tensor, factor: TensorLike, value_range: ValueRange, axes: Axes) -> Tensor:
    """Images whose saturation is `factor` times as large, from 0 up to full saturation.

    In the model of hue, saturation and value, all channels approach the largest one, the value, in proportion. So
    there is no need to compute the hue.
    """
    red, green, blue = ops.split(images, 3, axes[2])
    value = ops.maximum(ops.maximum(red, green), blue)
    span = value - ops.minimum(ops.minimum(red, green), blue)
    most = ops.divide_no_nan(value - value_range[0], span)  # that much more is full saturation
    factor = ops.minimum(ops.maximum(per_image(factor, images), 0.0), most)
    return clipped(value - (value - images) * factor, value_range)


def grey(images: Tensor, axes: Axes) -> Tensor:
    """Images without colour, with as many channels."""
    red, green, blue = (share * x for share, x in zip(_GREY, ops.split(images, 3, axes[2]), strict=True))
    return ops.broadcast_to(red + green + blue, ops.shape(images))


def blended(images: Tensor, others: Tensor, share: TensorLike) -> Tensor:
    """Images with a share of others mixed in; below 0 or above 1 it goes beyond the one or the other."""
    return images + (others - images) * per_image(share, images)


def inverted(images: Tensor, value_range: ValueRange) -> Tensor:
    """Images with dark and bright exchanged."""
    return value_range[0] + value_range[1] - images


def as_bytes(images: Tensor, value_range: ValueRange) -> Tensor:
    """Images on the scale from 0 to 255."""
    low, high = value_range
    return (images - low) * (_BITS / (high - low))


def from_bytes(images: Tensor, value_range: ValueRange) -> Tensor:
    """Images on the scale from 0 to 255, back on that of their values."""
    low, high = value_range
    return images * ((high - low) / _BITS) + low


def levels(images: Tensor, value_range: ValueRange, count: int = 256) -> Tensor:
    """Which of `count` levels each value belongs to, as int32 from 0 to `count - 1`."""
    low, high = value_range
    scaled = (images - low) * ((count - 1) / (high - low))
    return ops.cast(ops.floor(ops.clip(scaled, 0, count - 1) + NUDGE), "int32")


def posterized(images: Tensor, shift: TensorLike, value_range: ValueRange) -> Tensor:
    """Images whose values, as integers from 0 to 255, have lost their lowest `shift` bits."""
    steps = ops.convert_to_tensor(2.0 ** np.arange(9), ops.dtype(images))
    step = ops.reshape(ops.take(steps, ops.cast(shift, "int32")), (-1, 1, 1, 1))
    values = ops.clip(as_bytes(images, value_range), 0.0, _BITS) + NUDGE
    return from_bytes(ops.floor(values / step) * step, value_range)


def solarized(images: Tensor, addition: TensorLike, threshold: TensorLike, value_range: ValueRange) -> Tensor:
    """Images that are inverted where they are bright.

    Args:
        images: the images.
        addition: what is added first, on the scale from 0 to 255.
        threshold: from which value on they are inverted, on that scale.
        value_range: the range of values.
    """
    values = ops.clip(as_bytes(images, value_range) + per_image(addition, images), 0.0, _BITS)
    return from_bytes(ops.where(values < per_image(threshold, images), values, _BITS - values), value_range)


def sharpened(images: Tensor, factor: TensorLike, value_range: ValueRange, axes: Axes) -> Tensor:
    """Images between a smooth version (0), themselves (0.5) and as much sharper (1).

    The smooth version is the mean of 3 by 3 pixels in which the middle one counts five times.
    """
    low = value_range[0]
    values, ones = images - low, np.ones(3)
    box = values
    for axis in axes[:2]:
        box = weighted(box, ones, len(images.shape) + axis, "same")
    smooth = (box + 4.0 * values) / 13.0 + low
    return clipped(blended(smooth, images, 2.0 * per_image(factor, images)), value_range)


def blurred(images: Tensor, sigma: Tensor, sizes: tuple[int, int], value_range: ValueRange, axes: Axes) -> Tensor:
    """Images blurred by windows of a normal distribution.

    Args:
        images: the images.
        sigma: `(batch, 2)` or `(1, 2)`, the standard deviations to the side and downwards, in pixels. 0 does not blur.
        sizes: (height, width) of the window.
        value_range: the range of values; outside the image is the least one.
        axes: the axes of rows, columns and channels.
    """
    low = value_range[0]
    result = images - low
    sigma = ops.maximum(sigma, 1e-3)
    for size, axis, deviations in zip(sizes, axes[:2], (sigma[:, 1], sigma[:, 0]), strict=True):
        places = ops.convert_to_tensor(np.arange(size) - (size - 1) / 2, ops.dtype(images))
        weights = ops.exp(-0.5 * ops.square(ops.reshape(places, (-1, 1, 1, 1, 1)) / per_image(deviations, images)))
        result = weighted(result, weights / ops.sum(weights, 0), len(images.shape) + axis, "same")
    return result + low


def stretched(images: Tensor, value_range: ValueRange, axes: Axes) -> Tensor:
    """Images whose values reach from one end of the range to the other in each channel that is not even."""
    low, high = value_range
    least, most = (f(images, axes[:2], keepdims=True) for f in (ops.min, ops.max))
    return ops.where(most > least, ops.divide_no_nan(images - least, most - least) * (high - low) + low, images)
