"""Pooling over all places at once, in one to three dimensions."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
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
    def call(self, inputs):
        return ops.max(inputs, axis=self._axes, keepdims=self.keepdims)


class _GlobalAveragePooling(_GlobalPooling):
    def call(self, inputs):
        return ops.mean(inputs, axis=self._axes, keepdims=self.keepdims)


@builtin("keras.layers")
class GlobalMaxPooling1D(_GlobalMaxPooling):
    """Largest element over the steps of `(batch, steps, channels)`; output `(batch, channels)`."""

    rank = 1


@builtin("keras.layers")
class GlobalMaxPooling2D(_GlobalMaxPooling):
    """Largest element over the rows and columns of `(batch, rows, columns, channels)`; output `(batch, channels)`."""

    rank = 2


@builtin("keras.layers")
class GlobalMaxPooling3D(_GlobalMaxPooling):
    """Largest element over the spatial axes of `(batch, x, y, z, channels)`; output `(batch, channels)`."""

    rank = 3


@builtin("keras.layers")
class GlobalAveragePooling1D(_GlobalAveragePooling):
    """Mean over the steps of `(batch, steps, channels)` that are not masked; output `(batch, channels)`."""

    rank = 1

    def __init__(self, data_format: DataFormat = None, keepdims: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        axis = self._axes[0]
        check_mask(mask, inputs, "GlobalAveragePooling1D", (0, axis), broadcasts=(0, 1))
        weights = ops.expand_dims(ops.cast(mask, ops.dtype(inputs)), 2 if axis == 1 else 1)
        total = ops.sum(inputs * weights, axis=axis, keepdims=self.keepdims)
        return total / ops.sum(weights, axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


@builtin("keras.layers")
class GlobalAveragePooling2D(_GlobalAveragePooling):
    """Mean over the rows and columns of `(batch, rows, columns, channels)`; output `(batch, channels)`."""

    rank = 2


@builtin("keras.layers")
class GlobalAveragePooling3D(_GlobalAveragePooling):
    """Mean over the spatial axes of `(batch, x, y, z, channels)`; output `(batch, channels)`."""

    rank = 3
