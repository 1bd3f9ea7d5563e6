"""Convolutions over one, two or three spatial axes.

The public ops put their arguments into one form and hand over to three primitives. "same" padding is
TensorFlow's on every engine: `ceil(n / stride)` outputs, the odd zero of padding at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import check, config
from keraslite.errors import ArgumentError
from keraslite.ops.declare import DataFormat, Name, Tensor, TensorLike, composite, given, primitive
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.dtype import promote_float
from keraslite.ops.shape import Dims, shown

__all__ = ["conv", "conv_transpose", "depthwise_conv", "separable_conv"]


def spatial_rank(inputs: Any, where: str) -> int:
    """The number of spatial axes of `(batch, ..., channels)`."""
    rank = len(inputs.shape) - 2
    if not 1 <= rank <= 3:
        raise ArgumentError(
            f"`{where}` needs `inputs` of rank 3, 4 or 5: batch, one to three spatial axes, channels. "
            f"Received shape {shown(inputs.shape)}."
        )
    return rank


def padding_name(padding: Any, where: str) -> str:
    """ "valid" or "same", in whatever case it came."""
    name = padding.lower() if isinstance(padding, str) else padding
    return check.one_of(name, ("valid", "same"), "padding", where)


def layout(data_format: str | None, where: str) -> str:
    """The data format, from the configuration where it is None."""
    if data_format is None:
        return config.image_data_format()
    return check.one_of(data_format, ("channels_last", "channels_first"), "data_format", where)


def split_layout(dims: Dims, data_format: str) -> tuple[Dims, Size]:
    """(spatial sizes, channels) of a whole shape."""
    return (dims[1:-1], dims[-1]) if data_format == "channels_last" else (dims[2:], dims[1])


def join_layout(batch: Size, spatial: Sequence[Size], channels: Size, data_format: str) -> Dims:
    """The whole shape again."""
    return (batch, *spatial, channels) if data_format == "channels_last" else (batch, channels, *spatial)


def window_count(size: Size, window: Size, stride: int, padding: str, where: str) -> Size:
    """How many windows fit on an axis."""
    if padding == "same":
        return (size + stride - 1) // stride
    count = (size - window) // stride + 1
    if isinstance(count, int) and count <= 0:
        raise ArgumentError(
            f"`{where}` needs spatial sizes of at least the window's. Received size {size} for a window of {window} "
            '(dilation counted). Use padding="same" or larger inputs.'
        )
    return count


def _windows(
    spatial: Dims, kernel: Dims, strides: tuple[int, ...], padding: str, dilation: tuple[int, ...], where: str
) -> tuple:
    return tuple(
        window_count(n, (k - 1) * d + 1, s, padding, where)
        for n, k, s, d in zip(spatial, kernel, strides, dilation, strict=True)
    )


def _check_kernel(inputs: Dims, kernel: Dims, where: str) -> None:
    if len(kernel) != len(inputs):
        raise ArgumentError(
            f"`{where}` needs a kernel of the rank of `inputs` ({len(inputs)}). Received kernel shape {shown(kernel)}."
        )


def _convolution_shape(
    inputs: Dims, kernel: Dims, strides: tuple[int, ...], padding: str, dilation_rate: tuple[int, ...], data_format: str
) -> Dims:
    _check_kernel(inputs, kernel, "conv")
    spatial, channels = split_layout(inputs, data_format)
    per_group, filters = kernel[-2], kernel[-1]
    if isinstance(channels, int) and (channels % per_group or filters % (channels // per_group)):
        raise ArgumentError(
            f"`conv` needs input channels that are a multiple of the kernel's ({per_group}), and filters ({filters}) "
            f"that are a multiple of the number of groups. Received {channels} input channels, shape "
            f"{shown(inputs)}, data_format={data_format!r}."
        )
    counts = _windows(spatial, kernel[:-2], strides, padding, dilation_rate, "conv")
    return join_layout(inputs[0], counts, filters, data_format)


@primitive(shape=_convolution_shape, dtype=promote_float, eager_check=True)
def convolution(inputs: TensorLike, kernel: TensorLike, strides, padding, dilation_rate, data_format) -> Tensor:
    """What `conv` computes; strides and dilation are tuples, `padding` "valid" or "same"."""
    ...


def _depthwise_shape(
    inputs: Dims, kernel: Dims, strides: tuple[int, ...], padding: str, dilation_rate: tuple[int, ...], data_format: str
) -> Dims:
    _check_kernel(inputs, kernel, "depthwise_conv")
    spatial, channels = split_layout(inputs, data_format)
    if not may_equal(channels, kernel[-2]):
        raise ArgumentError(
            f"`depthwise_conv` needs as many input channels as the kernel has ({kernel[-2]}). Received {channels}, "
            f"shape {shown(inputs)}, data_format={data_format!r}."
        )
    counts = _windows(spatial, kernel[:-2], strides, padding, dilation_rate, "depthwise_conv")
    return join_layout(inputs[0], counts, kernel[-2] * kernel[-1], data_format)


@primitive(shape=_depthwise_shape, dtype=promote_float, eager_check=True)
def depthwise_convolution(
    inputs: TensorLike, kernel: TensorLike, strides, padding, dilation_rate, data_format
) -> Tensor:
    """What `depthwise_conv` computes; arguments as those of `convolution`."""
    ...


def _transposed_shape(
    inputs: Dims,
    kernel: Dims,
    strides: tuple[int, ...],
    crops: Sequence[tuple[int, int]],
    dilation_rate: tuple[int, ...],
    data_format: str,
) -> Dims:
    _check_kernel(inputs, kernel, "conv_transpose")
    spatial, channels = split_layout(inputs, data_format)
    if not may_equal(channels, kernel[-1]):
        raise ArgumentError(
            f"`conv_transpose` needs as many input channels as the kernel's last axis has ({kernel[-1]}). "
            f"Received {channels}, shape {shown(inputs)}, data_format={data_format!r}."
        )
    sizes = tuple(
        (n - 1) * s + (k - 1) * d + 1 - before - after
        for n, k, s, d, (before, after) in zip(spatial, kernel[:-2], strides, dilation_rate, crops, strict=True)
    )
    return join_layout(inputs[0], sizes, kernel[-2], data_format)


@primitive(shape=_transposed_shape, dtype=promote_float, eager_check=True)
def transposed_convolution(
    inputs: TensorLike, kernel: TensorLike, strides, crops, dilation_rate, data_format
) -> Tensor:
    """The gradient of `convolution` ("valid") with respect to its input, then cropped.

    `crops` has (before, after) an axis; a negative number adds zeros there instead.
    """
    ...


def _arguments(
    inputs: TensorLike, strides: object, dilation_rate: object, data_format: str | None, where: str
) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    rank = spatial_rank(inputs, where)
    strides = check.int_tuple(strides, rank, "strides", where)
    dilation = check.int_tuple(dilation_rate, rank, "dilation_rate", where)
    return strides, dilation, layout(data_format, where)


@composite(dtype=promote_float)
def conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: Name = "valid",
    data_format: DataFormat = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Return the convolution (cross-correlation) over one to three spatial axes.

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        kernel: `(*window, channels / groups, filters)`; its next to last axis decides the number of groups.
        strides: the distance between windows, an int or one for each axis; 1 by default.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.
        dilation_rate: the distance between elements of the window, an int or one for each axis; 1 by default.

    Returns:
        `(batch, *windows, filters)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.conv(np.ones((1, 5, 2), "float32"), np.ones((3, 2, 4), "float32")).shape)
        (1, 3, 4)
    """
    strides, dilation, data_format = _arguments(inputs, strides, dilation_rate, data_format, "conv")
    return convolution(inputs, kernel, strides, padding_name(padding, "conv"), dilation, data_format)


