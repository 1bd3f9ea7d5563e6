"""Embedding."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import errors, ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.layers import ids
from keraslite.layers.later import NOT_YET
from keraslite.layers.lora import LowRank, rows
from keraslite.layers.names import stated
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ConstraintLike,
    EmbeddingOptions,
    InitializerLike,
    InputShape,
    RegularizerLike,
    SupportsArray,
)
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin
from keraslite.variable import Variable


@builtin("keras.layers")
class Embedding(LowRank):
    """Looks up a row of a table for each index.

    Args:
        input_dim: number of rows, a positive int. Indices are below it.
        output_dim: size of a row, a positive int.
        embeddings_initializer: initial values of the table: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "uniform".
        embeddings_regularizer: penalty on the table, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        embeddings_constraint: projection applied to the table after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        mask_zero: whether index 0 is padding. Its places are then masked. Default: False.
        weights: an array of shape `(input_dim, output_dim)` to start from, or a list with that array. Default: None.
        lora_rank: rank of a low-rank adapter of the table, at least 1 (see `enable_lora`). Default: None, no adapter.
        lora_alpha: the adapter's product is multiplied by `lora_alpha / lora_rank`. Default: None, `lora_rank`.
        quantization_config: must be None: layers do not support quantization yet.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`). `input_length` is
            ignored, with a `DeprecationWarning`.

    Input:
        `(...)`, whole numbers in `[0, input_dim)`. Floats are cut to ints.

    Output:
        `(..., output_dim)`, in the compute dtype.

    Weights:
        `embeddings`, shape `(input_dim, output_dim)`.

    Raises:
        ArgumentError: if an argument is outside its range; in `fit`, `evaluate` and `predict`, and in calls with host
            arrays, if an index is.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.Embedding(3, 2, weights=np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]]))
        >>> ops.convert_to_numpy(layer(np.array([[2, 1, 1]]))).tolist()
        [[[3.0, 4.0], [1.0, 2.0], [1.0, 2.0]]]
    """

    takes_indices = True
    config_excludes = (LowRank.config_excludes | {"weights"}) - {"input_dim"}

    _low_rank_weight = "embeddings"
    _stored_weights = ("embeddings",)
    embeddings: Variable = stated("The table, `(input_dim, output_dim)`.")
    embeddings_initializer: InitializerRole = initializer()
    embeddings_regularizer: RegularizerRole = regularizer()
    embeddings_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        input_dim=ranges.positive_int,
        output_dim=ranges.positive_int,
        mask_zero=ranges.flag,
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
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: None = None,
        **kwargs: Unpack[EmbeddingOptions],
    ) -> None:
        if kwargs.pop("input_length", None) is not None:
            warnings.warn(
                "Argument `input_length` is deprecated. Just remove it.",
                DeprecationWarning,
                stacklevel=errors.users_line(),
            )
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs)
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = embeddings_initializer
        self.embeddings_regularizer = embeddings_regularizer
        self.embeddings_constraint = embeddings_constraint
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        self._initial_weights = weights

    def build(self, input_shape: InputShape | None = None) -> None:
        self.embeddings = add_weight(self, "embeddings", (self.input_dim, self.output_dim))
        if self._initial_weights is not None:
            given = self._initial_weights
            self.embeddings.assign(given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given)
            self._initial_weights = None
        self._start_lora()

    def call(self, inputs: Tensor) -> Tensor:
        inputs = as_tensor(inputs)
        ids.look_up(self, inputs, self.input_dim)
        if not dtypes.is_int(dtypes.canonical(inputs.dtype)):
            inputs = ops.cast(inputs, "int32")
        return ops.cast(rows(self.embeddings, inputs), self.compute_dtype)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the indices.
            mask: a mask of theirs, which is not used.
        """
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        return {"activity_regularizer": None, **super().get_config()}
