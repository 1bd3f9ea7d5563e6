"""Softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions
from keraslite.ops.core import as_float
from keraslite.serialization import builtin


@builtin("keras.layers")
class Softmax(Layer):
    """Turns numbers into positive weights that sum to 1 along an axis: `exp(x) / sum(exp(x))`.

    Args:
        axis: an int, or a list of ints for weights that sum to 1 over several axes. Default: -1.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, floats.

    Output:
        the same shape, in the compute dtype.

    Masks:
        a call takes `mask`, which broadcasts to the input. Places where it is False get 0, and so does a row without
        any place.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Softmax()(np.zeros((1, 4)))).tolist()
        [[0.25, 0.25, 0.25, 0.25]]
        >>> ops.convert_to_numpy(layers.Softmax()(np.zeros((1, 4)), mask=np.array([[1, 1, 0, 0]]))).tolist()
        [[0.5, 0.5, 0.0, 0.0]]
    """

    is_weightless = True
    argument_checks = ranges.checks(axis=ranges.axes)

    def __init__(self, axis: int | Sequence[int] = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis
        self.supports_masking = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        if mask is None:
            return ops.softmax(inputs, axis=axis)
        return masked_softmax(inputs, mask, axis)


def masked_softmax(logits: Tensor, mask: Tensor, axis: int | tuple[int, ...]) -> Tensor:
    """Softmax over the places where `mask` is true; zeros where a row has none."""
    mask = ops.cast(mask, "bool")
    weights = ops.softmax(hidden(logits, mask), axis=axis)
    return ops.where(mask, weights, ops.zeros_like(weights))


def hidden(logits: Tensor, mask: Tensor) -> Tensor:
    """Logits whose softmax is 0 where `mask` is False. A row without any place has equal ones, not NaN."""
    logits = as_float(logits, dtypes.default_float())
    lowest = -6.5e4 if ops.dtype(logits) == "float16" else -1e30  # instead of minus infinity
    return ops.where(mask, logits, ops.full_like(logits, lowest))
