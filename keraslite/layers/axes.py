"""Axes that layers are told of."""

from __future__ import annotations

from collections.abc import Sequence

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
