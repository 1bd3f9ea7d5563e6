"""Identity."""

from __future__ import annotations

from typing import Unpack

from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Identity(Layer):
    """Its input."""

    is_weightless = True

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs
