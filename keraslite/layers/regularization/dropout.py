"""Dropout, of single elements or of whole feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import errors, ops, random, ranges
from keraslite.layers.base import InputSpec
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.regularization.noise import Noise
from keraslite.layers.types import DataFormat, DTypeLike, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Dropout(Noise):
    """In training, sets a share `rate` of the input to zero and scales the rest by `1 / (1 - rate)`.

    `noise_shape`: where it is 1, elements along that axis are dropped together; None entries are the input's sizes.
    (Srivastava et al., 2014.)
    """

    argument_checks = ranges.checks(
        noise_shape=(ranges.items(ranges.positive_int | None) | None).saying(
            "a list of positive integers and None, or None"
        )
    )

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self._setup(rate, seed)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)

    def noisy(self, inputs):
        return random.dropout(inputs, self.rate, noise_shape=self._noise_shape(inputs), seed=self.seed_generator)

    def _noise_shape(self, inputs):
        if self.noise_shape is None:
            return None
        sizes = ops.shape(inputs)
        if len(self.noise_shape) != len(sizes):
            raise errors.ArgumentError(
                f"`Dropout` needs `noise_shape` of as many axes as its input. Received noise_shape={self.noise_shape} "
                f"and an input of shape {tuple(inputs.shape)}."
            )
        return tuple(n if own is None else own for own, n in zip(self.noise_shape, sizes, strict=True))


class _SpatialDropout(Noise):
    """Drops whole channels: the noise has size 1 along the spatial axes."""

    rank: int

    argument_checks = ranges.checks(data_format=FORMAT)

    def __init__(
        self,
        rate: float,
        data_format: DataFormat = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        self._setup(rate, seed)
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def noisy(self, inputs):
        sizes, ones = ops.shape(inputs), (1,) * self.rank
        last = self.data_format == "channels_last"
        shape = (sizes[0], *ones, sizes[-1]) if last else (sizes[0], sizes[1], *ones)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self):
        config = {**super().get_config(), "dtype": self.dtype_policy.name}
        del config["trainable"]  # the constructor takes none
        return config


@builtin("keras.layers")
class SpatialDropout1D(_SpatialDropout):
    """In training, drops whole channels of `(batch, steps, channels)`."""

    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


@builtin("keras.layers")
class SpatialDropout2D(_SpatialDropout):
    """In training, drops whole feature maps of `(batch, rows, columns, channels)`."""

    rank = 2


@builtin("keras.layers")
class SpatialDropout3D(_SpatialDropout):
    """In training, drops whole feature maps of `(batch, x, y, z, channels)`."""

    rank = 3
