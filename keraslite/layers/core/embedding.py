"""Embedding."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Unpack

from keraslite import errors, ops, ranges
from keraslite.backend import dtypes
from keraslite.layers import ids
from keraslite.layers.base import Layer
from keraslite.layers.later import NOT_YET
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import ConstraintLike, EmbeddingOptions, InitializerLike, RegularizerLike, SupportsArray
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


@builtin("keras.layers")
class Embedding(Layer):
    """A row of a table for each index.

    Input: whole numbers in `[0, input_dim)`, shape `(...)`; output `(..., output_dim)`. Weight: embeddings
    `(input_dim, output_dim)`. With `mask_zero`, index 0 is padding: its places are masked.
    """

    config_excludes = (Layer.config_excludes | {"weights", "lora_rank", "lora_alpha"}) - {"input_dim"}

    embeddings_initializer: InitializerRole = initializer()
    embeddings_regularizer: RegularizerRole = regularizer()
    embeddings_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        input_dim=ranges.positive_int,
        output_dim=ranges.positive_int,
        mask_zero=ranges.flag,
        lora_rank=NOT_YET,
        lora_alpha=NOT_YET,
        quantization_config=NOT_YET,
    )

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        weights: Sequence[SupportsArray] | SupportsArray | None = None,
        lora_rank: None = None,
        lora_alpha: None = None,
        quantization_config: None = None,
        **kwargs: Unpack[EmbeddingOptions],
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn(
                "Argument `input_length` is deprecated. Just remove it.",
                DeprecationWarning,
                stacklevel=errors.users_line(),
            )
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = embeddings_initializer
        self.embeddings_regularizer = embeddings_regularizer
        self.embeddings_constraint = embeddings_constraint
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        self._initial_weights = weights

    def build(self, input_shape=None):
        self.embeddings = add_weight(self, "embeddings", (self.input_dim, self.output_dim))
        if self._initial_weights is not None:
            given = self._initial_weights
            self.embeddings.assign(given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given)
            self._initial_weights = None

    def call(self, inputs):
        inputs = as_tensor(inputs)
        ids.look_up(self, inputs, self.input_dim)
        if not dtypes.is_int(dtypes.canonical(inputs.dtype)):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(ops.take(self.embeddings, inputs, axis=0), self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self):
        return {"activity_regularizer": None, **super().get_config()}
