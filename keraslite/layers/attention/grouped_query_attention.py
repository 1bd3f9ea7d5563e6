"""GroupQueryAttention."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.activation.softmax import Softmax
from keraslite.layers.attention.masked import rewrites
from keraslite.layers.attention.projected import ProjectedAttention, shapes_error
from keraslite.layers.names import Alias
from keraslite.layers.passing_on import passes_on
from keraslite.layers.types import ConstraintLike, InitializerLike, InputShape, NamedOptions, RegularizerLike
from keraslite.serialization import builtin

#: Whether the call in progress returns the weights.
_wants_scores: ContextVar[bool] = ContextVar("keraslite_attention_scores", default=False)


@builtin("keras.layers", "GroupQueryAttention", also=("keras.layers.GroupedQueryAttention",))
class GroupedQueryAttention(ProjectedAttention):
    """Lets each position of a query collect values as `MultiHeadAttention` does, with fewer heads of keys and values.

    Query, key and value are projected per head. Each head of keys and values serves
    `num_query_heads / num_key_value_heads` heads of the query in a row. One of them is multi-query attention. As many
    as query heads make it `MultiHeadAttention`. Subclasses may set and define the same members as those of
    `MultiHeadAttention`. `GroupedQueryAttention` is the same class under the name that later versions of Keras use.

    Args:
        head_dim: size of each head, a positive int.
        num_query_heads: number of heads of the query, a positive int, a multiple of `num_key_value_heads`.
        num_key_value_heads: number of heads of keys and values, a positive int.
        dropout: fraction of the attention weights that is dropped in training, in [0, 1]. Default: 0.0.
        use_bias: whether the projections have biases. Default: True.
        sliding_window: a position sees only those less than so many places away, a positive int. Default: None, no
            limit.
        flash_attention: whether a fused kernel of the engine computes the attention. True: always, and an error where
            none can: with dropout, if scores are returned, or on an engine without one. False: never. Default: None,
            wherever one can, unless `config.disable_flash_attention` was called.
        kernel_initializer: initial values of the projections' kernels: the name of an initializer, an `Initializer`, a
            function of `(shape, dtype)` or an array. Default: "glorot_uniform".
        bias_initializer: initial values of their biases, likewise. Default: "zeros".
        kernel_regularizer: penalty on the kernel, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        bias_regularizer: penalty on the bias, added to the loss: the name of a regularizer, a `Regularizer` or a
            function from tensor to scalar. Default: None.
        activity_regularizer: penalty on the output, divided by the batch size and added to the loss: the name of a
            regularizer, a `Regularizer` or a function from tensor to scalar. Default: None.
        kernel_constraint: projection applied to the kernel after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        bias_constraint: projection applied to the bias after each training step: the name of a constraint, a
            `Constraint` or a function from tensor to tensor. Default: None.
        use_gate: whether the heads are multiplied by a sigmoid of a projection of the query. Default: False.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        query `(batch, T, features)`, value `(batch, S, features')` and key, as value.

    Output:
        `(batch, T, features)`; with `return_attention_scores` a tuple of that and the weights,
        `(batch, num_query_heads, T, S)`.

    Weights:
        a kernel `(features, heads, head_dim)` and a bias `(heads, head_dim)` per projection; those of the output are
        `(num_query_heads, head_dim, features)` and `(features,)`.

    Raises:
        ArgumentError: if an argument is outside its range, or if the heads of the query are no multiple of those of
            the key; when it is built, if query, value and key have other than three axes.

    Source:
        Ainslie et al., "GQA: training generalized multi-query transformer models from multi-head checkpoints", 2023.

    Example:
        >>> from keraslite import Input, layers
        >>> attention = layers.GroupQueryAttention(head_dim=16, num_query_heads=4, num_key_value_heads=2)
        >>> attention(Input((8, 32)), Input((4, 32))).shape
        (None, 8, 32)
    """

    argument_checks = ranges.checks(
        head_dim=ranges.positive_int,
        num_query_heads=ranges.positive_int,
        num_key_value_heads=ranges.positive_int,
    )

    _inverse_sqrt_head_dim = Alias("_scale")
    _dot_product_equation = "bquh,bkuh->buqk"
    _combine_equation = "buqk,bkuh->bquh"

    @passes_on(keeps=("head_dim", "num_query_heads", "num_key_value_heads"))
    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        if num_query_heads % num_key_value_heads:
            raise errors.ArgumentError(
                f"`GroupQueryAttention` needs `num_query_heads` to be a multiple of `num_key_value_heads`. Received "
                f"num_query_heads={num_query_heads} and num_key_value_heads={num_key_value_heads}."
            )
        self.head_dim = head_dim
        self.num_query_heads, self.num_key_value_heads = num_query_heads, num_key_value_heads

    def build(self, query_shape: InputShape, value_shape: InputShape, key_shape: InputShape | None = None) -> None:
        """Make the projections for inputs of these shapes.

        Args:
            query_shape: the query's shape, `(batch, T, features)`, None for unknown sizes.
            value_shape: the value's shape.
            key_shape: the key's shape. Default: None, the value's.
        """
        key_shape = value_shape if key_shape is None else key_shape
        shapes = query_shape, value_shape, key_shape
        if any(len(shape) != 3 for shape in shapes):
            raise shapes_error(self, "query, value and key of rank 3", shapes)
        heads, size = self.num_query_heads, self.head_dim
        self._query_dense = self._projection("query", query_shape, heads, size)
        self._key_dense = self._projection("key", key_shape, self.num_key_value_heads, size)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, heads, size, "sigmoid")
        self._value_dense = self._projection("value", value_shape, self.num_key_value_heads, size)
        self._softmax = Softmax(-1, dtype=self.dtype_policy, name="softmax")
        self._output_dense = self._output_projection(query_shape, heads, size, query_shape[-1:])

    @property
    def num_repeats(self) -> int:
        """How many heads of the query share a head of keys and values."""
        return self.num_query_heads // self.num_key_value_heads

    @property
    def _return_attention_scores(self) -> bool:
        return _wants_scores.get()

    def _head_size(self) -> int:
        return self.head_dim

    def _attention(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, training: bool | None,
        wants_scores: bool, causal: dict[str, bool],
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        if rewrites(self, "_compute_attention"):
            key, value = _repeated(key, query), _repeated(value, query)
        before = _wants_scores.set(wants_scores)
        try:
            return self._compute_attention(query, key, value, mask, training, **causal)
        finally:
            _wants_scores.reset(before)

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attention between projections, `(batch, length, heads, head_dim)`: the values, and the weights where the call
        returns them or had to compute them, otherwise None. Keys and values may have a head for each of the query."""
        return self._attend(query, key, value, attention_mask, training, _wants_scores.get(), use_causal_mask)

    def _weigh(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, drops: bool
    ) -> tuple[Tensor, Tensor]:
        return super()._weigh(query, _repeated(key, query), _repeated(value, query), mask, drops)

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.einsum(self._dot_product_equation, query, key)


def _repeated(x: Tensor, query: Tensor) -> Tensor:
    """Keys or values with a head for each of the query."""
    heads, wanted = x.shape[2], query.shape[2]
    return x if heads == wanted else ops.repeat(x, wanted // heads, axis=2)
