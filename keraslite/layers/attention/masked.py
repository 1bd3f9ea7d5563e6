"""The base of layers that join the masks of their inputs with a causal mask and a sliding window."""

from __future__ import annotations

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.garbage import remembered
from keraslite.layers.attention.masks import both, distances, of_queries, of_values
from keraslite.layers.base import Layer
from keraslite.layers.names import title


class MaskedAttention(Layer):
    """Says which position of a query may attend to which of a value."""

    argument_checks = ranges.checks(sliding_window=ranges.positive_int | None)

    sliding_window: int | None

    @property
    def _attended(self) -> tuple[int, ...]:
        """The axes that are attended over."""
        return (1,)

    def _only_causal(self, masks: dict[str, Tensor | None]) -> bool:
        """Whether the causal mask, as it is here, is the only one, so that an engine needs no tensor for it."""
        if self.sliding_window is not None or any(mask is not None for mask in masks.values()):
            return False
        return not rewrites(self, "_compute_attention", "_compute_attention_mask", "_compute_causal_mask")

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
        attended, count = self._attended, len(self._attended)
        mask = None if attention_mask is None else ops.cast(attention_mask, "bool")
        for each in (value_mask, key_mask):
            if each is not None:
                mask = both(mask, of_values(each, attended, len(value.shape)), count)
        if query_mask is not None:
            mask = both(mask, of_queries(query_mask, attended, len(query.shape)), count)
        if self.sliding_window is not None:
            mask = both(mask, self._compute_sliding_window_mask(query, value), count)
        return both(mask, self._compute_causal_mask(query, value), count) if use_causal_mask else mask

    def _compute_causal_mask(self, query: Tensor, value: Tensor | None = None) -> Tensor:
        """True where a position of the value comes no later than one of the query, `(1, T, S)`."""
        return ops.greater_equal(self._distances(query, value, "use_causal_mask"), 0)

    def _compute_sliding_window_mask(self, query: Tensor, value: Tensor | None = None) -> Tensor:
        """True where a position of the value is near one of the query, `(1, T, S)`."""
        return ops.less(ops.abs(self._distances(query, value, "sliding_window")), self.sliding_window or 0)

    def _distances(self, query: Tensor, value: Tensor | None, why: str) -> Tensor:
        if len(self._attended) != 1:
            raise errors.ArgumentError(
                f"{title(self)} needs one attention axis for `{why}`, along which positions have an order. Received "
                f"attention_axes={self._attended}. Pass `attention_mask` instead."
            )
        return distances(query, query if value is None else value, self._attended[0])


def rewrites(layer: Layer, *methods: str) -> bool:
    """Return whether a class outside of keraslite, or the layer itself, has one of the methods anew."""
    cls = type(layer)
    ours = _ours(cls)
    return any(name in vars(layer) or getattr(cls, name) is not getattr(ours, name) for name in methods)


@remembered
def _ours(cls: type) -> type:
    return next(each for each in cls.__mro__ if each.__module__.startswith("keraslite."))
