"""Rows and columns cut off or added around images."""

from __future__ import annotations

from typing import Any

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Tensor, TensorLike, composite
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.dtype import first
from keraslite.ops.image.layout import image_axes, replaced
from keraslite.ops.indexing import slice
from keraslite.ops.manipulation import pad_constant
from keraslite.ops.shape import Dims


def _resolved(
    size: Size,
    before: Any,
    after: Any,
    target: Size | None,
    names: tuple[str, str, str],
    where: str,
    sign: int,
) -> tuple[Size, Size]:
    """(before, after) of one axis, of which exactly two of three numbers are given; `sign` 1 pads, -1 crops."""
    given = dict(zip(names, (before, after, target), strict=True))
    if sum(value is not None for value in given.values()) != 2:
        raise ArgumentError(
            f"`{where}` needs exactly two of {', '.join(f'`{n}`' for n in names)}. "
            f"Received {', '.join(f'{n}={value}' for n, value in given.items())}."
        )
    for name, value in given.items():
        if value is not None and not isinstance(value, Dimension):
            (check.positive_int if name == names[2] else check.non_negative_int)(value, name, where)
    if target is not None:
        change = (target - size) * sign
        before, after = (change - after, after) if before is None else (before, change - before)
    limits = ((before, 0), (after, 0), (size + sign * (before + after), 1))
    if any(not isinstance(value, Dimension) and value < low for value, low in limits):
        raise ArgumentError(
            f"`{where}` needs {', '.join(f'`{n}`' for n in names)} that fit an image of size {size} on that axis. "
            f"Received {', '.join(f'{n}={value}' for n, value in given.items())}."
        )
    return before, after


_EDGES = (("top", "bottom", "height"), ("left", "right", "width"))


def _borders(
    where: str,
    kind: str,
    sign: int,
    images: Dims,
    top: Size | None,
    left: Size | None,
    bottom: Size | None,
    right: Size | None,
    height: Size | None,
    width: Size | None,
    data_format: str | None,
) -> dict[int, tuple[Size, Size]]:
    """(before, after) by axis."""
    axes = image_axes(images, data_format, where)[:2]
    return {
        axis: _resolved(images[axis], *values, (f"{a}_{kind}", f"{b}_{kind}", f"target_{size}"), where, sign)
        for axis, values, (a, b, size) in zip(axes, ((top, bottom, height), (left, right, width)), _EDGES, strict=True)
    }


def _padded(images: Dims, *arguments: Any) -> Dims:
    pairs = _borders("pad_images", "padding", 1, images, *arguments)
    return replaced(images, {axis: images[axis] + before + after for axis, (before, after) in pairs.items()})


@composite(shape=_padded, dtype=first, eager_check=True)
def pad_images(
    images: TensorLike,
    top_padding: int | None = None,
    left_padding: int | None = None,
    bottom_padding: int | None = None,
    right_padding: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: DataFormat = None,
) -> Tensor:
    """Add zeros around images.

    Exactly two of top, bottom and height must be given, and two of left, right and width.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        top_padding, bottom_padding: rows to add.
        left_padding, right_padding: columns to add.
        target_height, target_width: sizes of the result.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.pad_images(images, top_padding=1, target_height=6, left_padding=0, target_width=5).shape)
        (6, 5, 3)
    """
    dims = dims_of(images)
    pairs = _borders(
        "pad_images",
        "padding",
        1,
        dims,
        top_padding,
        left_padding,
        bottom_padding,
        right_padding,
        target_height,
        target_width,
        data_format,
    )
    return pad_constant(images, tuple(pairs.get(i, (0, 0)) for i in range(len(dims))), 0)


def _cropped(images: Dims, *arguments: Any) -> Dims:
    pairs = _borders("crop_images", "cropping", -1, images, *arguments)
    return replaced(images, {axis: images[axis] - before - after for axis, (before, after) in pairs.items()})


@composite(shape=_cropped, dtype=first, eager_check=True)
def crop_images(
    images: TensorLike,
    top_cropping: int | None = None,
    left_cropping: int | None = None,
    bottom_cropping: int | None = None,
    right_cropping: int | None = None,
    target_height: int | None = None,
    target_width: int | None = None,
    data_format: DataFormat = None,
) -> Tensor:
    """Cut rows and columns off the borders of images.

    Exactly two of top, bottom and height must be given, and two of left, right and width.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        top_cropping, bottom_cropping: rows to cut off.
        left_cropping, right_cropping: columns to cut off.
        target_height, target_width: sizes of the result.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.crop_images(images, top_cropping=1, target_height=2, left_cropping=0, target_width=3).shape)
        (2, 3, 3)
    """
    dims = dims_of(images)
    pairs = _borders(
        "crop_images",
        "cropping",
        -1,
        dims,
        top_cropping,
        left_cropping,
        bottom_cropping,
        right_cropping,
        target_height,
        target_width,
        data_format,
    )
    starts = tuple(pairs[i][0] if i in pairs else 0 for i in range(len(dims)))
    sizes = tuple(d - sum(pairs.get(i, (0, 0))) for i, d in enumerate(dims))
    return slice(images, starts, sizes)
