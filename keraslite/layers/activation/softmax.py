"""Softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, ranges
from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Softmax(Layer):
    """Exponentials that sum to 1 over `axis` (an int or several).

    `mask`, which broadcasts to the input, leaves places out: they get 0, and so does a row without any place.
    """

    is_weightless = True
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs, mask=None):
        axis = tuple(self.axis) if isinstance(self.axis, list) else self.axis
        if mask is None:
            return ops.softmax(inputs, axis=axis)
        return masked_softmax(inputs, mask, axis)


def masked_softmax(logits, mask, axis):
    """Softmax over the places where `mask` is true; zeros where a row has none."""
    mask = ops.cast(mask, "bool")
    # A finite stand-in for minus infinity, within float16: rows without a place must not become NaN.
    logits = ops.where(mask, logits, ops.full_like(logits, -3e4))
    weights = ops.softmax(logits, axis=axis)
    return ops.where(mask, weights, ops.zeros_like(weights))
