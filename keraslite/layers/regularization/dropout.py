"""Dropout, of single elements or of whole feature maps."""

from __future__ import annotations

from keraslite import check, config, errors, ops, random
from keraslite.layers.base import InputSpec, Layer
from keraslite.serialization import builtin


def dropout_rate(rate, where: str) -> float:
    """`rate`, a number in [0, 1]."""
    return check.number(rate, "rate", where, low=0, high=1)


@builtin("keras.layers")
class Dropout(Layer):
    """In training, sets a share `rate` of the input to zero and scales the rest by `1 / (1 - rate)`.

    `noise_shape`: where it is 1, elements along that axis are dropped together; None entries are the input's sizes.
    (Srivastava et al., 2014.)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = dropout_rate(rate, type(self).__name__)
        self.noise_shape = None if noise_shape is None else tuple(noise_shape)
        if any(n is not None and (not isinstance(n, int) or n < 1) for n in self.noise_shape or ()):
            raise errors.ArgumentError(
                f"`Dropout` needs `noise_shape` of positive integers and None. Received noise_shape={noise_shape!r}."
            )
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
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


class _SpatialDropout(Layer):
    """Drops whole channels: the noise has size 1 along the spatial axes."""

    rank: int

    def _setup(self, rate, seed, data_format: str | None = "channels_last"):
        self.rate = dropout_rate(rate, type(self).__name__)
        self.seed = seed
        if self.rate > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.data_format = config.image_data_format() if data_format is None else data_format
        check.one_of(self.data_format, ("channels_last", "channels_first"), "data_format", type(self).__name__)
        self.input_spec = InputSpec(ndim=self.rank + 2)
        self.supports_masking = True

    def call(self, inputs, training=False):
        if not training or not self.rate:
            return inputs
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

    def __init__(self, rate, seed=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self._setup(rate, seed)


@builtin("keras.layers")
class SpatialDropout2D(_SpatialDropout):
    """In training, drops whole feature maps of `(batch, rows, columns, channels)`."""

    rank = 2

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self._setup(rate, seed, data_format)


@builtin("keras.layers")
class SpatialDropout3D(_SpatialDropout):
    """In training, drops whole feature maps of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        self._setup(rate, seed, data_format)