@composite(dtype=promote_float)
def depthwise_conv(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: Name = "valid",
    data_format: DataFormat = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Return the convolution of each channel with filters of its own.

    Args:
        inputs: `(batch, *spatial, channels)`, or channels first.
        kernel: `(*window, channels, multiplier)`.
        strides, padding, data_format, dilation_rate: as those of `conv`.

    Returns:
        `(batch, *windows, channels * multiplier)`; filter `m` of channel `c` is at `c * multiplier + m`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.depthwise_conv(np.ones((1, 5, 2), "float32"), np.ones((3, 2, 4), "float32")).shape)
        (1, 3, 8)
    """
    name = "depthwise_conv"
    strides, dilation, data_format = _arguments(inputs, strides, dilation_rate, data_format, name)
    return depthwise_convolution(inputs, kernel, strides, padding_name(padding, name), dilation, data_format)


@composite(dtype=promote_float)
def separable_conv(
    inputs: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: Name = "valid",
    data_format: DataFormat = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Return a depthwise convolution followed by a convolution with windows of size 1.

    Args:
        inputs: `(batch, *spatial, channels)`, or channels first.
        depthwise_kernel: `(*window, channels, multiplier)`.
        pointwise_kernel: `(1, ..., channels * multiplier, filters)`.
        strides, padding, data_format, dilation_rate: as those of `conv`, for the first of the two.

    Returns:
        `(batch, *windows, filters)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> depthwise, pointwise = np.ones((3, 2, 1), "float32"), np.ones((1, 2, 4), "float32")
        >>> tuple(ops.separable_conv(np.ones((1, 5, 2), "float32"), depthwise, pointwise).shape)
        (1, 3, 4)
    """
    depthwise = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(depthwise, pointwise_kernel, 1, "valid", data_format, 1)


