"""Concatenate."""

from __future__ import annotations

from typing import Any, Unpack

from keraslite import errors, ops, ranges
from keraslite.layers.merging.base import Merge
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Concatenate(Merge):
    """Its inputs one after the other along `axis`; their other sizes are equal.

    Mask: the inputs' masks one after the other, or their union where `axis` is not one of the mask's; an input
    without a mask counts as not masked.
    """

    argument_checks = ranges.checks(axis=ranges.axis)

    def __init__(self, axis: int = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs):
        inputs = self._check(inputs)
        shapes = [tuple(x.shape) for x in inputs]
        rank = len(shapes[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        sizes = [{shape[i] for shape in shapes if len(shape) == rank} - {None} for i in range(rank)]
        if (
            axis is None
            or any(len(shape) != rank for shape in shapes)
            or any(len(known) > 1 for i, known in enumerate(sizes) if i != axis)
        ):
            raise errors.ArgumentError(
                f"`Concatenate` needs inputs of shapes that are equal but for axis {self.axis}. Received {shapes}. "
                "Reshape one of them, or choose another `axis`."
            )
        return ops.concatenate(inputs, axis=axis)

    def compute_mask(self, inputs, mask=None):
        masks = mask if isinstance(mask, (list, tuple)) else [mask]
        given = [m for m in masks if m is not None]
        if not given:
            return None
        rank, mask_rank = len(inputs[0].shape), len(given[0].shape)
        whole = []
        for x, m in zip(inputs, masks, strict=True):
            if m is None:
                whole.append(ops.ones_like(x, dtype="bool"))
                continue
            while len(m.shape) < rank:
                m = ops.expand_dims(m, -1)
            whole.append(ops.broadcast_to(m, ops.shape(x)))
        joined = ops.concatenate(whole, axis=self.axis)
        return ops.any(joined, axis=tuple(range(mask_rank, rank))) if mask_rank < rank else joined


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """`Concatenate(axis=axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)
