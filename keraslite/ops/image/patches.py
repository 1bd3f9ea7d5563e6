"""Windows of images and volumes as vectors."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.convolution import join_layout, layout, padding_name, split_layout, window_count
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Tensor, TensorLike, composite
from keraslite.ops.dtype import first
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import expand_dims, moveaxis, pad_constant, reshape, squeeze, transpose
from keraslite.ops.patches import windows_along
from keraslite.ops.shape import Dims, product, shown


def _arguments(
    images: Dims, size: object, strides: object, dilation_rate: object, padding: object, data_format: str | None
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], str, str]:
    """Sizes, strides and dilation as tuples, padding and layout as names."""
    where = "extract_patches"
    axes = len(size) if isinstance(size, (tuple, list)) else 2
    if axes not in (2, 3) or len(images) not in (axes + 1, axes + 2):
        raise ArgumentError(
            f"`{where}` needs images of rank 3 or 4 for a `size` of two numbers, volumes of rank 4 or 5 for one of "
            f"three. Received shape {shown(images)} and size={size!r}."
        )
    sizes = check.int_tuple(size, axes, "size", where)
    steps = sizes if strides is None else check.int_tuple(strides, axes, "strides", where)
    dilation = check.int_tuple(dilation_rate, axes, "dilation_rate", where)
    return sizes, steps, dilation, padding_name(padding, where), layout(data_format, where)


def _batched(images: Dims, axes: int) -> Dims:
    return images if len(images) == axes + 2 else (1, *images)


def _counted(
    images: Dims,
    size: object,
    strides: object = None,
    dilation_rate: object = 1,
    padding: object = "valid",
    data_format: str | None = None,
) -> Dims:
    sizes, steps, dilation, name, order = _arguments(images, size, strides, dilation_rate, padding, data_format)
    whole = _batched(images, len(sizes))
    spatial, channels = split_layout(whole, order)
    counts = tuple(
        window_count(n, (k - 1) * d + 1, s, name, "extract_patches")
        for n, k, s, d in zip(spatial, sizes, steps, dilation, strict=True)
    )
    result = join_layout(whole[0], counts, product(sizes) * channels, order)
    return result[len(result) - len(images) :]


@composite(shape=_counted, dtype=first, eager_check=True)
def extract_patches(
    images: TensorLike, size, strides=None, dilation_rate: int | Sequence[int] = 1, padding="valid", data_format=None
) -> Tensor:
    """Return windows of images or volumes, each as one vector: row by row, the channels of a pixel together.

    Args:
        images: `(height, width, channels)` or a batch of them; `(depth, height, width, channels)` or a batch of them
            where `size` has three numbers; or channels first.
        size: int, (height, width), or (depth, height, width) of a window.
        strides: one int, or one per axis; None: `size`.
        dilation_rate: one int, or one per axis: the step between pixels of a window. It may go with strides.
        padding: "valid", or "same" with zeros around.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        `(batch, *windows, pixels * channels)`, without the batch where there was none; or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.extract_patches(images, 2).shape)
        (2, 2, 12)
    """
    size, strides, dilation, padding, data_format = _arguments(
        dims_of(images), size, strides, dilation_rate, padding, data_format
    )
    rank = len(size)
    single = len(dims_of(images)) == rank + 1
    images = expand_dims(images, 0) if single else images
    images = moveaxis(images, 1, -1) if data_format == "channels_first" else images
    patches = _windows(images, size, strides, dilation, padding)
    patches = moveaxis(patches, -1, 1) if data_format == "channels_first" else patches
    return squeeze(patches, 0) if single else patches


def _windows(
    images: TensorLike, size: tuple[int, ...], strides: tuple[int, ...], dilation: tuple[int, ...], padding: str
) -> Tensor:
    """`(batch, *spatial, channels)` as `(batch, *windows, pixels * channels)`."""
    dims, rank = dims_of(images), len(size)
    whole = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    counts = [window_count(n, w, s, padding, "extract_patches") for n, w, s in zip(dims[1:], whole, strides)]  # noqa: B905
    if padding == "same":
        missing = [max((c - 1) * s + w - n, 0) for c, s, w, n in zip(counts, strides, whole, dims[1:])]  # noqa: B905
        images = pad_constant(images, ((0, 0), *((m // 2, m - m // 2) for m in missing), (0, 0)), 0)
    if tuple(strides) == tuple(size) and set(dilation) == {1}:  # side by side: nothing but another order
        ends = (slice(0, c * k) for c, k in zip(counts, size, strict=True))
        images = basic_index(images, (slice(None), *ends, slice(None)))
        pairs = [n for pair in zip(counts, size, strict=True) for n in pair]
        images = reshape(images, (dims[0], *pairs, dims[-1]))
    else:
        for i, (c, s, k, d) in enumerate(zip(counts, strides, size, dilation, strict=True)):
            images = windows_along(images, 1 + 2 * i, c, k, s, d)
    order = (0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1)
    return reshape(transpose(images, order), (dims[0], *counts, product(size) * dims[-1]))


def extract_patches_3d(
    volumes: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Windows of volumes, each as one vector: `extract_patches` with a `size` of three numbers.

    Args:
        volumes: `(depth, height, width, channels)` or a batch of them, or channels first.
        size: int or (depth, height, width) of a window.
        strides, dilation_rate, padding, data_format: as those of `extract_patches`.

    Returns:
        `(batch, *windows, voxels * channels)`, without the batch where there was none; or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> volumes = np.ones((4, 4, 4, 1), "float32")
        >>> tuple(ops.image.extract_patches_3d(volumes, 2).shape)
        (2, 2, 2, 8)
    """
    size = check.int_tuple(size, 3, "size", "extract_patches_3d")
    return extract_patches(volumes, size, strides, dilation_rate, padding, data_format)
