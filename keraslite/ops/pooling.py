"""Maximum and average over windows of spatial axes."""

from __future__ import annotations

from typing import Any

from keraslite import check
from keraslite.ops.convolution import join_layout, layout, padding_name, spatial_rank, split_layout, window_count
from keraslite.ops.declare import Tensor, TensorLike, composite, primitive
from keraslite.ops.dtype import first, promote_float

__all__ = ["average_pool", "max_pool"]


def _pooled_shape(inputs: Any, pool_size: Any, strides: Any, padding: str, data_format: str) -> Any:
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


def _arguments(inputs: Any, pool_size: Any, strides: Any, padding: Any, data_format: Any, where: str) -> tuple:
    rank = spatial_rank(inputs, where)
    pool = check.int_tuple(pool_size, rank, "pool_size", where)
    steps = pool if strides is None else check.int_tuple(strides, rank, "strides", where)
    return pool, steps, padding_name(padding, where), layout(data_format, where)


@composite(dtype=first)
def max_pool(inputs: TensorLike, pool_size, strides=None, padding="valid", data_format=None) -> Tensor:
    """Largest element of each window.

    Args:
        inputs: `(batch, *spatial, channels)`, or `(batch, channels, *spatial)` with "channels_first".
        pool_size: int or one an axis.
        strides: int or one an axis; None: `pool_size`.
        padding: "valid" or "same"; what is padded is never the largest.
        data_format: None: `config.image_data_format()`.

    Returns:
        `(batch, *windows, channels)`, or channels first.
    """
    return pool_max(inputs, *_arguments(inputs, pool_size, strides, padding, data_format, "max_pool"))


@composite(dtype=promote_float)
def average_pool(inputs: TensorLike, pool_size, strides=None, padding="valid", data_format=None) -> Tensor:
    """Mean of each window; with "same" padding, of those of its elements that lie inside.

    Arguments and result as those of `max_pool`.
    """
    return pool_average(inputs, *_arguments(inputs, pool_size, strides, padding, data_format, "average_pool"))
