"""Pooling over all places at once, in one to three dimensions."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.masks import check_mask
from keraslite.layers.types import DataFormat, LayerOptions
from keraslite.serialization import builtin


class _GlobalPooling(Layer):
    is_weightless = True
    rank: int

    argument_checks = ranges.checks(data_format=FORMAT, keepdims=ranges.flag)

    def __init__(self, data_format: DataFormat = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = known_format(data_format)
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=self.rank + 2)

    @property
    def _axes(self) -> tuple[int, ...]:
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))


class _GlobalMaxPooling(_GlobalPooling):
    def call(self, inputs: Tensor) -> Tensor:
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs: Tensor) -> Tensor:
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


@builtin("keras.layers")
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """Takes the largest element over the steps of its input.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the steps.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalMaxPooling1D()(Input((8, 3))).shape
        (None, 3)
    """

    rank = 1


@builtin("keras.layers")
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """Takes the largest element over the rows and columns of its input.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the rows and columns.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalMaxPooling2D()(Input((8, 8, 3))).shape
        (None, 3)
    """

    rank = 2


@builtin("keras.layers")
class GlobalMaxPooling3D(_GlobalMaxPooling):
    """Takes the largest element over the three spatial axes of its input.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the three spatial axes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalMaxPooling3D()(Input((8, 8, 8, 3))).shape
        (None, 3)
    """

    rank = 3


@builtin("keras.layers")
class GlobalAveragePooling1D(_GlobalAveragePooling):
    """Averages its input over the steps. Masked steps do not count. Where all steps are masked, the average is 0.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the steps.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalAveragePooling1D()(Input((8, 3))).shape
        (None, 3)
    """

    rank = 1

    def __init__(self, data_format: DataFormat = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return super().call(inputs)
        axis = self._axes[0]
        check_mask(mask, inputs, "GlobalAveragePooling1D", (0, axis), broadcasts=(0, 1))
        weights = ops.expand_dims(ops.cast(mask, ops.dtype(inputs)), 2 if axis == 1 else 1)
        total = ops.sum(inputs * weights, axis=axis, keepdims=self.keepdims)
        count = ops.sum(weights, axis=axis, keepdims=self.keepdims)
        return total / ops.where(ops.equal(count, 0), ops.ones_like(count), count)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the sequences.
            mask: their mask, which ends here.
        """
        return None


@builtin("keras.layers")
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """Averages its input over the rows and columns.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the rows and columns.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalAveragePooling2D()(Input((8, 8, 3))).shape
        (None, 3)
    """

    rank = 2


@builtin("keras.layers")
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """Averages its input over the three spatial axes.

    Args:
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        keepdims: whether the spatial axes stay, with size 1. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        `(batch, channels)`; with `keepdims` the input's axes, with size 1 in place of the three spatial axes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.GlobalAveragePooling3D()(Input((8, 8, 8, 3))).shape
        (None, 3)
    """

    rank = 3
