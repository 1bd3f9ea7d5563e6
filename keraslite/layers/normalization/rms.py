"""RMSNormalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.axes import Along, position
from keraslite.layers.base import Layer
from keraslite.layers.types import InputShape, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class RMSNormalization(Layer):
    """Divides each sample by its root mean square along `axis`, then scales it.

    `scale * x / sqrt(mean(square(x)) + epsilon)`. Half precision is computed in float32.

    Args:
        axis: the axis that is normalized, an int, or a list of ints. Default: -1.
        epsilon: added to the mean square, at least 0. Default: 1e-06.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, with known sizes along `axis`; floats.

    Output:
        the same shape, in the compute dtype.

    Weights:
        `scale`, of the sizes along `axis`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the input lacks `axis` or its size is
            not known.

    Source:
        Zhang & Sennrich, "Root mean square layer normalization", 2019.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.RMSNormalization()
        >>> ops.convert_to_numpy(layer(np.array([[2.0, -2.0]]))).round(3).tolist()
        [[1.0, -1.0]]
    """

    argument_checks = ranges.checks(axis=ranges.axes, epsilon=ranges.unsigned)

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.epsilon = epsilon
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        self.axis = [self.axis] if isinstance(self.axis, int) else sorted(self.axis)
        places = [position(axis, input_shape, "axis", "RMSNormalization", batch=True) for axis in self.axis]
        self._along = Along(places, input_shape)
        if None in self._along.sizes:
            raise errors.ArgumentError(
                f"`RMSNormalization` needs known sizes along `axis`. Received axis={self.axis} and input_shape="
                f"{tuple(input_shape)}."
            )
        self.scale = self.add_weight(name="scale", shape=self._along.sizes, initializer="ones", autocast=False)

    def call(self, x: Tensor) -> Tensor:
        """Normalize a tensor.

        Args:
            x: any shape, floats.

        Returns:
            A tensor of the same shape.
        """
        axes = (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)
        scaled = ops.rms_normalization(x, self._along(self.scale), axis=axes, epsilon=self.epsilon)
        return ops.cast(scaled, self.compute_dtype)
