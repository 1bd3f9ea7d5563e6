"""Attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar, Unpack

from keraslite import errors, ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.activation.softmax import hidden
from keraslite.layers.attention.masks import both, distances
from keraslite.layers.names import title
from keraslite.layers.regularization.noise import Noise
from keraslite.layers.types import InputShape, LayerOptions, Masks
from keraslite.serialization import builtin

_Each = TypeVar("_Each")


@builtin("keras.layers")
class Attention(Noise):
    """Lets each position of a query collect values by how well their keys match it: `softmax(query @ key^T) @ value`.

    A subclass may define `_calculate_scores`, `_calculate_score_mask` and `_apply_scores`, as one for Keras does.

    Args:
        use_scale: whether the scores are multiplied by a weight. Default: False.
        score_mode: "dot": a score is the product of query and key. "concat": it is a weight times the sum of
            `tanh(query + key)`. Default: "dot".
        dropout: fraction of the attention weights that is dropped in training, in [0, 1]. Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of query `(batch, T, features)`, value `(batch, S, size)` and key `(batch, S, features)`. Without a key,
        the value is the key as well. Further axes after the batch are batches, too.

    Output:
        `(batch, T, size)`; with `return_attention_scores` a tuple of that and the weights, `(batch, T, S)`.

    Masks:
        a call takes a list of masks, one per input or None. The query's, `(batch, T)`, sets the output to 0 where it
        is False, and goes on. Where the value's, `(batch, S)`, is False, nothing is collected. The key's is not used.

    Weights:
        with `use_scale` a scalar `scale`, which with "concat" is a factor within the tanh; with "concat" a scalar
        `concat_score_weight`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the inputs are no list of two or three
            tensors of fitting shapes, or if the masks do not fit them.

    Source:
        Luong, Pham and Manning, "Effective approaches to attention-based neural machine translation", 2015.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> query, value = np.array([[[1.0, 0.0]]]), np.array([[[9.0, 0.0], [0.0, 9.0]]])
        >>> np.round(ops.convert_to_numpy(layers.Attention()([query, value])), 2).tolist()
        [[[9.0, 0.0]]]
    """

    is_weightless = False
    strength = "dropout"
    dropout: float

    argument_checks = ranges.checks(
        use_scale=ranges.flag, score_mode=ranges.one_of("dot", "concat"), dropout=ranges.fraction
    )

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: Literal["dot", "concat"] = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale, self.score_mode = use_scale, score_mode
        self._setup(dropout, seed)

    def build(self, input_shape: Sequence[InputShape]) -> None:
        self._check(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def call(
        self,
        inputs: Sequence[Tensor],
        mask: Masks = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attends: the output, and the attention weights if they are asked for.

        Args:
            inputs: a list of query, value and, if it is another tensor, key.
            mask: a list of their masks, bool, None for those without. Default: None, the masks of the inputs.
            training: whether dropout is active. Default: False, or that of the enclosing call.
            return_attention_scores: whether the weights are returned, too. Default: False.
            use_causal_mask: whether no position attends to a later one. Default: False.
        """
        query, value, *rest = self._check(inputs)
        query_mask, value_mask = self._masks(inputs, mask)
        scores = self._calculate_scores(query, rest[0] if rest else value)
        scores_mask = self._calculate_score_mask(scores, value_mask, use_causal_mask)
        output, weights = self._apply_scores(scores, value, scores_mask, training)
        if query_mask is not None:
            output = ops.multiply(output, ops.cast(ops.expand_dims(query_mask, -1), ops.dtype(output)))
        return (output, weights) if return_attention_scores else output

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        """How well each key matches each position of the query, `(batch, T, S)`."""
        if self.concat_score_weight is None:
            query = query if self.scale is None else ops.multiply(query, self.scale)
            return ops.matmul(query, ops.swapaxes(key, -1, -2))
        sums = pairwise_sums(query, key)
        sums = sums if self.scale is None else ops.multiply(sums, self.scale)
        return ops.multiply(ops.sum(ops.tanh(sums), axis=-1), self.concat_score_weight)

    def _calculate_score_mask(self, scores: Tensor, v_mask: Tensor | None, use_causal_mask: bool) -> Tensor | None:
        """Which scores count, bool, broadcasts with `(batch, T, S)`; None for all."""
        mask = None if v_mask is None else ops.expand_dims(v_mask, -2)
        if not use_causal_mask:
            return mask
        rows, columns = (ops.moveaxis(scores, axis, 1) for axis in (-2, -1))
        return both(mask, ops.greater_equal(distances(rows, columns), 0))

    def _apply_scores(
        self, scores: Tensor, value: Tensor, scores_mask: Tensor | None = None, training: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The values by weight, and the weights, which sum to 1 but for dropout."""
        weights = ops.softmax(scores if scores_mask is None else hidden(scores, scores_mask), axis=-1)
        if training and self.dropout:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        return ops.matmul(weights, value), weights

    def compute_mask(self, inputs: Sequence[Tensor], mask: Masks = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the list of inputs.
            mask: the list of their masks, of which the query's goes on.
        """
        return self._masks(inputs, mask)[0]

    def _check(self, inputs: Sequence[_Each]) -> Sequence[_Each]:
        one = not isinstance(inputs, (list, tuple)) or any(
            x is None or isinstance(x, int) for x in inputs
        )  # or a shape
        if one or len(inputs) not in (2, 3):
            received = "one tensor" if one else f"{len(inputs)} of them"
            raise errors.ArgumentError(
                f"{title(self)} needs a list of inputs: query, value and, if it is another tensor, key. Received "
                f"{received}."
            )
        return inputs

    def _masks(self, inputs: Sequence[Tensor], mask: Masks) -> tuple[Tensor | None, Tensor | None]:
        """The masks of query and value."""
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            received = f"{len(mask)} of them" if isinstance(mask, (list, tuple)) else type(mask).__name__
            raise errors.ArgumentError(
                f"{title(self)} needs a list of masks: the query's, the value's and perhaps the key's. Received "
                f"{received}."
            )
        for each, x in zip(mask[:2], inputs[:2], strict=True):
            if each is not None and len(each.shape) != len(x.shape) - 1:
                raise errors.ArgumentError(
                    f"{title(self)} needs masks with the axes of their inputs but the last. Received a mask of shape "
                    f"{tuple(each.shape)} for an input of shape {tuple(x.shape)}."
                )
        first, second = (None if each is None else ops.cast(each, "bool") for each in mask[:2])
        return first, second


def pairwise_sums(query: Tensor, key: Tensor) -> Tensor:
    """Return the sum of each position of the query with each of the key, `(batch, T, S, features)`."""
    return ops.add(ops.expand_dims(query, -2), ops.expand_dims(key, -3))
