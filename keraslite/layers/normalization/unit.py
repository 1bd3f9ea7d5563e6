"""UnitNormalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.axes import position
from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions
from keraslite.ops.normalization import wide
from keraslite.serialization import builtin


@builtin("keras.layers")
class UnitNormalization(Layer):
    """Divides each sample by its Euclidean norm along `axis`, so that the norm becomes 1.

    A vector of zeros stays one. Half precision is computed in float32.

    Args:
        axis: the axis that is normalized, an int, or a list of ints. Default: -1.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input lacks `axis`.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.UnitNormalization()
        >>> ops.convert_to_numpy(layer(np.array([[3.0, 4.0]]))).round(3).tolist()
        [[0.6000000238418579, 0.800000011920929]]
    """

    is_weightless = True

    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        given = [self.axis] if isinstance(self.axis, int) else self.axis
        axes = tuple(position(axis, inputs.shape, "axis", "UnitNormalization", batch=True) for axis in given)
        return ops.cast(ops.normalize(wide(inputs), axis=axes, order=2, epsilon=1e-12), self.compute_dtype)
