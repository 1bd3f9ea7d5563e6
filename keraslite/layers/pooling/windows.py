"""Max and average pooling over windows, in one to three dimensions."""

from __future__ import annotations

from typing import ClassVar, Unpack

from keraslite import ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, IntOrTuple, Padding, UnnamedOptions
from keraslite.serialization import builtin


class _Pooling(Layer):
    """Windows over `rank` axes; `strides` None are those of windows side by side."""

    is_weightless = True
    rank: int

    argument_checks = ranges.checks(
        pool_size=lambda cls: ranges.sizes(cls.rank),
        strides=lambda cls: ranges.sizes(cls.rank) | None,
        padding=ranges.one_of("valid", "same", fold=True),
        data_format=FORMAT,
    )

    def __init__(
        self,
        pool_size: IntOrTuple,
        strides: IntOrTuple | None = None,
        padding: Padding = "valid",
        data_format: DataFormat = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.pool_size, self.strides = pool_size, pool_size if strides is None else strides
        self.padding, self.data_format = padding, known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)


class _MaxPooling(_Pooling):
    def __init__(
        self,
        pool_size: IntOrTuple = 2,
        strides: IntOrTuple | None = None,
        padding: Padding = "valid",
        data_format: DataFormat = None,
        name: str | None = None,
        **kwargs: Unpack[UnnamedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, inputs):
        return ops.max_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class _AveragePooling(_Pooling):
    def call(self, inputs):
        return ops.average_pool(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@builtin("keras.layers")
class MaxPooling1D(_MaxPooling):
    """Largest element of each window over the steps of `(batch, steps, channels)`."""

    rank = 1


@builtin("keras.layers")
class MaxPooling2D(_MaxPooling):
    """Largest element of each window over the rows and columns of `(batch, rows, columns, channels)`."""

    rank = 2
    shown_defaults: ClassVar = {"pool_size": (2, 2)}


@builtin("keras.layers")
class MaxPooling3D(_MaxPooling):
    """Largest element of each window over the spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3
    shown_defaults: ClassVar = {"pool_size": (2, 2, 2)}


@builtin("keras.layers")
class AveragePooling1D(_AveragePooling):
    """Mean of each window over the steps of `(batch, steps, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 1


@builtin("keras.layers")
class AveragePooling2D(_AveragePooling):
    """Mean of each window over the rows and columns of `(batch, rows, columns, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 2


@builtin("keras.layers")
class AveragePooling3D(_AveragePooling):
    """Mean of each window over the spatial axes of `(batch, x, y, z, channels)`.

    With "same" padding only elements inside count.
    """

    rank = 3
