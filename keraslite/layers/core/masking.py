"""Masking."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions, SupportsArray
from keraslite.serialization import builtin


@builtin("keras.layers")
class Masking(Layer):
    """Masks the steps of a sequence whose features all equal `mask_value`, and sets them to zero.

    Args:
        mask_value: a number, or an array that broadcasts to a step's features. Default: 0.0.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, features)`.

    Output:
        the same shape. Its mask, `(batch, steps)`, is False at the masked steps.

    Raises:
        ArgumentError: if `mask_value` is not numeric.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> sequence = np.array([[[1.0, 2.0], [9.0, 9.0]]])
        >>> ops.convert_to_numpy(layers.Masking(mask_value=9.0)(sequence)).tolist()
        [[[1.0, 2.0], [0.0, 0.0]]]
    """

    is_weightless = True
    argument_checks = ranges.checks(mask_value=ranges.array())

    def __init__(self, mask_value: float | SupportsArray = 0.0, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the sequences.
            mask: a mask of theirs, which is not used.
        """
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Tensor) -> Tensor:
        kept = ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return ops.multiply(inputs, kept)
