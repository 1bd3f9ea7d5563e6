"""Images of another size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Name, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Dimension, Size
from keraslite.ops.dtype import first
from keraslite.ops.image.layout import as_working, image_axes, own_and_floats, replaced, restored
from keraslite.ops.indexing import basic_index, take
from keraslite.ops.manipulation import pad_constant
from keraslite.ops.resampling import along, nearest_for, nearest_pixels, placed_weights, resample, resample_bilinear
from keraslite.ops.shape import Dims, shown
from keraslite.ops.sizes import larger, numbers, smaller

METHODS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")


def _size(size: Any) -> tuple[Any, Any]:
    pair = tuple(size) if isinstance(size, (tuple, list)) or hasattr(size, "tolist") else ()
    if len(pair) != 2 or not all(isinstance(n, Dimension) or (hasattr(n, "__index__") and n > 0) for n in pair):
        raise ArgumentError(
            f"`resize` needs `size` to be two positive integers, (height, width). Received size={size!r}."
        )
    return tuple(n if isinstance(n, Dimension) else n.__index__() for n in pair)  # type: ignore[return-value]


def _resized(
    images: Dims,
    size: object,
    interpolation: object = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: object = "constant",
    fill_value: object = 0.0,
    data_format: str | None = None,
) -> Dims:
    check.one_of(interpolation, METHODS, "interpolation", "resize")
    check.one_of(fill_mode, ("constant",), "fill_mode", "resize")
    check.number(fill_value, "fill_value", "resize")
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ArgumentError(
            "`resize` needs at most one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio`. Received both. "
            "Leave one of them out."
        )
    rows, columns, _ = image_axes(images, data_format, "resize")
    height, width = _size(size)
    return replaced(images, {rows: height, columns: width})


@composite(shape=_resized, dtype=first, eager_check=True)
def resize(
    images: TensorLike,
    size: Sequence[int],
    interpolation: Name = "bilinear",
    antialias: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    fill_mode: Name = "constant",
    fill_value: float = 0.0,
    data_format: DataFormat = None,
) -> Tensor:
    """Resize images. Pixels are squares, so the corners of old and new images coincide.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        size: `(height, width)` of the result.
        interpolation: "nearest"; "bilinear"; "bicubic" (Keys, 1981, with a = -1/2); "lanczos3", "lanczos5" (a sine
            cardinal windowed to 3 or 5 pixels); "area" (the mean of what a new pixel covers).
        antialias: whether the kernels widen with the pixels where the image shrinks. "nearest" and "area" ignore it.
        crop_to_aspect_ratio: resize only the largest window in the middle that has the ratio of `size`.
        pad_to_aspect_ratio: first pad with `fill_value` on both sides to the ratio of `size`.
        fill_mode: "constant".
        fill_value: what to pad with.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The images in their dtype; integers are rounded, and those out of range become the nearest. Keras on PyTorch
        has another "bicubic" (a = -3/4), and "area" on TensorFlow only.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.resize(images, (2, 8)).shape)
        (2, 8, 3)
    """
    images = given(images)
    rows, columns, _ = image_axes(dims_of(images), data_format, "resize")
    size, name = _size(size), dtype_of(images)
    images = images if interpolation == "nearest" else as_working(images)
    if crop_to_aspect_ratio:
        images = _cropped_to(images, rows, columns, size)
    elif pad_to_aspect_ratio:
        images = _padded_to(images, rows, columns, size, fill_value)
    if interpolation == "nearest":
        dims = dims_of(images)
        # Columns first: then whole rows move.
        for axis, target in ((columns, size[1]), (rows, size[0])):
            if not isinstance(dims[axis], int):
                images = take(images, nearest_for(numbers(images, axis, "int32"), target), axis)
            elif dims[axis] != target:
                images = take(images, nearest_pixels(dims[axis], target), axis)
        return given(images)
    is_known = isinstance(dims_of(images)[rows], int) and isinstance(dims_of(images)[columns], int)
    if interpolation == "bilinear" and not antialias and is_known:
        return restored(resample_bilinear(images, rows, columns, *size), name)
    return restored(resample(images, {rows: size[0], columns: size[1]}, interpolation, antialias), name)


def _fitting(dims: Dims, rows: int, columns: int, size: tuple[int, int]) -> tuple[Size, Size]:
    """The height that goes with the whole width, and the width that goes with the whole height."""
    height, width = dims[rows], dims[columns]
    return larger(width * size[0] // size[1], 1), larger(height * size[1] // size[0], 1)


def _cropped_to(images: Tensor, rows: int, columns: int, size: tuple[int, int]) -> Tensor:
    dims = dims_of(images)
    key = [slice(None)] * len(dims)
    for axis, fitting in zip((rows, columns), _fitting(dims, rows, columns, size), strict=True):
        kept = smaller(dims[axis], fitting)
        begin = (dims[axis] - kept) // 2
        key[axis] = slice(begin, begin + kept)
    return basic_index(images, tuple(key))


def _padded_to(images: Tensor, rows: int, columns: int, size: tuple[int, int], value: float) -> Tensor:
    dims = dims_of(images)
    pairs: list[tuple[Size, Size]] = [(0, 0)] * len(dims)
    for axis, fitting in zip((rows, columns), _fitting(dims, rows, columns, size), strict=True):
        border = larger(fitting - dims[axis], 0) // 2
        pairs[axis] = (border, border)  # both sides alike, as in Keras: no odd pixel
    if all(isinstance(after, int) and after == 0 for _, after in pairs):
        return images
    whole = "float" not in dtype_of(images)
    return pad_constant(images, tuple(pairs), round(value) if whole else value)


# ---- scale and translate ----------------------------------------------------------------------------------------

_NAMES = {
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), "bilinear"),
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), "bicubic"),
    "lanczos3": "lanczos3",
    "lanczos5": "lanczos5",
}


def _translated(
    images: Dims,
    output_shape: Dims,
    scale: Dims,
    translation: Dims,
    spatial_dims: Sequence[int],
    method: object,
    antialias: bool = True,
) -> Dims:
    check.one_of(method, _NAMES, "method", "scale_and_translate")
    axes = _spatial(spatial_dims, len(images))
    if scale != (len(axes),) or translation != (len(axes),):
        raise ArgumentError(
            f"`scale_and_translate` needs a `scale` and a `translation` for each of {len(axes)} axes. "
            f"Received shapes {shown(scale)} and {shown(translation)}."
        )
    sizes = tuple(output_shape)
    if len(sizes) != len(images):
        raise ArgumentError(
            f"`scale_and_translate` needs `output_shape` of the rank of `images` ({len(images)}). Received {sizes}."
        )
    kept = [i for i in range(len(images)) if i not in axes]
    if any(isinstance(images[i], int) and images[i] != sizes[i] for i in kept):
        raise ArgumentError(
            f"`scale_and_translate` needs `output_shape` to be that of `images` outside `spatial_dims`. "
            f"Received images of shape {shown(images)}, output_shape={sizes} and spatial_dims={tuple(spatial_dims)}."
        )
    return sizes


def _spatial(spatial_dims: object, rank: int) -> tuple[int, ...]:
    axes = tuple(spatial_dims) if isinstance(spatial_dims, (tuple, list)) else ()
    if not axes or not all(isinstance(a, int) and -rank <= a < rank for a in axes):
        raise ArgumentError(
            f"`scale_and_translate` needs `spatial_dims` to be axes of an image of rank {rank}. "
            f"Received spatial_dims={spatial_dims!r}."
        )
    return tuple(a % rank for a in axes)


@composite(shape=_translated, dtype=own_and_floats, eager_check=True)
def scale_and_translate(
    images: TensorLike,
    output_shape: Sequence[int],
    scale: TensorLike,
    translation: TensorLike,
    spatial_dims: Sequence[int],
    method: Name,
    antialias: bool = True,
) -> Tensor:
    """Scale and move images: position `x` along an axis goes to `x * scale + translation`.

    Positions are in pixels, whose centres are at 0.5, 1.5, ... What comes from outside the image is 0.

    Args:
        images: of any shape.
        output_shape: of the result; that of `images` except on `spatial_dims`.
        scale, translation: `(k,)` floats, for each of `spatial_dims`.
        spatial_dims: k axes.
        method: "linear" (or "bilinear", "trilinear", "triangle"), "cubic" (or "bicubic", "tricubic"), "lanczos3",
            "lanczos5": the kernels of `resize`.
        antialias: whether the kernels widen where the image shrinks.

    Returns:
        `output_shape`, in the dtype of `images`; integers are rounded. It has gradients by `scale` and `translation`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> scale, translation = np.array([2.0], "float32"), np.array([0.0], "float32")
        >>> larger = ops.image.scale_and_translate(images, (8, 4, 3), scale, translation, (0,), "linear")
        >>> tuple(larger.shape)
        (8, 4, 3)
    """
    scale, translation = given(scale), given(translation)
    name, result = dtype_of(images), as_working(images)
    for i, axis in enumerate(_spatial(spatial_dims, len(dims_of(images)))):
        size, target = dims_of(result)[axis], output_shape[axis]
        weights = placed_weights(size, target, scale[i], translation[i], _NAMES[method], antialias)
        result = along(weights, result, axis)
    return restored(result, name)