def transpose_crops(
    kernel: Sequence[int],
    strides: Sequence[int],
    padding: str,
    output_padding: Sequence[int] | None,
    dilation: Sequence[int],
) -> tuple:
    """(before, after) on each axis: what Keras cuts off the whole transposed convolution (negative: adds).

    Without `output_padding`, "same" gives `n * stride` outputs and "valid" at least as many; with it the sizes
    are PyTorch's, for a padding of half the window ("same") or none ("valid").
    """
    crops = []
    for i, (k, s, d) in enumerate(zip(kernel, strides, dilation, strict=True)):
        window = (k - 1) * d + 1
        if output_padding is None:
            total = window - s if padding == "same" else min(window - s, 0)
        else:
            total = (2 * (window // 2) if padding == "same" else 0) - output_padding[i]
        before = max(total, 0) // 2 if padding == "same" else 0
        crops.append((before, total - before))
    return tuple(crops)


@composite(dtype=promote_float)
def conv_transpose(
    inputs: TensorLike,
    kernel: TensorLike,
    strides: int | Sequence[int] = 1,
    padding: Name = "valid",
    output_padding: int | Sequence[int] | None = None,
    data_format: DataFormat = None,
    dilation_rate: int | Sequence[int] = 1,
) -> Tensor:
    """Return the transposed convolution: the gradient of `conv` with respect to its inputs.

    Args:
        inputs: `(batch, *spatial, channels)`, or channels first.
        kernel: `(*window, filters, channels)`.
        strides, padding, data_format, dilation_rate: as those of `conv`.
        output_padding: None (default), an int, or one for each axis, smaller than the stride: chooses among the sizes
            that the convolution would map to `inputs`' size.

    Returns:
        `(batch, *sizes, filters)`, or channels first; sizes are `n * stride` with "same" and no `output_padding`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.conv_transpose(np.ones((1, 3, 4), "float32"), np.ones((3, 2, 4), "float32")).shape)
        (1, 5, 2)
    """
    inputs, kernel = given(inputs), given(kernel)
    name = "conv_transpose"
    _check_kernel(inputs.shape, kernel.shape, name)
    strides, dilation, data_format = _arguments(inputs, strides, dilation_rate, data_format, name)
    if output_padding is not None:
        output_padding = check.int_tuple(output_padding, len(strides), "output_padding", name, low=0)
    window = tuple(kernel.shape[: len(strides)])
    crops = transpose_crops(window, strides, padding_name(padding, name), output_padding, dilation)
    return transposed_convolution(inputs, kernel, strides, crops, dilation, data_format)
