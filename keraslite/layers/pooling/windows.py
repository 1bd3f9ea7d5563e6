"""Max and average pooling over windows, in one to three dimensions."""

from __future__ import annotations

from keraslite import check, config, ops
from keraslite.layers.base import InputSpec, Layer
from keraslite.serialization import builtin


class _Pooling(Layer):
    """`pool` is the op that takes windows of the last `rank` axes before the channels."""

    rank: int

    def _setup(self, pool_size, strides, padding, data_format):
        name = type(self).__name__
        self.pool_size = check.int_tuple(pool_size, self.rank, "pool_size", name)
        strides = self.pool_size if strides is None else strides
        self.strides = check.int_tuple(strides, self.rank, "strides", name)
        self.padding = check.one_of(str(padding).lower(), ("valid", "same"), "padding", name)
        data_format = config.image_data_format() if data_format is None else data_format
        self.data_format = check.one_of(data_format, ("channels_last", "channels_first"), "data_format", name)
        self.input_spec = InputSpec(ndim=self.rank + 2)


class _MaxPooling(_Pooling):
    def call(self, inputs):
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class _AveragePooling(_Pooling):
    def call(self, inputs):
        return ops.average_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@builtin("keras.layers")
class MaxPooling1D(_MaxPooling):
    """Largest element of each window over the steps of `(batch, steps, channels)`."""

    rank = 1

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)


@builtin("keras.layers")
class MaxPooling2D(_MaxPooling):
    """Largest element of each window over the rows and columns of `(batch, rows, columns, channels)`."""

    rank = 2

    def __init__(self, pool_size=(2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)


@builtin("keras.layers")
class MaxPooling3D(_MaxPooling):
    """Largest element of each window over the spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(self, pool_size=(2, 2, 2), strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)


@builtin("keras.layers")
class AveragePooling1D(_AveragePooling):
    """Mean of each window over the steps of `(batch, steps, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 1

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)


@builtin("keras.layers")
class AveragePooling2D(_AveragePooling):
    """Mean of each window over the rows and columns of `(batch, rows, columns, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 2

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)


@builtin("keras.layers")
class AveragePooling3D(_AveragePooling):
    """Mean of each window over the spatial axes of `(batch, x, y, z, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 3

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self._setup(pool_size, strides, padding, data_format)
