"""MultiHeadAttention."""

from __future__ import annotations

import math
import string
from typing import Any

from keraslite import errors, initializers, ops, random, ranges
from keraslite.layers.activation.softmax import masked_softmax
from keraslite.layers.axes import position
from keraslite.layers.base import Layer
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.roles import set_roles
from keraslite.serialization import builtin

_ROLES = tuple(f"{name}_{kind}" for name in ("kernel", "bias") for kind in ("initializer", "regularizer", "constraint"))


@builtin("keras.layers")
class MultiHeadAttention(Layer):
    """Each position of `query` becomes a mean of `value`, weighted by how alike `query` and `key` are, in several
    learned projections ("heads") at once (Vaswani et al., 2017).

    Args of the call:
        query: `(batch, *T, d)`.
        value: `(batch, *S, d')`.
        key: as `value`, which is taken if it is None.
        query_mask: `(batch, T)`: goes on to the output; a False row attends to all positions alike, as in Keras.
        value_mask, key_mask: `(batch, S)`: False positions are not attended to.
        attention_mask: bool, `(batch, T, S)` or with an axis for the heads: which may attend to which.
        use_causal_mask: no position attends to a later one.
        return_attention_scores: also the weights, `(batch, heads, T, S)`.

    Output: `(batch, *T, d)`, or `(batch, *T, *output_shape)`. `attention_axes`: the axes attended over, all between
    batch and features by default. `sliding_window`: positions see those less than so many places away. `use_gate`:
    multiplies the heads by a sigmoid of a projection of the query.
    """

    config_excludes = Layer.config_excludes | {"flash_attention"}
    config_omits = frozenset()

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

    def __init__(self, num_heads: int, key_dim: int, value_dim: int | None = None, dropout: float = 0.0,
                 use_bias: bool = True, output_shape: Any = None, attention_axes: Any = None,
                 sliding_window: int | None = None, flash_attention: bool | None = None,
                 kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
                 kernel_regularizer: Any = None, bias_regularizer: Any = None, activity_regularizer: Any = None,
                 kernel_constraint: Any = None, bias_constraint: Any = None, use_gate: bool = False, seed: Any = None,
                 **kwargs: Any):  # fmt: skip
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads, self.key_dim, self.dropout = num_heads, key_dim, dropout
        self.value_dim = key_dim if value_dim is None else value_dim
        self.use_bias, self.use_gate, self.seed = use_bias, use_gate, seed
        if output_shape is not None:
            output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self._given_output_shape = output_shape
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self.attention_axes: Any = None if axes is None else tuple(axes)
        self.sliding_window, self.flash_attention = sliding_window, flash_attention
        set_roles(self, locals())
        if self.dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        rank = len(query_shape)
        if len(value_shape) != rank or len(key_shape) != rank or rank < 3:
            raise errors.ArgumentError(
                f"`MultiHeadAttention` needs query, value and key of one rank, at least 3. Received shapes "
                f"{tuple(query_shape)}, {tuple(value_shape)} and {tuple(key_shape)}. Give them "
                "the axes (batch, length, features)."
            )
        if self.attention_axes is None:
            self.attention_axes = tuple(range(1, rank - 1))
        self.attention_axes = tuple(
            position(axis, query_shape, "attention_axes", "MultiHeadAttention") for axis in self.attention_axes
        )
        self.query_dense = self._projection("query", query_shape, self.key_dim)
        self.key_dense = self._projection("key", key_shape, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, self.value_dim, "sigmoid")
        self.value_dense = self._projection("value", value_shape, self.value_dim)
        given = self._given_output_shape or (query_shape[-1],)
        letters = string.ascii_lowercase
        free, heads, out = letters[: rank - 1], letters[rank - 1 : rank + 1], letters[rank + 1 : rank + 1 + len(given)]
        self.output_dense = self._dense(
            "attention_output",
            f"{free}{heads},{heads}{out}->{free}{out}",
            (*(None,) * (rank - 2), *given),
            out,
            (*query_shape[:-1], self.num_heads, self.value_dim),
        )

    def _projection(self, name, shape, size, activation=None):
        rank, letters = len(shape), string.ascii_lowercase
        free, feature, heads = letters[: rank - 1], letters[rank - 1], letters[rank : rank + 2]
        equation = f"{free}{feature},{feature}{heads}->{free}{heads}"
        output_shape = (*(None,) * (rank - 2), self.num_heads, size)
        return self._dense(name, equation, output_shape, heads, shape, activation)

    def _dense(self, name, equation, output_shape, bias_axes, input_shape, activation=None):
        # Fresh initializers: an unseeded one repeats its values, and projections must differ.
        roles: dict[str, Any] = {role: _fresh(getattr(self, role)) for role in _ROLES}
        layer = EinsumDense(
            equation,
            output_shape,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            dtype=self.dtype_policy,
            **roles,
        )
        layer.build(input_shape)
        return layer

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        key = value if key is None else key
        mask = self._mask(value_mask, key_mask, attention_mask)
        if query_mask is not None:
            rows = ops.expand_dims(ops.cast(query_mask, "bool"), -1)  # (batch, T, 1)
            mask = _both(mask, ops.expand_dims(rows, 1) if mask is not None and len(mask.shape) == 4 else rows)
        if use_causal_mask or self.sliding_window is not None:
            mask = _both(mask, self._positions(query, value, use_causal_mask))
        projected = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        drops = bool(training) and self.dropout > 0
        if return_attention_scores or drops or len(query.shape) > 3:
            output, scores = self._attend(*projected, mask, drops)
        else:
            if mask is not None and len(mask.shape) < 4:
                mask = ops.expand_dims(mask, -3)  # (batch, 1, T, S)
            scale = 1.0 / math.sqrt(self.key_dim)
            output, scores = ops.dot_product_attention(*projected, mask=mask, scale=scale), None
        if self.use_gate:
            output = ops.multiply(output, self._gate_dense(query))
        output = self.output_dense(output)
        return (output, scores) if return_attention_scores else output

    def _mask(self, value_mask, key_mask, attention_mask):
        """All given masks as one, `(batch, T, S)` or as `attention_mask`; None where there is none."""
        mask = None if attention_mask is None else ops.cast(attention_mask, "bool")
        across = None
        for each in (value_mask, key_mask):
            if each is not None:
                across = _both(across, ops.expand_dims(ops.cast(each, "bool"), -2))  # (batch, 1, S)
        if across is not None and mask is not None and len(mask.shape) == 4 and len(across.shape) == 3:
            across = ops.expand_dims(across, 1)
        return _both(mask, across)

    def _positions(self, query, value, causal):
        """Which position may see which, `(1, T, S)`."""
        t, s = ops.shape(query)[1], ops.shape(value)[1]
        distance = ops.expand_dims(ops.arange(t, dtype="int32"), 1) - ops.expand_dims(ops.arange(s, dtype="int32"), 0)
        allowed = None
        if self.sliding_window is not None:
            allowed = ops.less(ops.abs(distance), self.sliding_window)
        if causal:
            allowed = _both(allowed, ops.greater_equal(distance, 0))
        return ops.expand_dims(allowed, 0)

    def _attend(self, query, key, value, mask, drops):
        """Attention over any axes, weight by weight: the values and the weights."""
        to_scores, to_values = _equations(len(query.shape) - 2, self.attention_axes)
        count = len(self.attention_axes)
        scores = ops.einsum(to_scores, ops.multiply(query, 1.0 / math.sqrt(self.key_dim)), key)
        axis = tuple(range(-count, 0))
        if mask is None:
            scores = ops.softmax(scores, axis=axis)
        else:
            while len(mask.shape) < len(scores.shape):
                mask = ops.expand_dims(mask, -2 * count - 1)
            scores = masked_softmax(scores, mask, axis)
        kept = random.dropout(scores, self.dropout, seed=self.seed_generator) if drops else scores
        return ops.einsum(to_values, kept, value), scores

    def get_config(self):
        return {**super().get_config(), "output_shape": self._given_output_shape}


def _both(first, second):
    if first is None or second is None:
        return second if first is None else first
    return ops.logical_and(first, second)


def _fresh(initializer):
    return initializer.clone() if isinstance(initializer, initializers.Initializer) else initializer


def _equations(rank: int, attention_axes: tuple[int, ...]) -> tuple[str, str]:
    """Equations query, key -> weights and weights, value -> values, for `rank` axes before heads and features."""
    query = string.ascii_lowercase[:rank]
    key = "".join(c.upper() if i in attention_axes else c for i, c in enumerate(query))
    batch = "".join(c for i, c in enumerate(query) if i not in attention_axes)
    attended = "".join(query[i] for i in attention_axes) + "".join(key[i] for i in attention_axes)
    scores = f"{batch}y{attended}"
    return f"{query}yz,{key}yz->{scores}", f"{scores},{key}yz->{query}yz"
