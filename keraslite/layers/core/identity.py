"""Identity."""

from __future__ import annotations

from typing import TypeVar, Unpack

from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin

_Nest = TypeVar("_Nest")


@builtin("keras.layers")
class Identity(Layer):
    """Returns its input as it is.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, or a nest of them.

    Output:
        the same.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Identity()(Input((4, 5))).shape
        (None, 4, 5)
    """

    is_weightless = True

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: _Nest) -> _Nest:
        return inputs
