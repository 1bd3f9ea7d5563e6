"""UpSampling in one to three dimensions."""

from __future__ import annotations

from typing import Literal, Unpack, cast

from keraslite import errors, ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, IntOrTuple, LayerOptions
from keraslite.serialization import builtin


def _repeat(x, size, first: int):
    for i, n in enumerate(size):
        x = ops.repeat(x, n, axis=first + i)
    return x


@builtin("keras.layers")
class UpSampling1D(Layer):
    """Repeats each step of `(batch, steps, channels)` `size` times."""

    is_weightless = True
    argument_checks = ranges.checks(size=ranges.positive_int)

    def __init__(self, size: int = 2, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs):
        return _repeat(inputs, (self.size,), 1)


@builtin("keras.layers")
class UpSampling2D(Layer):
    """Enlarges rows and columns of `(batch, rows, columns, channels)` by whole factors.

    `interpolation`: "nearest" repeats; "bilinear", "bicubic", "lanczos3", "lanczos5" resize the image.
    """

    is_weightless = True
    argument_checks = ranges.checks(
        size=ranges.sizes(2),
        data_format=FORMAT,
        interpolation=ranges.one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    )

    def __init__(
        self,
        size: IntOrTuple = (2, 2),
        data_format: DataFormat = None,
        interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] = "nearest",
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.size = cast("tuple[int, ...]", size)  # as its check makes it
        self.data_format = known_format(data_format)
        self.interpolation = interpolation
        self.input_spec = InputSpec(ndim=4)

    def call(self, inputs):
        first = 1 if self.data_format == "channels_last" else 2
        if self.interpolation == "nearest":
            return _repeat(inputs, self.size, first)
        image = getattr(ops, "image", None)
        if image is None:
            raise errors.MissingCapabilityError(
                f"`UpSampling2D` needs `ops.image.resize` for interpolation={self.interpolation!r}, which is not there "
                'yet. Use interpolation="nearest".'
            )
        sizes = ops.shape(inputs)[first : first + 2]
        target = tuple(n * factor for n, factor in zip(sizes, self.size, strict=True))
        return image.resize(inputs, target, interpolation=self.interpolation, data_format=self.data_format)


@builtin("keras.layers")
class UpSampling3D(Layer):
    """Repeats along the three spatial axes of `(batch, x, y, z, channels)`."""

    is_weightless = True
    argument_checks = ranges.checks(size=ranges.sizes(3), data_format=FORMAT)

    def __init__(
        self, size: IntOrTuple = (2, 2, 2), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(ndim=5)

    def call(self, inputs):
        return _repeat(inputs, self.size, 1 if self.data_format == "channels_last" else 2)
