"""Windows of images as columns and back, and pixels moved between space and channels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.convolution import layout
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.declare import DataFormat, Tensor, TensorLike, composite
from keraslite.ops.dimension import Size, apply, may_equal
from keraslite.ops.dtype import first
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import broadcast_to, pad_constant, reshape, stack
from keraslite.ops.order import transpose
from keraslite.ops.scatter import scatter_update
from keraslite.ops.shape import Dims, product, shown

__all__ = ["depth_to_space", "fold", "space_to_depth", "unfold"]

Pairs = tuple[tuple[int, ...], ...]


def _pairs(kernel_size: object, dilation: object, padding: object, stride: object, where: str) -> Pairs:
    return (
        check.int_tuple(kernel_size, 2, "kernel_size", where),
        check.int_tuple(dilation, 2, "dilation", where),
        check.int_tuple(padding, 2, "padding", where, low=0),
        check.int_tuple(stride, 2, "stride", where),
    )


def _counts(sizes: Dims, pairs: Pairs, where: str) -> Dims:
    """How many windows fit on each axis."""
    counts = []
    for n, k, d, p, s in zip(sizes, *pairs, strict=True):
        room = n + 2 * p - (k - 1) * d - 1
        if isinstance(room, int) and room < 0:
            raise ArgumentError(
                f"`{where}` needs sizes, with their padding, of at least the window's. "
                f"Received sizes {shown(sizes)}, kernel_size={pairs[0]}, dilation={pairs[1]} and padding={pairs[2]}."
            )
        counts.append(room // s + 1)
    return tuple(counts)


def windows_along(
    x: TensorLike, axis: int, count: Size, size: int, stride: int, dilation: int, first: bool = False
) -> Tensor:
    """`x` with `axis` as two, (windows, elements of each), or the other way round where `first`."""
    before, after = [slice(None)] * axis, [slice(None)] * (len(dims_of(x)) - axis - 1)
    starts = (k * dilation for k in range(size))
    taps = [basic_index(x, (*before, slice(s, s + (count - 1) * stride + 1, stride), *after)) for s in starts]
    return stack(taps, axis if first else axis + 1)


def _places(counts: Any, pairs: Pairs, axis: int) -> np.ndarray:
    """`(kernel, count)`: where each window's elements stand on the padded axis, int32."""
    kernel, dilation, _, stride = (pair[axis] for pair in pairs)
    return (np.arange(kernel)[:, None] * dilation + np.arange(counts[axis]) * stride).astype("int32")


def _unfolded(x: Dims, kernel_size: object, dilation: object = 1, padding: object = 0, stride: object = 1) -> Dims:
    if len(x) != 4:
        raise ArgumentError(f"`unfold` needs images `(batch, channels, height, width)`. Received shape {shown(x)}.")
    pairs = _pairs(kernel_size, dilation, padding, stride, "unfold")
    return (x[0], x[1] * product(pairs[0]), product(_counts(x[2:], pairs, "unfold")))


