"""Dropout, of single elements or of whole feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.regularization.noise import NOISE_SHAPE, Noise, noise_sizes
from keraslite.layers.types import DataFormat, DTypeLike, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Dropout(Noise):
    """Sets a random fraction of its input to zero in training.

    The rest is scaled by `1 / (1 - rate)`, so that sums keep their expected value. Outside of training the input stays
    as it is.

    Args:
        rate: fraction that is dropped, in [0, 1].
        noise_shape: shape of the dropout mask, with None for sizes of the input. Where it is 1, elements along that
            axis are dropped together. Default: None, the input's shape.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if `noise_shape` has another number of axes than
            the input.

    Source:
        Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", 2014.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.Dropout(0.5, seed=1)
        >>> ops.convert_to_numpy(layer(np.ones(3))).tolist()
        [1.0, 1.0, 1.0]
        >>> sorted(set(ops.convert_to_numpy(layer(np.ones(1000), training=True)).tolist()))
        [0.0, 2.0]
    """

    argument_checks = ranges.checks(noise_shape=NOISE_SHAPE)

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

    def noisy(self, inputs: Tensor) -> Tensor:
        sizes = noise_sizes(self, self.noise_shape, inputs)
        return random.dropout(inputs, self.rate, noise_shape=sizes, seed=self.seed_generator)


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

    def noisy(self, inputs: Tensor) -> Tensor:
        sizes, ones = ops.shape(inputs), (1,) * self.rank
        last = self.data_format == "channels_last"
        shape = (sizes[0], *ones, sizes[-1]) if last else (sizes[0], sizes[1], *ones)
        return random.dropout(inputs, self.rate, noise_shape=shape, seed=self.seed_generator)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "dtype": self.dtype_policy.name}
        del config["trainable"]  # the constructor takes none
        return config


@builtin("keras.layers")
class SpatialDropout1D(_SpatialDropout):
    """Sets whole channels of its input to zero in training, and scales the others by `1 / (1 - rate)`.

    Args:
        rate: fraction of the channels that is dropped, in [0, 1].
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        dtype: a dtype, a dtype policy, or the name of one, for computation and weights. Default: None, the active
            policy.

    Input:
        `(batch, steps, channels)`; floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Source:
        Tompson et al., "Efficient object localization using convolutional networks", 2014.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> dropped = layers.SpatialDropout1D(0.5, seed=1)(np.ones((1, 4, 100)), training=True)
        >>> per_channel = ops.convert_to_numpy(dropped).reshape(-1, 100)
        >>> bool((per_channel == per_channel[0]).all())
        True
    """

    rank = 1

    def __init__(self, rate: float, seed: int | None = None, name: str | None = None, dtype: DTypeLike = None) -> None:
        super().__init__(rate, "channels_last", seed, name, dtype)


@builtin("keras.layers")
class SpatialDropout2D(_SpatialDropout):
    """Sets whole feature maps of its input to zero in training, and scales the others by `1 / (1 - rate)`.

    Args:
        rate: fraction of the feature maps that is dropped, in [0, 1].
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        dtype: a dtype, a dtype policy, or the name of one, for computation and weights. Default: None, the active
            policy.

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`;
        floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Source:
        Tompson et al., "Efficient object localization using convolutional networks", 2014.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> dropped = layers.SpatialDropout2D(0.5, seed=1)(np.ones((1, 4, 4, 100)), training=True)
        >>> per_channel = ops.convert_to_numpy(dropped).reshape(-1, 100)
        >>> bool((per_channel == per_channel[0]).all())
        True
    """

    rank = 2


@builtin("keras.layers")
class SpatialDropout3D(_SpatialDropout):
    """Sets whole feature maps of its input to zero in training, and scales the others by `1 / (1 - rate)`.

    Args:
        rate: fraction of the feature maps that is dropped, in [0, 1].
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        name: the layer's name, a string without "/". Default: None, a name made from that of the class.
        dtype: a dtype, a dtype policy, or the name of one, for computation and weights. Default: None, the active
            policy.

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`; floats.

    Output:
        the same shape.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Source:
        Tompson et al., "Efficient object localization using convolutional networks", 2014.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> dropped = layers.SpatialDropout3D(0.5, seed=1)(np.ones((1, 4, 4, 4, 100)), training=True)
        >>> per_channel = ops.convert_to_numpy(dropped).reshape(-1, 100)
        >>> bool((per_channel == per_channel[0]).all())
        True
    """

    rank = 3
