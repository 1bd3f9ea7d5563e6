"""Nested sizes and states of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from keraslite import ops, tree
from keraslite.backend.contract import Tensor
from keraslite.ops.dimension import Dimension

#: The size of a state: an int, a tuple of ints for a state of several axes, or a list of sizes for several states.
Size: TypeAlias = "int | tuple[int, ...] | list[Size]"
#: The states of a cell: a tensor, or a nest of lists of them.
States: TypeAlias = "Tensor | list[States]"
Sizes: TypeAlias = "tuple[int | Dimension | None, ...]"
BatchSize: TypeAlias = "int | Dimension | None"
#: Masks of dropout for a step's input and for the first state, None where nothing is dropped.
DropoutMasks: TypeAlias = "tuple[Tensor | None, Tensor | None]"


class Cell(Protocol):
    """What `RNN` runs over the steps of a sequence."""

    @property
    def state_size(self) -> Any:
        """The size of the state, or a list of sizes: an int, or a tuple of ints for a state of several axes."""
        ...

    @property
    def call(self) -> Callable[..., Any]:
        """`call(inputs, states)` returns the output and the new states of one step."""
        ...


def as_list(states: object) -> list[Any]:
    """States of a cell as a list: cells may give a single tensor."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def first_of(masks: Tensor | list[Tensor] | None) -> Tensor | None:
    """The mask that serves all gates."""
    return masks[0] if isinstance(masks, list) else masks


def zeros_for(size: Size, batch_size: BatchSize, dtype: str) -> States:
    """Zeros for a state of `size`: an int, a tuple of ints (one shape), or a list of sizes."""
    if isinstance(size, list):
        return [zeros_for(each, batch_size, dtype) for each in size]
    shape = (batch_size, *size) if isinstance(size, tuple) else (batch_size, size)
    return ops.zeros(shape, dtype=dtype)


def initial_states(cell: Cell, batch_size: BatchSize, dtype: str) -> list[States]:
    """What a cell starts from: its own `get_initial_state`, otherwise zeros."""
    own = getattr(cell, "get_initial_state", None)
    if own is not None:
        return as_list(own(batch_size=batch_size))
    return [zeros_for(size, batch_size, dtype) for size in sizes_of(cell)]


def sizes_of(cell: Cell) -> list[Size]:
    """The size of each state of a cell: an int, a tuple of ints (one shape), or a list of sizes."""
    size = cell.state_size
    return list(size) if isinstance(size, (list, tuple)) else [size]


def places_for(size: Size) -> list[object] | None:
    """The nest of states of a size, with None for each state."""
    return [places_for(each) for each in size] if isinstance(size, list) else None


def output_size(cell: Cell) -> int | tuple[int, ...]:
    """Size of a cell's output: its `output_size`, otherwise its first state's size."""
    size = getattr(cell, "output_size", None)
    return tree.leaves(cell.state_size)[0] if size is None else size


def choose(mask: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """`new` for the samples where `mask` `(batch,)` is true, `old` for the others."""
    while len(mask.shape) < len(new.shape):
        mask = ops.expand_dims(mask, -1)
    return ops.where(mask, new, old)
