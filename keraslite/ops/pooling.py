"""Maximum and average over windows of spatial axes."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import check
from keraslite.ops.convolution import join_layout, layout, padding_name, spatial_rank, split_layout, window_count
from keraslite.ops.declare import DataFormat, Name, Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import first, promote_float
from keraslite.ops.shape import Dims

__all__ = ["average_pool", "max_pool"]


def _pooled_shape(
    inputs: Dims, pool_size: tuple[int, ...], strides: tuple[int, ...], padding: str, data_format: str
) -> Dims:
    spatial, channels = split_layout(inputs, data_format)
    counts = tuple(window_count(n, k, s, padding, "pool") for n, k, s in zip(spatial, pool_size, strides, strict=True))
    return join_layout(inputs[0], counts, channels, data_format)


@primitive(shape=_pooled_shape, dtype=first, eager_check=True)
def pool_max(inputs: TensorLike, pool_size, strides, padding, data_format) -> Tensor:
    """What `max_pool` computes; sizes and strides are tuples."""
    ...


@primitive(shape=_pooled_shape, dtype=promote_float, eager_check=True)
def pool_average(inputs: TensorLike, pool_size, strides, padding, data_format) -> Tensor:
    """What `average_pool` computes; sizes and strides are tuples."""
    ...


def _arguments(
    inputs: TensorLike, pool_size: object, strides: object, padding: object, data_format: str | None, where: str
) -> tuple:
    rank = spatial_rank(inputs, where)
    pool = check.int_tuple(pool_size, rank, "pool_size", where)
    steps = pool if strides is None else check.int_tuple(strides, rank, "strides", where)
    return pool, steps, padding_name(padding, where), layout(data_format, where)


@composite(dtype=first)
def max_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: Name = "valid",
    data_format: DataFormat = None,
) -> Tensor:
    """Return the largest element of each window.

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        pool_size: the size of the window, an int or one for each axis.
        strides: the distance between windows, an int or one for each axis; None (default) for `pool_size`.
        padding: "valid" (default) for whole windows only, "same" for as many windows as strides fit; what is padded is
            never the largest.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A tensor `(batch, *windows, channels)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.max_pool(np.arange(4.0).reshape(1, 4, 1), 2)).tolist()
        [[[1.0], [3.0]]]
    """
    return pool_max(inputs, *_arguments(inputs, pool_size, strides, padding, data_format, "max_pool"))


@composite(dtype=promote_float)
def average_pool(
    inputs: TensorLike,
    pool_size: int | Sequence[int],
    strides: int | Sequence[int] | None = None,
    padding: Name = "valid",
    data_format: DataFormat = None,
) -> Tensor:
    """Return the mean of each window.

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        pool_size: the size of the window, an int or one for each axis.
        strides: the distance between windows, an int or one for each axis; None (default) for `pool_size`.
        padding: "valid" (default) for whole windows only, "same" for as many windows as strides fit; only elements that
            lie inside count.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A tensor `(batch, *windows, channels)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.average_pool(np.arange(4.0).reshape(1, 4, 1), 2)).tolist()
        [[[0.5], [2.5]]]
    """
    return pool_average(inputs, *_arguments(inputs, pool_size, strides, padding, data_format, "average_pool"))
