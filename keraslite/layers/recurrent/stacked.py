"""StackedRNNCells."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TypeGuard, Unpack

from keraslite import errors, ops
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.holding import Holding
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.states import (
    BatchSize,
    Cell,
    DropoutMasks,
    Size,
    States,
    as_list,
    initial_states,
    output_size,
)
from keraslite.layers.types import InputShape, LayerOptions
from keraslite.serialization import builtin


def is_stepping(cell: object) -> TypeGuard[GatedCell]:
    """Whether steps of the cell are `project` and `step`, and no `call` of a user's."""
    return isinstance(cell, GatedCell) and cell.takes_steps


def forget_masks(cell: object) -> None:
    """Forget the dropout masks that a cell keeps for a `call` of a user's."""
    for each in cell.cells if isinstance(cell, StackedRNNCells) else [cell]:
        if isinstance(each, GatedCell) and not each.takes_steps:
            each.start_masks((), (), training=False)


@builtin("keras.layers")
class StackedRNNCells(Holding):
    """Makes one cell of several: each takes the output of the one before.

    Args:
        cells: a list of cells as `RNN` takes them.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, features)`, and a list with the states of each cell.

    Output:
        the output of the last cell, and the list with the new states of each cell.

    Raises:
        ArgumentError: if one of `cells` has no `call` or no `state_size`.

    Example:
        >>> from keraslite import Input, layers
        >>> cell = layers.StackedRNNCells([layers.LSTMCell(16), layers.GRUCell(4)])
        >>> cell.state_size
        [[16, 16], 4]
        >>> layers.RNN(cell)(Input((10, 8))).shape
        (None, 4)
    """

    def __init__(self, cells: Sequence[Cell], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        for cell in cells:
            if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
                raise errors.ArgumentError(
                    "`StackedRNNCells` needs cells with a `call(inputs, states)` method and a `state_size`. Received "
                    f"{cell!r}."
                )
        self.cells = list(cells)

    @property
    def state_size(self) -> list[Size]:
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int | tuple[int, ...]:
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size: BatchSize = None) -> list[States]:
        """Return the list of the cells' first states.

        Args:
            batch_size: the number of sequences.
        """
        return [initial_states(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape: InputShape) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            size = output_size(cell)
            input_shape = (input_shape[0], *size) if isinstance(size, tuple) else (input_shape[0], size)

    def dropout_masks(self, batch_size: BatchSize, training: bool) -> list[DropoutMasks | None]:
        """Draw the dropout masks of each cell, None for cells without dropout of ours.

        Args:
            batch_size: the number of sequences.
            training: whether anything is dropped.
        """
        masks: list[DropoutMasks | None] = []
        for cell in self.cells:
            masks.append(cell.dropout_masks(batch_size, training) if is_stepping(cell) else None)
            if isinstance(cell, GatedCell) and not cell.takes_steps:
                cell.start_masks((batch_size, cell.kernel.shape[0]), (batch_size, cell.units), training)
        return masks

    def step(
        self, inputs: Tensor, states: Sequence[States], masks: Sequence[DropoutMasks | None], training: bool
    ) -> tuple[Tensor, list[States]]:
        """Take one step with all cells.

        Args:
            inputs: `(batch, features)`.
            states: a list with the states of each cell.
            masks: what `dropout_masks` returns.
            training: whether it is training.

        Returns:
            The output of the last cell, and the list with the new states of each cell.
        """
        new_states: list[States] = []
        for cell, own, mask in zip(self.cells, states, masks, strict=True):
            own = as_list(own)
            if is_stepping(cell) and mask is not None:
                inputs, new = cell.step(cell.project(inputs, mask), own, mask)
            else:
                takes_training = "training" in inspect.signature(cell.call).parameters
                inputs, new = cell.call(inputs, own, **({"training": training} if takes_training else {}))
            new_states.append(as_list(new))
        return inputs, new_states

    def call(self, inputs: Tensor, states: Sequence[States], training: bool = False) -> tuple[Tensor, list[States]]:
        """Take one step with all cells.

        Args:
            inputs: `(batch, features)`.
            states: a list with the states of each cell.
            training: whether it is training. Default: False.

        Returns:
            The output of the last cell, and the list with the new states of each cell.
        """
        masks = self.dropout_masks(ops.shape(inputs)[0], training)
        return self.step(inputs, states, masks, training)
