"""Low-rank adapters: a frozen weight that is trained by the product of two small matrices.

Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
"""

from __future__ import annotations

from typing import Any, ClassVar

from keraslite import check, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError, NotBuiltError, StateError
from keraslite.layers.adapting import AdaptedWeight, Adapter
from keraslite.layers.base import Layer
from keraslite.layers.names import title
from keraslite.layers.types import InitializerLike
from keraslite.variable import Variable

__all__ = ["LowRank", "rows"]


class LowRankProduct(Adapter):
    """`weight + scale * a @ b`. Files hold the sum.

    Args:
        a: shape `(..., rank)`.
        b: shape `(rank, last axis of the weight)`.
        scale: a factor.
    """

    is_merged = True

    def __init__(self, a: Variable, b: Variable, scale: float):
        self.a, self.b, self.scale = a, b, scale
        self.variables = (a, b)

    def __call__(self, weight: Variable) -> object:
        """The weight with what was learned."""
        return ops.add(weight, ops.multiply(ops.matmul(self.a, self.b), self.scale))

    def rows(self, weight: Variable, indices: Tensor) -> Tensor:
        """The rows of the weight at `indices`, without those of the rest of the product."""
        change = ops.matmul(ops.take(self.a, indices, axis=0), self.b)
        return ops.add(ops.take(weight, indices, axis=0), ops.multiply(change, self.scale))

    def reset(self) -> None:
        """Zeros in `b` alone: with zeros in `a`, too, neither would have a gradient."""
        self.b.assign(ops.zeros_like(self.b))


def rows(table: Variable | AdaptedWeight, indices: Tensor) -> Tensor:
    """The rows of a table at `indices`. Of a low-rank change only these rows are computed."""
    if isinstance(table, AdaptedWeight) and isinstance(table.adapter, LowRankProduct):
        return table.adapter.rows(table.variable, indices)
    return ops.take(table, indices, axis=0)


class LowRank(Layer):
    """A layer with a weight that may get a low-rank adapter. `build` ends with `self._start_lora()`.

    Attributes:
        lora_alpha: what the product is multiplied by, times the rank; None without an adapter.
        lora_enabled: whether there is an adapter.
        lora_rank: the rank of the product; None without an adapter.
    """

    #: The name of the weight.
    _low_rank_weight: ClassVar[str] = "kernel"
    _stored_weights: ClassVar[tuple[str, ...]] = ("kernel", "bias")
    config_excludes = Layer.config_excludes | {"lora_rank", "lora_alpha"}
    argument_checks = ranges.checks(lora_rank=ranges.positive_int | None, lora_alpha=ranges.number() | None)

    def __init__(self, *, lora_rank: int | None = None, lora_alpha: float | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lora_rank = lora_rank
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha
        self.lora_enabled = False

    @property
    def variable_serialization_spec(self) -> dict[str | None, list[str]]:
        """The names of the weights in the order of files, by the mode of quantization, of which there is only None.

        A weight that the layer does without is left out of files, and those after it move up.
        """
        return {None: list(self._stored_weights)}

    def _start_lora(self) -> None:
        """The weights were made."""
        if self.lora_rank is not None and not self.lora_enabled:
            self._adapt(self.lora_rank, self.lora_alpha, "he_uniform", "zeros")

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: InitializerLike = "he_uniform",
        b_initializer: InitializerLike = "zeros",
    ) -> None:
        """Freeze the layer's main weight and train a low-rank change of it: `weight + lora_alpha / rank * a @ b`.

        `a` has the weight's shape with `rank` as its last axis; `b` has shape `(rank, last axis of the weight)`. Files
        hold the sum, as in Keras, so a model without the adapter reads them. Compile a model again afterwards.

        Args:
            rank: the rank of the change, at least 1.
            lora_alpha: the factor is `lora_alpha / rank`. Default: `rank`, so that the factor is 1.
            a_initializer: initial values of `a`, as of any weight. Default: "he_uniform".
            b_initializer: initial values of `b`. Default: "zeros", so that the layer computes what it did before.

        Raises:
            NotBuiltError: if the layer has no weights yet.
            StateError: if it has an adapter.
            ArgumentError: if the weight has a constraint, or `rank` is below 1.
        """
        if not self.built:
            raise NotBuiltError(f"{title(self)} has no weights yet. Call or build it before `enable_lora`.")
        if self.lora_enabled:
            raise StateError(f"{title(self)} needs to have no adapter yet. Received `enable_lora` for the second time.")
        check.positive_int(rank, "rank", "enable_lora")
        with self.unlocked():
            self._adapt(rank, lora_alpha, a_initializer, b_initializer)

    def _adapt(self, rank: int, alpha: float | None, a: InitializerLike, b: InitializerLike) -> None:
        name = self._low_rank_weight
        weight: Variable = getattr(self, name)
        if weight.constraint is not None:
            raise ArgumentError(
                f"{title(self)} needs no constraint on its {name} for an adapter. Received {weight.constraint!r}."
            )
        first = self.add_weight(name=f"lora_{name}_a", shape=(*weight.shape[:-1], rank), initializer=a)
        second = self.add_weight(name=f"lora_{name}_b", shape=(rank, weight.shape[-1]), initializer=b)
        setattr(self, f"lora_{name}_a", first)
        setattr(self, f"lora_{name}_b", second)
        self.lora_rank, self.lora_alpha, self.lora_enabled = rank, rank if alpha is None else alpha, True
        self.adapt_weight(name, LowRankProduct(first, second, self.lora_alpha / rank))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with those of the adapter where there is one."""
        config = super().get_config()
        if self.lora_rank is not None:
            config.update(lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)
        return config
