"""Nested sizes and states of cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from keraslite import ops, tree


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


def as_list(states) -> list:
    """States of a cell as a list: cells may give a single tensor."""
    return list(states) if isinstance(states, (list, tuple)) else [states]


def zeros_for(size, batch_size, dtype):
    """Zeros for a state of `size`: an int, a tuple of ints (one shape), or a list of sizes."""
    if isinstance(size, list):
        return [zeros_for(each, batch_size, dtype) for each in size]
    shape = (batch_size, *size) if isinstance(size, tuple) else (batch_size, size)
    return ops.zeros(shape, dtype=dtype)


def initial_states(cell, batch_size, dtype) -> list:
    """What a cell starts from: its own `get_initial_state`, otherwise zeros."""
    if hasattr(cell, "get_initial_state"):
        return as_list(cell.get_initial_state(batch_size=batch_size))
    return [zeros_for(size, batch_size, dtype) for size in sizes_of(cell)]


def sizes_of(cell) -> list:
    """The size of each state of a cell: an int, a tuple of ints (one shape), or a list of sizes."""
    size = cell.state_size
    return list(size) if isinstance(size, (list, tuple)) else [size]


def places_for(size):
    """The nest of states of a size, with None for each state."""
    return [places_for(each) for each in size] if isinstance(size, list) else None


def output_size(cell):
    """Size of a cell's output: its `output_size`, otherwise its first state's size."""
    size = getattr(cell, "output_size", None)
    return tree.leaves(cell.state_size)[0] if size is None else size


def choose(mask, new, old):
    """`new` for the samples where `mask` `(batch,)` is true, `old` for the others."""
    while len(mask.shape) < len(new.shape):
        mask = ops.expand_dims(mask, -1)
    return ops.where(mask, new, old)
