"""AdditiveAttention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.attention.attention import Attention, pairwise_sums
from keraslite.layers.types import InputShape, SeededOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class AdditiveAttention(Attention):
    """Lets each position of a query collect values by the scores `sum(scale * tanh(query + key))`.

    A subclass may define `_calculate_scores`, `_calculate_score_mask` and `_apply_scores`, as one for Keras does.

    Args:
        use_scale: whether the features are multiplied by a weight before they are summed. Default: True.
        dropout: fraction of the attention weights that is dropped in training, in [0, 1]. Default: 0.0.
        **kwargs: `seed` (a non-negative int from which the random numbers are drawn, or None for a seed from the
            global generator), `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of query `(batch, T, features)`, value `(batch, S, size)` and key `(batch, S, features)`. Without a key,
        the value is the key as well. Further axes after the batch are batches, too.

    Output:
        `(batch, T, size)`; with `return_attention_scores` a tuple of that and the weights, `(batch, T, S)`.

    Masks:
        a call takes a list of masks, one per input or None. The query's, `(batch, T)`, sets the output to 0 where it
        is False, and goes on. Where the value's, `(batch, S)`, is False, nothing is collected. The key's is not used.

    Weights:
        with `use_scale`, `scale` `(features,)`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the inputs are no list of two or three
            tensors of fitting shapes, or if the masks do not fit them.

    Source:
        Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and translate", 2015.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.AdditiveAttention()([Input((8, 32)), Input((4, 32))]).shape
        (None, 8, 32)
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Unpack[SeededOptions]) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Sequence[InputShape]) -> None:
        features = self._check(input_shape)[0][-1]
        self.scale = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(features,), initializer="glorot_uniform")

    def _calculate_scores(self, query: Tensor, key: Tensor) -> Tensor:
        features = ops.tanh(pairwise_sums(query, key))
        return ops.sum(features, axis=-1) if self.scale is None else ops.matmul(features, self.scale)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}
