"""The base of layers that join several tensors of one shape into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack, cast

from keraslite import errors, ops
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.types import LayerOptions, Masks


class Merge(Layer):
    """Joins a list of tensors of shapes that broadcast.

    A tensor of fewer axes gets axes of size 1 after the batch. The result's mask is the union of the inputs' masks,
    or none where an input has none.
    """

    is_weightless = True
    count: int | None = None

    def __init__(self, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def _check(self, inputs: object) -> Sequence[Tensor]:
        wanted = "a list of tensors" if self.count is None else f"a list of exactly {self.count} tensors"
        if not isinstance(inputs, (list, tuple)) or not inputs or (self.count and len(inputs) != self.count):
            received = f"{len(inputs)} of them" if isinstance(inputs, (list, tuple)) else type(inputs).__name__
            raise errors.ArgumentError(f"`{type(self).__name__}` needs {wanted}. Received {received}.")
        other = next((x for x in inputs if not hasattr(x, "shape")), None)
        if other is not None:
            raise errors.ArgumentError(f"`{type(self).__name__}` needs {wanted}. Received {other!r:.80} among them.")
        return inputs

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        inputs = self._check(inputs)
        rank = max(len(x.shape) for x in inputs)
        return self.merge([with_rank(x, rank) for x in inputs])

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        """Join tensors of equal rank. Subclasses define it.

        Args:
            inputs: a list of tensors.
        """
        raise NotImplementedError

    def compute_mask(self, inputs: Sequence[Tensor], mask: Masks = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the list of inputs.
            mask: the list of their masks, None for inputs without one.
        """
        masks = masks_in(mask)
        present = [m for m in masks if m is not None]
        if len(present) < len(masks):
            return None
        result = present[0]
        for each in present[1:]:
            result = ops.logical_or(result, each)
        return result


def masks_in(mask: Masks) -> Sequence[Tensor | None]:
    """The masks of a list of tensors, one per tensor."""
    return mask if isinstance(mask, (list, tuple)) else cast("list[Tensor | None]", [mask])


def with_rank(x: Tensor, rank: int) -> Tensor:
    """A tensor with axes of size 1 after the batch, so that it has `rank` axes."""
    while len(x.shape) < rank:
        x = ops.expand_dims(x, 1)
    return x
