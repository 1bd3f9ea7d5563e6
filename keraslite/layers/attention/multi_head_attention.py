"""MultiHeadAttention."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any, Unpack, cast

from keraslite import errors, initializers, ops, random, ranges
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.layers.activation.softmax import Softmax, masked_softmax
from keraslite.layers.attention.equations import equations
from keraslite.layers.attention.masks import across_values, both, distances
from keraslite.layers.axes import position
from keraslite.layers.base import Layer
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.names import Alias, Found
from keraslite.layers.regularization.dropout import Dropout
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import ConstraintLike, InitializerLike, InputShape, NamedOptions, RegularizerLike
from keraslite.serialization import builtin

_ROLES = tuple(f"{name}_{kind}" for name in ("kernel", "bias") for kind in ("initializer", "regularizer", "constraint"))


@builtin("keras.layers")
class MultiHeadAttention(Layer):
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
        flash_attention: without effect: each engine chooses its kernel itself. Default: None.
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

    config_excludes = Layer.config_excludes | {"flash_attention"}
    config_omits = frozenset()

    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        num_heads=ranges.positive_int,
        key_dim=ranges.positive_int,
        value_dim=ranges.positive_int | None,
        dropout=ranges.fraction,
        use_bias=ranges.flag,
        output_shape=ranges.positive_int | ranges.items(ranges.positive_int, low=1) | None,
        attention_axes=ranges.axes | None,
        sliding_window=ranges.positive_int | None,
        flash_attention=ranges.flag | None,
        use_gate=ranges.flag,
        seed=ranges.unsigned_int | None,
    )

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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads, self.key_dim, self.dropout = num_heads, key_dim, dropout
        self.value_dim = key_dim if value_dim is None else value_dim
        self.use_bias, self.use_gate, self.seed = use_bias, use_gate, seed
        if output_shape is not None:
            output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self._output_shape = output_shape
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.attention_axes: Any = None if axes is None else tuple(axes)
        self.sliding_window, self.flash_attention = sliding_window, flash_attention
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_initializer = bias_initializer
        self.bias_regularizer = bias_regularizer
        self.bias_constraint = bias_constraint
        self._dropout_layer: Any = Dropout(dropout, seed=seed, dtype=self.dtype_policy, name="dropout")
        if self.dropout > 0:
            self.seed_generator = self._dropout_layer.seed_generator
        self.supports_masking = True

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        inner = vars(self).get("_dropout_layer")
        if name == "dropout" and type(inner) is Dropout:
            with registry.use_backend(self._own.home or registry.current()):
                inner.rate = value

    def build(self, query_shape: InputShape, value_shape: InputShape, key_shape: InputShape | None = None) -> None:
        """Make the projections for inputs of these shapes.

        Args:
            query_shape: the query's shape, None for unknown sizes.
            value_shape: the value's shape.
            key_shape: the key's shape. Default: None, the value's.
        """
        key_shape = value_shape if key_shape is None else key_shape
        rank = len(query_shape)
        if len(value_shape) != rank or len(key_shape) != rank or rank < 3:
            raise errors.ArgumentError(
                f"`MultiHeadAttention` needs query, value and key of one rank, at least 3. Received shapes "
                f"{tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}. Give them "
                "the axes (batch, length, features)."
            )
        self._build_attention(rank + 1)
        self.query_dense = self._projection("query", query_shape, self.key_dim)
        self.key_dense = self._projection("key", key_shape, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, self.value_dim, "sigmoid")
        self.value_dense = self._projection("value", value_shape, self.value_dim)
        given = self._output_shape or (query_shape[-1],)
        letters = string.ascii_lowercase
        free, heads, out = letters[: rank - 1], letters[rank - 1 : rank + 1], letters[rank + 1 : rank + 1 + len(given)]
        self.output_dense = self._dense(
            "attention_output",
            f"{free}{heads},{heads}{out}->{free}{out}",
            (*(None,) * (rank - 2), *given),
            out,
            (*query_shape[:-1], self.num_heads, self.value_dim),
        )

    def _build_attention(self, rank: int) -> None:
        """Get ready for projections of so many axes, `(batch, ..., heads, features)`."""
        axes = range(1, rank - 2) if self.attention_axes is None else self.attention_axes
        shape = (None,) * (rank - 1)
        self.attention_axes = tuple(position(axis, shape, "attention_axes", "MultiHeadAttention") for axis in axes)
        self._dot_product_equation, self._combine_equation = equations(rank - 2, self.attention_axes)
        axis = tuple(range(-len(self.attention_axes), 0))
        self._softmax: Any = Softmax(axis, dtype=self.dtype_policy, name="softmax")

    def _projection(self, name: str, shape: InputShape, size: int, activation: str | None = None) -> EinsumDense:
        rank, letters = len(shape), string.ascii_lowercase
        free, feature, heads = letters[: rank - 1], letters[rank - 1], letters[rank : rank + 2]
        equation = f"{free}{feature},{feature}{heads}->{free}{heads}"
        output_shape = (*(None,) * (rank - 2), self.num_heads, size)
        return self._dense(name, equation, output_shape, heads, shape, activation)

    def _dense(
        self,
        name: str,
        equation: str,
        output_shape: Sequence[int | None],
        bias_axes: str,
        input_shape: InputShape,
        activation: str | None = None,
    ) -> EinsumDense:
        layer = EinsumDense(
            equation,
            output_shape,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            **self._get_common_kwargs_for_sublayer(),
        )
        layer.build(input_shape)
        return layer

    def _get_common_kwargs_for_sublayer(self) -> dict[str, Any]:
        # Fresh initializers: an unseeded one repeats its values, and projections must differ.
        return {role: _fresh(getattr(self, role)) for role in _ROLES} | {"dtype": self.dtype_policy}

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attends: the output, and the attention weights if they are asked for.

        Args:
            query: `(batch, *T, features)`.
            value: `(batch, *S, features')`.
            key: as `value`. Default: None, `value`.
            query_mask: bool, `(batch, T)`. It goes on to the output. A row that is False attends to all positions
                alike, as in Keras.
            value_mask: bool, `(batch, S)`. Positions that are False are not attended to.
            key_mask: bool, `(batch, S)`. Positions that are False are not attended to.
            attention_mask: bool, `(batch, T, S)`, or with an axis for the heads: which position may attend to which.
            return_attention_scores: whether the weights are returned, too. Default: False.
            training: whether dropout is active. Default: None, that of the enclosing call.
            use_causal_mask: whether no position attends to a later one. Default: False.
        """
        key = value if key is None else key
        mask = self._compute_attention_mask(
            query,
            value,
            query_mask=query_mask,
            value_mask=value_mask,
            key_mask=key_mask,
            attention_mask=attention_mask,
            use_causal_mask=use_causal_mask,
        )
        output, scores = self._compute_attention(
            self.query_dense(query),
            self.key_dense(key),
            self.value_dense(value),
            attention_mask=mask,
            training=training,
            return_attention_scores=return_attention_scores,
        )
        if self.use_gate:
            output = ops.multiply(output, self._gate_dense(query))
        output = self.output_dense(output)
        return (output, cast("Tensor", scores)) if return_attention_scores else output

    # ---- masks --------------------------------------------------------------------------------------------------

    def _compute_attention_mask(
        self,
        query: Tensor,
        value: Tensor,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        use_causal_mask: bool = False,
    ) -> Tensor | None:
        """All masks as one, `(batch, T, S)` or as `attention_mask`; None where there is none."""
        mask = across_values(value_mask, key_mask, attention_mask)
        if query_mask is not None:
            rows = ops.expand_dims(ops.cast(query_mask, "bool"), -1)  # (batch, T, 1)
            mask = both(mask, ops.expand_dims(rows, 1) if mask is not None and len(mask.shape) == 4 else rows)
        if self.sliding_window is not None:
            mask = both(mask, self._compute_sliding_window_mask(query, value))
        return both(mask, self._compute_causal_mask(query, value)) if use_causal_mask else mask

    def _compute_causal_mask(self, query: Tensor, value: Tensor | None = None) -> Tensor:
        """True where a position of the value comes no later than one of the query, `(1, T, S)`."""
        return ops.greater_equal(distances(query, query if value is None else value), 0)

    def _compute_sliding_window_mask(self, query: Tensor, value: Tensor | None = None) -> Tensor:
        """True where a position of the value is near one of the query, `(1, T, S)`."""
        return ops.less(ops.abs(distances(query, query if value is None else value)), self.sliding_window or 0)

    # ---- attention ----------------------------------------------------------------------------------------------

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
        mask = attention_mask
        if use_causal_mask:
            mask = both(mask, self._compute_causal_mask(query, value))
        drops = bool(training) and (self.dropout > 0 or type(self._dropout_layer) is not Dropout)
        if return_attention_scores or drops or len(query.shape) > 4 or self._weighs_in_its_own_way():
            return self._attend(query, key, value, mask, drops)
        if mask is not None and len(mask.shape) < 4:
            mask = ops.expand_dims(mask, -3)  # (batch, 1, T, S)
        return ops.dot_product_attention(query, key, value, mask=mask, scale=1.0 / math.sqrt(self.key_dim)), None

    def _weighs_in_its_own_way(self) -> bool:
        """Whether a subclass says how weights come from scores, which the op for all of it would not ask."""
        own = getattr(self._masked_softmax, "__func__", None) is not MultiHeadAttention._masked_softmax
        return own or type(self._softmax) is not Softmax

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, drops: bool
    ) -> tuple[Tensor, Tensor]:
        """Attention over any axes, weight by weight: the values and the weights."""
        query = ops.multiply(query, 1.0 / math.sqrt(self.key_dim))
        scores = self._masked_softmax(ops.einsum(self._dot_product_equation, key, query), mask)
        kept = scores
        if drops and type(self._dropout_layer) is Dropout:
            kept = random.dropout(scores, self.dropout, seed=self._dropout_layer.seed_generator)
        elif drops:
            kept = self._dropout_layer(scores, training=True)
        return ops.einsum(self._combine_equation, kept, value), scores

    def _masked_softmax(self, attention_scores: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Weights from scores, `(batch, heads, T, S)`; places where the mask is False get none."""
        count, mask = len(self.attention_axes), attention_mask
        if mask is not None:
            while len(mask.shape) < len(attention_scores.shape):
                mask = ops.expand_dims(mask, -2 * count - 1)
        if type(self._softmax) is not Softmax:
            return self._softmax(attention_scores) if mask is None else self._softmax(attention_scores, mask=mask)
        axis = tuple(range(-count, 0))
        if mask is None:
            return ops.softmax(attention_scores, axis=axis)
        return masked_softmax(attention_scores, mask, axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_shape": self._output_shape}


_ALIASES = (
    "query_dense key_dense value_dense output_dense num_heads key_dim value_dim dropout use_bias use_gate "
    "attention_axes sliding_window flash_attention"
)
for _name in (*_ALIASES.split(), *_ROLES):
    setattr(MultiHeadAttention, f"_{_name}", Alias(_name))


def _fresh(initializer: Found) -> Found:
    return initializer.clone() if isinstance(initializer, initializers.Initializer) else initializer
