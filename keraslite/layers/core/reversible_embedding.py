"""ReversibleEmbedding."""

from __future__ import annotations

from typing import Unpack

from keraslite import masking, ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.layers.core.embedding import Embedding
from keraslite.layers.types import (
    ConstraintLike,
    DTypeLike,
    InitializerLike,
    InputShape,
    RegularizerLike,
    ReversibleEmbeddingOptions,
)
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


@builtin("keras.layers")
class ReversibleEmbedding(Embedding):
    """Looks up a row of a table for each index, and multiplies by the table to go back.

    A call with `reverse=True` returns the products of vectors with all rows: logits over the indices.

    Args:
        input_dim: number of rows, a positive int. Indices are below it.
        output_dim: size of a row, a positive int.
        tie_weights: whether the way back uses the same table. Otherwise it has one of its own. Default: True.
        embeddings_initializer: initial values of the tables: the name of an initializer, an `Initializer`, a function
            of `(shape, dtype)` or an array. Default: "uniform".
        embeddings_regularizer: penalty on the table, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        embeddings_constraint: projection applied to the table after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        mask_zero: whether index 0 is padding. Its places are then masked. Default: False.
        reverse_dtype: the dtype in which the way back is computed. Default: None, the compute dtype.
        logit_soft_cap: the bound of logits, a number above 0: they become
            `logit_soft_cap * tanh(logits / logit_soft_cap)`. Default: None, no bound.
        **kwargs: `weights`, `lora_rank`, `lora_alpha` and `quantization_config` as in `Embedding`; `name`, `dtype`,
            `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(...)`, whole numbers in `[0, input_dim)`; with `reverse=True` `(..., output_dim)`, floats.

    Output:
        `(..., output_dim)`, in the compute dtype; with `reverse=True` `(..., input_dim)`, in `reverse_dtype`, without
        a mask.

    Weights:
        `embeddings`, shape `(input_dim, output_dim)`, and `reverse_embeddings`, shape `(output_dim, input_dim)`,
        without `tie_weights`.

    Calls:
        A call takes `reverse`: whether vectors become logits. Default: False.

    Raises:
        ArgumentError: if an argument is outside its range; in `fit`, `evaluate` and `predict`, and in calls with host
            arrays, if an index is.

    Source:
        Press & Wolf, "Using the output embedding to improve language models", 2016.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.ReversibleEmbedding(3, 2, weights=np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
        >>> rows = layer(np.array([[2, 1]]))
        >>> ops.convert_to_numpy(layer(rows, reverse=True)).tolist()
        [[[0.0, 0.0, 4.0], [0.0, 1.0, 0.0]]]
    """

    argument_checks = ranges.checks(tie_weights=ranges.flag, logit_soft_cap=ranges.positive | None)

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: InitializerLike = "uniform",
        embeddings_regularizer: RegularizerLike = None,
        embeddings_constraint: ConstraintLike = None,
        mask_zero: bool = False,
        reverse_dtype: DTypeLike = None,
        logit_soft_cap: float | None = None,
        **kwargs: Unpack[ReversibleEmbeddingOptions],
    ) -> None:
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = None if reverse_dtype is None else dtypes.canonical(reverse_dtype)
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: InputShape | None = None) -> None:
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def call(self, inputs: Tensor, reverse: bool = False) -> Tensor:
        """Look up rows, or go back.

        Args:
            inputs: indices; with `reverse` vectors, `(..., output_dim)`.
            reverse: whether vectors become logits. Default: False.

        Returns:
            Rows, `(..., output_dim)`; with `reverse` logits, `(..., input_dim)`.
        """
        if reverse:
            return self._logits(as_tensor(inputs))
        outputs = super().call(inputs)
        if self.mask_zero:
            masking.set_mask(outputs, super().compute_mask(inputs))
        return outputs

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The names of the weights in the order of files, as in `Dense`."""
        names = super().variable_serialization_spec[None]
        return {None: names if self.tie_weights else [*names, "reverse_embeddings"]}

    def _logits(self, inputs: Tensor) -> Tensor:
        dtype = self.reverse_dtype or self.compute_dtype
        table = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        logits = ops.matmul(ops.cast(inputs, dtype), ops.cast(table, dtype))
        cap = self.logit_soft_cap
        return logits if cap is None else ops.multiply(ops.tanh(ops.divide(logits, cap)), cap)

    def compute_mask(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """Return None: calls give rows their mask, and logits have none.

        Args:
            inputs: the inputs of a call.
            mask: a mask of theirs, which is not used.
        """
        return None

    def get_config(self) -> dict[str, object]:
        return {"quantization_config": None, **super().get_config()}
