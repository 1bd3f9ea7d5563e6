"""A penalty on the activity of layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, Unpack, cast

from keraslite import ranges, regularizers
from keraslite.layers.base import Layer
from keraslite.layers.types import NamedOptions
from keraslite.serialization import builtin

_Nest = TypeVar("_Nest")


@builtin("keras.layers")
class ActivityRegularization(Layer):
    """Returns its input as it is, and adds a penalty on it to the loss.

    The penalty is `(l1 * sum(abs(x)) + l2 * sum(square(x))) / batch_size`.

    Args:
        l1: factor of the sum of absolute values, at least 0. Default: 0.0.
        l2: factor of the sum of squares, at least 0. Default: 0.0.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer but `activity_regularizer` (see
            `Layer`).

    Input:
        a tensor of any shape, or a nest of them.

    Output:
        the same.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> layer = layers.ActivityRegularization(l1=0.5)
        >>> layer(np.array([[1.0, -1.0], [2.0, 0.0]])).shape == (2, 2)
        True
        >>> float(layer.losses[0])  # 0.5 * 4 / 2
        1.0
    """

    is_weightless = True

    argument_checks = ranges.checks(l1=ranges.unsigned, l2=ranges.unsigned)

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Unpack[NamedOptions]) -> None:
        super().__init__(**kwargs)
        self.l1, self.l2 = l1, l2
        self.supports_masking = True

    def __setattr__(self, name: str, value: object) -> None:
        """Also makes the regularizer anew when a factor was set."""
        super().__setattr__(name, value)
        if name == "l2" or (name == "l1" and "l2" in vars(self)):
            self.activity_regularizer = cast("Callable[[object], object]", regularizers.L1L2(self.l1, self.l2))

    def call(self, inputs: _Nest) -> _Nest:
        return inputs
