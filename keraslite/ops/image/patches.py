"""Windows of images and volumes as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.convolution import join_layout, layout, padding_name, split_layout, window_count
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Name, Tensor, TensorLike, composite
from keraslite.ops.dimension import Size, apply, may_equal
from keraslite.ops.dtype import first
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import expand_dims, pad_constant, reshape, squeeze
from keraslite.ops.order import moveaxis, transpose
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
    images: TensorLike,
    size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    dilation_rate: int | Sequence[int] = 1,
    padding: Name = "valid",
    data_format: DataFormat = None,
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


def _grid(
    patches: Dims,
    size: object,
    output_size: object = None,
    strides: object = None,
    padding: object = "valid",
    data_format: str | None = None,
) -> tuple[tuple[int, ...], Dims, Dims, Size, str]:
    """Size of a patch, counts of patches, sizes of the images, channels, layout."""
    where = "reconstruct_patches"
    axes = len(size) if isinstance(size, (tuple, list)) else 2
    if axes not in (2, 3) or len(patches) not in (axes + 1, axes + 2):
        raise ArgumentError(
            f"`{where}` needs patches of rank 3 or 4 for a `size` of two numbers, of rank 4 or 5 for one of three. "
            f"Received shape {shown(patches)} and size={size!r}."
        )
    sizes = check.int_tuple(size, axes, "size", where)
    if strides is not None and check.int_tuple(strides, axes, "strides", where) != sizes:
        raise ArgumentError(
            f"`{where}` needs patches side by side, so `strides` equal to `size` or None. Received strides={strides!r} "
            f"and size={size!r}. Use `ops.fold` for patches that overlap."
        )
    name, order = padding_name(padding, where), layout(data_format, where)
    counts, depth = split_layout(_batched(patches, axes), order)
    if isinstance(depth, int) and depth % product(sizes):
        raise ArgumentError(
            f"`{where}` needs vectors of a multiple of {product(sizes)} elements, the pixels of a patch. "
            f"Received shape {shown(patches)} and size={size!r}."
        )
    whole = tuple(c * k for c, k in zip(counts, sizes, strict=True))
    spatial = whole if output_size is None else check.int_tuple(output_size, axes, "output_size", where)
    _must_fit(spatial, whole, sizes, name, output_size)
    return sizes, counts, spatial, apply("//", depth, product(sizes)), order


def _must_fit(spatial: Dims, whole: Dims, sizes: tuple[int, ...], padding: str, output_size: object) -> None:
    """Raise where images of sizes `spatial` do not have patches that cover `whole`."""
    if padding == "same" and output_size is None:
        raise ArgumentError(
            '`reconstruct_patches` needs `output_size` for padding="same", because it is not known how much was '
            "added. Received None. Give the height and width of the images before."
        )
    covered = [-(-n // k) * k for n, k in zip(spatial, sizes, strict=True)] if padding == "same" else spatial
    if not all(may_equal(a, b) for a, b in zip(covered, whole, strict=True)):
        raise ArgumentError(
            f"`reconstruct_patches` needs an `output_size` whose patches are those given: they cover {shown(whole)}. "
            f"Received output_size={output_size!r} and padding={padding!r}."
        )


def _reconstructed(patches: Dims, *arguments: Any) -> Dims:
    sizes, _, spatial, channels, order = _grid(patches, *arguments)
    result = join_layout(_batched(patches, len(sizes))[0], spatial, channels, order)
    return result[len(result) - len(patches) :]


@composite(shape=_reconstructed, dtype=first, eager_check=True)
def reconstruct_patches(
    patches: TensorLike,
    size: int | Sequence[int],
    output_size: int | Sequence[int] | None = None,
    strides: int | Sequence[int] | None = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Put patches that lie side by side together as images or volumes: the inverse of `extract_patches`.

    Args:
        patches: `(rows, columns, pixels * channels)` or a batch of them; with a third axis of patches before the rows
            where `size` has three numbers; or channels first.
        size: int, (height, width), or (depth, height, width) of a patch.
        output_size: the sizes of the images; None (default) for those that the patches cover. Padding "same" needs it.
        strides: `size` or None (default): patches must not overlap.
        padding: that of `extract_patches`: "valid" (default), or "same", where it is cut off again.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        `(batch, *output_size, channels)`, without the batch where there was none; or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> image = np.arange(16.0).reshape(4, 4, 1)
        >>> patches = ops.image.extract_patches(image, 2)
        >>> bool((ops.convert_to_numpy(ops.image.reconstruct_patches(patches, 2)) == image).all())
        True
    """
    sizes, counts, spatial, channels, order = _grid(dims_of(patches), size, output_size, strides, padding, data_format)
    rank, single = len(sizes), len(dims_of(patches)) == len(sizes) + 1
    patches = expand_dims(patches, 0) if single else patches
    patches = moveaxis(patches, 1, -1) if order == "channels_first" else patches
    batch = dims_of(patches)[0]
    blocks = reshape(patches, (batch, *counts, *sizes, channels))
    pairs = [axis for i in range(1, rank + 1) for axis in (i, i + rank)]
    whole = [c * k for c, k in zip(counts, sizes, strict=True)]
    images = reshape(transpose(blocks, (0, *pairs, 2 * rank + 1)), (batch, *whole, channels))
    added = [(n - wanted) // 2 for n, wanted in zip(whole, spatial, strict=True)]
    parts = (slice(start, start + n) for start, n in zip(added, spatial, strict=True))
    images = basic_index(images, (slice(None), *parts, slice(None))) if tuple(whole) != tuple(spatial) else images
    images = moveaxis(images, -1, 1) if order == "channels_first" else images
    return squeeze(images, 0) if single else images
