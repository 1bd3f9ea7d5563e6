"""`Rescaling`: numbers scaled and shifted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, Unpack

import numpy as np

from keraslite import config, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.holding import Holding
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.layers.types import LayerOptions, SupportsArray
from keraslite.serialization import builtin

__all__ = ["Rescaling"]

#: A number, or one per channel.
PerChannel: TypeAlias = "float | Sequence[float] | SupportsArray"


@builtin("keras.layers")
class Rescaling(Holding, DataLayer):
    """Returns `inputs * scale + offset`, in training and outside of it.

    `Rescaling(1 / 255)` takes values of [0, 255] to [0, 1], and `Rescaling(1 / 127.5, offset=-1)` to [-1, 1].

    Args:
        scale: a number, or one per channel.
        offset: a number, or one per channel. Default: 0.0.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape. Channels are the last axis, or the third last with
        `config.image_data_format() == "channels_first"`.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is no number and no array of numbers.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> scaled = layers.Rescaling(1 / 127.5, offset=-1)(np.array([0, 255], "uint8"))
        >>> ops.convert_to_numpy(scaled).tolist()
        [-1.0, 1.0]
    """

    is_weightless = True
    argument_checks = ranges.checks(scale=ranges.array(), offset=ranges.array())

    def __init__(self, scale: PerChannel, offset: PerChannel = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.scale, self.offset = scale, offset
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        name = self.compute_dtype
        scale, offset = (_per_channel(value, name) for value in (self.scale, self.offset))
        return ops.add(ops.multiply(ops.cast(inputs, name), scale), offset)


def _per_channel(value: PerChannel, dtype: str) -> Tensor:
    array = np.asarray(value, "float64")
    if array.ndim == 1 and config.image_data_format() == "channels_first":
        array = array[:, None, None]
    return ops.cast(array, dtype)