@composite(shape=_unfolded, dtype=first, eager_check=True)
def unfold(
    x: TensorLike,
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Return windows of images as columns ("im2col").

    Args:
        x: `(batch, channels, height, width)`.
        kernel_size: int or (height, width) of a window.
        dilation: the step between pixels of a window.
        padding: zeros on every side, rows and columns.
        stride: the step between windows.

    Returns:
        `(batch, channels * pixels, windows)`; windows row by row.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.unfold(np.ones((1, 3, 4, 4), "float32"), 2).shape)
        (1, 12, 9)
    """
    pairs = _pairs(kernel_size, dilation, padding, stride, "unfold")
    dims, (rows, columns) = dims_of(x), pairs[2]
    counts = _counts(dims[2:], pairs, "unfold")
    x = pad_constant(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)), 0) if rows or columns else x
    for i in (1, 0):
        kernel, dilations, _, strides = (pair[i] for pair in pairs)
        x = windows_along(x, 2 + i, counts[i], kernel, strides, dilations, first=True)
    # (batch, channels, kernel, count, kernel, count)
    return reshape(transpose(x, (0, 1, 2, 4, 3, 5)), (dims[0], dims[1] * product(pairs[0]), product(counts)))


def _folded(
    x: Dims, output_size: object, kernel_size: object, dilation: object = 1, padding: object = 0, stride: object = 1
) -> Dims:
    if len(x) != 3:
        raise ArgumentError(f"`fold` needs columns `(batch, channels * pixels, windows)`. Received shape {shown(x)}.")
    sizes = check.int_tuple(output_size, 2, "output_size", "fold")
    pairs = _pairs(kernel_size, dilation, padding, stride, "fold")
    counts, pixels = _counts(sizes, pairs, "fold"), product(pairs[0])
    if (isinstance(x[1], int) and x[1] % pixels) or not may_equal(x[2], product(counts)):
        raise ArgumentError(
            f"`fold` needs columns of a multiple of {pixels} elements (the window's) and {product(counts)} windows "
            f"for an output of {sizes}. Received shape {shown(x)}."
        )
    return (x[0], apply("//", x[1], pixels), *sizes)


@composite(shape=_folded, dtype=first, eager_check=True)
def fold(
    x: TensorLike,
    output_size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    stride: int | Sequence[int] = 1,
) -> Tensor:
    """Put columns of `unfold` together as images, with the sum where windows overlap ("col2im").

    Args:
        x: `(batch, channels * pixels, windows)`.
        output_size: int or (height, width) of the images.
        kernel_size, dilation, padding, stride: those of `unfold`.

    Returns:
        `(batch, channels, height, width)`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.fold(np.ones((1, 12, 9), "float32"), 4, 2).shape)
        (1, 3, 4, 4)
    """
    sizes = check.int_tuple(output_size, 2, "output_size", "fold")
    pairs = _pairs(kernel_size, dilation, padding, stride, "fold")
    dims, counts = dims_of(x), _counts(sizes, pairs, "fold")
    whole = [n + 2 * p for n, p in zip(sizes, pairs[2], strict=True)]
    images = dims[0] * dims[1] // product(pairs[0])
    places = _places(counts, pairs, 0)[:, None, :, None] * whole[1] + _places(counts, pairs, 1)[None, :, None]
    updates = transpose(reshape(x, (images, places.size)))  # (pixels * windows, images)
    blank = broadcast_to(zeros_like(updates[:1, ...]), (product(whole), images))
    made = scatter_update(blank, places.reshape(-1, 1), updates, "add")
    made = reshape(transpose(made), (dims[0], images // dims[0] if dims[0] else 0, *whole))
    (top, left), (height, width) = pairs[2], sizes
    if not (top or left):
        return made
    return basic_index(made, (slice(None), slice(None), slice(top, top + height), slice(left, left + width)))


# ---- space and depth --------------------------------------------------------------------------------------------


def _blocks(x: Dims, block_size: int, data_format: str | None, where: str) -> tuple[bool, Size, Size, Size]:
    """Whether channels are last, height, width, channels."""
    check.positive_int(block_size, "block_size", where)
    last = layout(data_format, where) == "channels_last"
    if len(x) != 4:
        raise ArgumentError(f"`{where}` needs a batch of images, of rank 4. Received shape {shown(x)}.")
    height, width, channels = x[1:] if last else (*x[2:], x[1])
    return last, height, width, channels


def _must_divide(sizes: Iterable[Size], divisor: int, what: str, x: Dims, where: str) -> None:
    if any(isinstance(n, int) and n % divisor for n in sizes):
        raise ArgumentError(f"`{where}` needs {what} that {divisor} divides. Received shape {shown(x)}.")


def _spread(x: Dims, block_size: int, data_format: str | None = "channels_last") -> Dims:
    last, height, width, channels = _blocks(x, block_size, data_format, "depth_to_space")
    _must_divide((channels,), block_size**2, "channels", x, "depth_to_space")
    height, width, channels = height * block_size, width * block_size, apply("//", channels, block_size**2)
    return (x[0], height, width, channels) if last else (x[0], channels, height, width)


@composite(shape=_spread, dtype=first, eager_check=True)
def depth_to_space(x: TensorLike, block_size: int, data_format: DataFormat = "channels_last") -> Tensor:
    """Spread channels over blocks of pixels ("pixel shuffle"): the inverse of `space_to_depth`.

    Args:
        x: `(batch, height, width, block_size**2 * channels)`, the pixel of a block before the channel; or, with
            "channels_first", `(batch, channels * block_size**2, height, width)`, the channel before the pixel, as on
            PyTorch (and in Keras everywhere but on TensorFlow).
        block_size: height and width of a block.
        data_format: "channels_last" or "channels_first"; None: `config.image_data_format()`.

    Returns:
        `(batch, height * block_size, width * block_size, channels)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.depth_to_space(np.ones((1, 2, 2, 4), "float32"), 2).shape)
        (1, 4, 4, 1)
    """
    last, height, width, channels = _blocks(dims_of(x), block_size, data_format, "depth_to_space")
    batch, b, left = dims_of(x)[0], block_size, channels // block_size**2
    if last:
        blocks = transpose(reshape(x, (batch, height, width, b, b, left)), (0, 1, 3, 2, 4, 5))
        return reshape(blocks, (batch, height * b, width * b, left))
    blocks = transpose(reshape(x, (batch, left, b, b, height, width)), (0, 1, 4, 2, 5, 3))
    return reshape(blocks, (batch, left, height * b, width * b))


def _gathered(x: Dims, block_size: int, data_format: str | None = "channels_last") -> Dims:
    last, height, width, channels = _blocks(x, block_size, data_format, "space_to_depth")
    _must_divide((height, width), block_size, "rows and columns", x, "space_to_depth")
    height, width, channels = apply("//", height, block_size), apply("//", width, block_size), channels * block_size**2
    return (x[0], height, width, channels) if last else (x[0], channels, height, width)


@composite(shape=_gathered, dtype=first, eager_check=True)
def space_to_depth(x: TensorLike, block_size: int, data_format: DataFormat = "channels_last") -> Tensor:
    """Put blocks of pixels into channels.

    Args:
        x: `(batch, height, width, channels)`, or channels first.
        block_size: height and width of a block, which divide those of `x`.
        data_format: "channels_last" or "channels_first"; None: `config.image_data_format()`.

    Returns:
        `(batch, height / block_size, width / block_size, block_size**2 * channels)`, or channels first; the order of
        channels is that of `depth_to_space`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.space_to_depth(np.ones((1, 4, 4, 1), "float32"), 2).shape)
        (1, 2, 2, 4)
    """
    last, height, width, channels = _blocks(dims_of(x), block_size, data_format, "space_to_depth")
    batch, b = dims_of(x)[0], block_size
    rows, columns = height // b, width // b
    if last:
        blocks = transpose(reshape(x, (batch, rows, b, columns, b, channels)), (0, 1, 3, 2, 4, 5))
        return reshape(blocks, (batch, rows, columns, b * b * channels))
    blocks = transpose(reshape(x, (batch, channels, rows, b, columns, b)), (0, 1, 3, 5, 2, 4))
    return reshape(blocks, (batch, channels * b * b, rows, columns))
