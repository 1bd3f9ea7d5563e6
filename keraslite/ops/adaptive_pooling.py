"""Pooling to a given size, whatever the size before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from keraslite import check
from keraslite.ops.convolution import join_layout, layout, spatial_rank, split_layout
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Tensor, TensorLike, composite, given
from keraslite.ops.dtype import first, promote_float
from keraslite.ops.image.layout import constant
from keraslite.ops.indexing import take
from keraslite.ops.reduction import max
from keraslite.ops.resampling import adaptive_windows, along, window_weights
from keraslite.ops.shape import Dims
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["adaptive_average_pool", "adaptive_max_pool"]


def _pooled(where: str) -> Callable[..., Dims]:
    def rule(inputs: Dims, output_size: object, data_format: str | None = None) -> Dims:
        rank = spatial_rank(SymbolicTensor(inputs), where)
        sizes, order = check.int_tuple(output_size, rank, "output_size", where), layout(data_format, where)
        return join_layout(inputs[0], sizes, split_layout(inputs, order)[1], order)

    return rule


def _changes(
    inputs: TensorLike, output_size: object, data_format: str | None, where: str
) -> list[tuple[int, int, int]]:
    """(axis, size, new size) of each spatial axis."""
    dims = dims_of(inputs)
    begin = 1 if layout(data_format, where) == "channels_last" else 2
    sizes = check.int_tuple(output_size, len(dims) - 2, "output_size", where)
    return [(begin + i, dims[begin + i], size) for i, size in enumerate(sizes)]


@composite(shape=_pooled("adaptive_average_pool"), dtype=promote_float, eager_check=True)
def adaptive_average_pool(
    inputs: TensorLike, output_size: int | Sequence[int], data_format: DataFormat = None
) -> Tensor:
    """Return the means over windows that divide each axis into a number of parts.

    Part `i` of `m`, of `n` elements, goes from `floor(i * n / m)` to `ceil((i + 1) * n / m)`; so parts may share an
    element.

    Args:
        inputs: `(batch, *spatial, channels)` with one to three spatial axes, or channels first.
        output_size: the number of parts, an int or one for each axis.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A tensor `(batch, *output_size, channels)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.adaptive_average_pool(np.arange(4.0).reshape(1, 4, 1), 2)).tolist()
        [[[0.5], [2.5]]]
    """
    result = given(inputs)
    for axis, size, target in _changes(result, output_size, data_format, "adaptive_average_pool"):
        if size != target:
            result = along(constant(window_weights(size, target), result), result, axis)
    return result


@composite(shape=_pooled("adaptive_max_pool"), dtype=first, eager_check=True)
def adaptive_max_pool(inputs: TensorLike, output_size: int | Sequence[int], data_format: DataFormat = None) -> Tensor:
    """Return the largest elements of windows that divide each axis into a number of parts.

    The parts are those of `adaptive_average_pool`.

    Args:
        inputs: `(batch, *spatial, channels)` with one to three spatial axes, or channels first.
        output_size: the number of parts, an int or one for each axis.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A tensor `(batch, *output_size, channels)`, or channels first.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> ops.convert_to_numpy(ops.adaptive_max_pool(np.arange(4.0).reshape(1, 4, 1), 2)).tolist()
        [[[1.0], [3.0]]]
    """
    result = given(inputs)
    for axis, size, target in _changes(result, output_size, data_format, "adaptive_max_pool"):
        starts, ends = adaptive_windows(size, target)
        window = np.arange((ends - starts).max())
        places = np.minimum(starts[:, None] + window, ends[:, None] - 1)  # shorter ones repeat their last element
        result = max(take(result, places.astype("int32"), axis), axis=axis + 1)
    return result
