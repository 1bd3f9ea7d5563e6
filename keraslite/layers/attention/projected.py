"""The base of layers that attend with projections of their inputs, in several heads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack, cast

from keraslite import errors, initializers, ops, random, ranges
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.layers.activation.softmax import Softmax, masked_softmax
from keraslite.layers.attention.equations import from_heads, to_heads
from keraslite.layers.attention.masked import MaskedAttention, rewrites
from keraslite.layers.attention.masks import both, of_rank
from keraslite.layers.base import Layer
from keraslite.layers.core.einsum_dense import EinsumDense
from keraslite.layers.names import Found, title
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

ROLES = tuple(f"{name}_{kind}" for name in ("kernel", "bias") for kind in ("initializer", "regularizer", "constraint"))


class ProjectedAttention(MaskedAttention):
    """Projects query, key and value, attends head by head, and projects the joined heads to the output.

    A subclass makes the projections `_query_dense`, `_key_dense`, `_value_dense`, `_output_dense` and, with
    `use_gate`, `_gate_dense` in its `build`. It defines `_attention` and `_scores`. Subclasses of users may set the
    projections, `_softmax` and `_dropout_layer`, and define `_compute_attention_mask`, `_compute_causal_mask`,
    `_compute_attention` and `_masked_softmax`, as those for Keras do.
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
        dropout=ranges.fraction,
        use_bias=ranges.flag,
        flash_attention=ranges.flag | None,
        use_gate=ranges.flag,
        seed=ranges.unsigned_int | None,
    )

    _own_scale: float | None = None  # the factor of the scores, where one was set
    _query_dense: Layer
    _key_dense: Layer
    _value_dense: Layer
    _gate_dense: Layer
    _output_dense: Layer
    _dot_product_equation: str
    _combine_equation: str
    _softmax: Layer

    def __init__(
        self,
        *,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        kernel_initializer: InitializerLike,
        bias_initializer: InitializerLike,
        kernel_regularizer: RegularizerLike,
        bias_regularizer: RegularizerLike,
        activity_regularizer: RegularizerLike,
        kernel_constraint: ConstraintLike,
        bias_constraint: ConstraintLike,
        use_gate: bool,
        seed: int | None,
        **kwargs: Unpack[NamedOptions],
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.dropout, self.seed = dropout, seed
        self.use_bias, self.use_gate = use_bias, use_gate
        self.sliding_window, self.flash_attention = sliding_window, flash_attention
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_initializer = bias_initializer
        self.bias_regularizer = bias_regularizer
        self.bias_constraint = bias_constraint
        self._dropout_layer: Layer = Dropout(dropout, seed=seed, dtype=self.dtype_policy, name="dropout")
        if dropout > 0:
            self._need_fused_kernel("dropout=0.0", f"dropout={dropout}")
            self.seed_generator = cast(Dropout, self._dropout_layer).seed_generator
        self.supports_masking = True

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        inner = vars(self).get("_dropout_layer")
        if name == "dropout" and type(inner) is Dropout:
            with registry.use_backend(self._own.home or registry.current()):
                inner.rate = cast(float, value)

    @property
    def _scale(self) -> float:
        """Factor of the scores."""
        return 1.0 / math.sqrt(self._head_size()) if self._own_scale is None else self._own_scale

    @_scale.setter
    def _scale(self, value: float) -> None:
        self._own_scale = value

    def _head_size(self) -> int:
        """Size of a head's query and key."""
        raise NotImplementedError

    # ---- projections --------------------------------------------------------------------------------------------

    def _projection(
        self, name: str, shape: InputShape, heads: int, size: int, activation: str | None = None
    ) -> EinsumDense:
        """Make a layer from `(batch, ..., features)` to `(batch, ..., heads, size)`."""
        equation, bias_axes = to_heads(len(shape))
        sizes = (*(None,) * (len(shape) - 2), heads, size)
        return self._dense(name, equation, sizes, bias_axes, shape, activation)

    def _output_projection(self, shape: InputShape, heads: int, size: int, sizes: Sequence[int | None]) -> EinsumDense:
        """Make a layer from `(batch, ..., heads, size)` to `(batch, ..., *sizes)` for a query of `shape`."""
        equation, bias_axes = from_heads(len(shape), len(sizes))
        output_shape = (*(None,) * (len(shape) - 2), *sizes)
        return self._dense("attention_output", equation, output_shape, bias_axes, (*shape[:-1], heads, size))

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
        return {role: _fresh(getattr(self, role)) for role in ROLES} | {"dtype": self.dtype_policy}

    # ---- calls --------------------------------------------------------------------------------------------------

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
            query_mask: bool, `(batch, *T)`. It goes on to the output. A row that is False attends to all positions
                alike, as in Keras.
            value_mask: bool, `(batch, *S)`. Positions that are False are not attended to.
            key_mask: bool, `(batch, *S)`. Positions that are False are not attended to.
            attention_mask: bool, `(batch, *T, *S)`, or with an axis for the heads before T: which position may attend
                to which. Axes at the front may be missing.
            return_attention_scores: whether the weights are returned, too. Default: False.
            training: whether dropout is active. Default: None, that of the enclosing call.
            use_causal_mask: whether no position attends to a later one. Default: False.
        """
        key = value if key is None else key
        masks = {"query_mask": query_mask, "value_mask": value_mask, "key_mask": key_mask}
        masks["attention_mask"] = attention_mask
        causal = use_causal_mask and self._only_causal(masks)
        mask = None
        if not causal:
            mask = self._compute_attention_mask(query, value, **masks, use_causal_mask=use_causal_mask)
        output, scores = self._attention(
            self._query_dense(query), self._key_dense(key), self._value_dense(value), mask, training,
            return_attention_scores, {"use_causal_mask": True} if causal else {},
        )  # fmt: skip
        if self.use_gate:
            output = ops.multiply(output, self._gate_dense(query))
        output = self._output_dense(output)
        return (output, cast("Tensor", scores)) if return_attention_scores else output

    def _attention(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, training: bool | None,
        wants_scores: bool, causal: dict[str, bool],
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Call `_compute_attention` as Keras calls it."""
        raise NotImplementedError

    def _scores(self, query: Tensor, key: Tensor) -> Tensor:
        """Return the products of queries and keys."""
        raise NotImplementedError

    def _attend(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, training: bool | None,
        wants_scores: bool, causal: bool,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Return attention between projections, and the weights where they are wanted or had to be computed."""
        drops = bool(training) and (self.dropout > 0 or type(self._dropout_layer) is not Dropout)
        written = wants_scores or drops or len(query.shape) != 4 or self._weighs_in_its_own_way()
        if written:
            self._need_fused_kernel("no dropout, no scores and inputs of rank 3", "a call that has one of them")
            if causal:
                mask = both(mask, self._compute_causal_mask(query, value), len(self._attended))
            return self._weigh(query, key, value, mask, drops)
        if mask is not None and len(mask.shape) < 4:
            mask = ops.expand_dims(mask, -3)  # (batch, 1, T, S)
        attended = ops.dot_product_attention(
            query, key, value, mask=mask, scale=self._scale, is_causal=causal, flash_attention=self.flash_attention
        )
        return attended, None

    def _weigh(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, drops: bool
    ) -> tuple[Tensor, Tensor]:
        """Attention over any axes, weight by weight: the values and the weights."""
        weights = self._masked_softmax(self._scores(ops.multiply(query, self._scale), key), mask)
        kept = weights
        if drops and type(self._dropout_layer) is Dropout:
            kept = random.dropout(weights, self.dropout, seed=self._dropout_layer.seed_generator)
        elif drops:
            kept = self._dropout_layer(weights, training=True)
        return ops.einsum(self._combine_equation, kept, value), weights

    def _masked_softmax(self, attention_scores: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Weights from scores, `(batch, heads, *T, *S)`; places where the mask is False get none."""
        count, mask = len(self._attended), attention_mask
        if mask is not None:
            mask = of_rank(mask, len(attention_scores.shape), count)
        if type(self._softmax) is not Softmax:
            return self._softmax(attention_scores) if mask is None else self._softmax(attention_scores, mask=mask)
        axis = tuple(range(-count, 0))
        if mask is None:
            return ops.softmax(attention_scores, axis=axis)
        return masked_softmax(attention_scores, mask, axis)

    def _weighs_in_its_own_way(self) -> bool:
        """Whether a subclass says how weights come from scores, which the op for all of it would not ask."""
        return rewrites(self, "_masked_softmax") or type(self._softmax) is not Softmax

    def _need_fused_kernel(self, needs: str, received: str) -> None:
        """An error if a fused kernel is asked for where none can be used."""
        if self.flash_attention:
            raise errors.ArgumentError(
                f"{title(self)} needs {needs} with flash_attention=True. Received {received}. Use "
                "flash_attention=None, which takes a fused kernel where one can be used."
            )


def shapes_error(layer: Layer, needs: str, shapes: Sequence[InputShape]) -> errors.ArgumentError:
    """Return the error for a query, a value and a key of shapes that do not fit."""
    query, value, key = (tuple(shape) for shape in shapes)
    return errors.ArgumentError(
        f"{title(layer)} needs {needs}. Received shapes {query}, {value} and {key}. Give them the axes "
        "(batch, length, features)."
    )


def _fresh(initializer: Found) -> Found:
    return initializer.clone() if isinstance(initializer, initializers.Initializer) else initializer
