"""MultiHeadAttention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.activation.softmax import Softmax
from keraslite.layers.attention.equations import equations
from keraslite.layers.attention.projected import ROLES, ProjectedAttention, shapes_error
from keraslite.layers.axes import position
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.names import Alias, stated
from keraslite.layers.passing_on import passes_on
from keraslite.layers.types import ConstraintLike, InitializerLike, InputShape, NamedOptions, RegularizerLike
from keraslite.serialization import builtin


@builtin("keras.layers")
class MultiHeadAttention(ProjectedAttention):
    """Lets each position of a query collect values by how well their keys match it, in several heads.

    Query, key and value are projected per head. The output projects `softmax(query @ key^T / sqrt(key_dim)) @ value`,
    joined over the heads. Subclasses may set the projections (`_query_dense`, `_key_dense`, `_value_dense`,
    `_output_dense`), `_softmax` and `_dropout_layer`, and define `_compute_attention_mask`, `_compute_causal_mask`,
    `_compute_attention` and `_masked_softmax`, as those for Keras do.

    Args:
        num_heads: number of heads, a positive int.
        key_dim: size of each head's query and key, a positive int.
        value_dim: size of each head's value, a positive int. Default: None, `key_dim`.
        dropout: fraction of the attention weights that is dropped in training, in [0, 1]. Default: 0.0.
        use_bias: whether the projections have biases. Default: True.
        output_shape: sizes of the output after batch and positions, a positive int or several. Default: None, the
            features of the query.
        attention_axes: the axes that are attended over, an int or a list. Default: None, all between batch and
            features.
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
        query `(batch, *T, features)`, value `(batch, *S, features')` and key, as value; T and S are one axis each or
        several.

    Output:
        `(batch, *T, features)`, or `(batch, *T, *output_shape)`; with `return_attention_scores` a tuple of that and the
        weights, `(batch, heads, *T, *S)`.

    Weights:
        a kernel `(features, num_heads, key_dim)` and a bias `(num_heads, key_dim)` per projection; those of the output
        are `(num_heads, value_dim, *output_shape)` and `output_shape`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if query, value and key differ in their
            number of axes or have fewer than three, or if an attention axis is none of theirs.

    Source:
        Vaswani et al., "Attention is all you need", 2017.

    Example:
        >>> from keraslite import Input, layers
        >>> attention = layers.MultiHeadAttention(num_heads=2, key_dim=16)
        >>> attention(Input((8, 32)), Input((4, 32))).shape
        (None, 8, 32)
    """

    num_heads: int = stated("Number of heads.")
    key_dim: int = stated("Size of each head's query and key.")
    value_dim: int = stated("Size of each head's value.")
    dropout: float = stated("Fraction of the attention weights that is dropped in training.")
    use_bias: bool = stated("Whether the projections have biases.")
    attention_axes: tuple[int, ...] | None = stated("Axes that are attended over.")
    query_dense: EinsumDense = stated("Projection of the query.")
    key_dense: EinsumDense = stated("Projection of the key.")
    value_dense: EinsumDense = stated("Projection of the value.")
    output_dense: EinsumDense = stated("Projection of the joined heads to the output.")

    argument_checks = ranges.checks(
        num_heads=ranges.positive_int,
        key_dim=ranges.positive_int,
        value_dim=ranges.positive_int | None,
        output_shape=ranges.positive_int | ranges.items(ranges.positive_int, low=1) | None,
        attention_axes=ranges.axes | None,
    )

    @passes_on(keeps=("num_heads", "key_dim", "value_dim", "output_shape", "attention_axes"))
    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
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
        self.num_heads, self.key_dim = num_heads, key_dim
        self.value_dim = key_dim if value_dim is None else value_dim
        self._output_shape = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.attention_axes = None if axes is None else tuple(axes)

    def build(self, query_shape: InputShape, value_shape: InputShape, key_shape: InputShape | None = None) -> None:
        """Make the projections for inputs of these shapes.

        Args:
            query_shape: the query's shape, None for unknown sizes.
            value_shape: the value's shape.
            key_shape: the key's shape. Default: None, the value's.
        """
        key_shape = value_shape if key_shape is None else key_shape
        rank, shapes = len(query_shape), (query_shape, value_shape, key_shape)
        if rank < 3 or any(len(shape) != rank for shape in shapes):
            raise shapes_error(self, "query, value and key of one rank, at least 3", shapes)
        self._build_attention(rank + 1)
        self.query_dense = self._projection("query", query_shape, self.num_heads, self.key_dim)
        self.key_dense = self._projection("key", key_shape, self.num_heads, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, self.num_heads, self.value_dim, "sigmoid")
        self.value_dense = self._projection("value", value_shape, self.num_heads, self.value_dim)
        sizes = self._output_shape or query_shape[-1:]
        self.output_dense = self._output_projection(query_shape, self.num_heads, self.value_dim, sizes)

    def _build_attention(self, rank: int) -> None:
        """Get ready for projections of so many axes, `(batch, ..., heads, features)`."""
        axes = range(1, rank - 2) if self.attention_axes is None else self.attention_axes
        shape = (None,) * (rank - 1)
        attended = tuple(position(axis, shape, "attention_axes", "MultiHeadAttention") for axis in axes)
        self.attention_axes = attended
        self._dot_product_equation, self._combine_equation = equations(rank - 2, attended)
        self._softmax = Softmax(tuple(range(-len(attended), 0)), dtype=self.dtype_policy, name="softmax")

    @property
    def _attended(self) -> tuple[int, ...]:
        return self.attention_axes or (1,)

    def _head_size(self) -> int:
        return self.key_dim

    def _attention(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, training: bool | None,
        wants_scores: bool, causal: dict[str, bool],
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        return self._compute_attention(query, key, value, mask, training, wants_scores, **causal)

    def _compute_attention(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attention between projections, `(batch, ..., heads, features)`: the values, and the weights where they are
        asked for or had to be computed, otherwise None."""
        return self._attend(query, key, value, attention_mask, training, return_attention_scores, use_causal_mask)

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        return ops.einsum(self._dot_product_equation, key, query)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self._output_shape}


_ALIASES = (
    "query_dense key_dense value_dense output_dense num_heads key_dim value_dim dropout use_bias use_gate "
    "attention_axes sliding_window flash_attention"
)
for _name in (*_ALIASES.split(), *ROLES):
    setattr(MultiHeadAttention, f"_{_name}", Alias(_name))
MultiHeadAttention._inverse_sqrt_key_dim = Alias("_scale")  # type: ignore[attr-defined]
