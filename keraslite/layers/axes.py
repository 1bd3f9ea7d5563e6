"""Axes that layers are told of."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import ops
from keraslite.backend.contract import TensorLike
from keraslite.errors import ArgumentError


def position(axis: int, shape: Sequence[int | None], name: str, where: str, batch: bool = False) -> int:
    """`axis` of a tensor of `shape`, counted from the front; an error if the tensor has none such.

    Args:
        name: of the argument that `axis` came with.
        where: the layer's class.
        batch: whether it may be axis 0, the batch.
    """
    rank = len(shape)
    if -rank <= axis < rank and (batch or axis % rank):
        return axis % rank
    found = "" if batch else ", not the batch"
    raise ArgumentError(
        f"`{where}` needs `{name}` to name an axis of its input{found}. Received {name}={axis} and an input of shape "
        f"{tuple(shape)}."
    )


class Along:
    """The sizes of a weight along some axes of an input.

    Args:
        axes: the axes, counted from either end, in the order in which the weight has their sizes.
        shape: of the input.

    Attributes:
        sizes: the weight's sizes.
    """

    def __init__(self, axes: Sequence[int], shape: Sequence[int | None]):
        places = [axis % len(shape) for axis in axes]
        self.sizes = tuple(shape[place] for place in places)
        self._in_order = None if places == sorted(places) else tuple(shape[place] for place in sorted(places))

    def __call__(self, weight: TensorLike | None) -> TensorLike | None:
        """The numbers of the weight one after another, with the sizes in the order of the input's axes, as in Keras."""
        if self._in_order is None or weight is None:
            return weight
        return ops.reshape(weight, self._in_order)
