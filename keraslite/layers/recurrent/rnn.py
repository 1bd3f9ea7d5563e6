"""RNN: a cell run over the steps of a sequence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from keraslite import errors, ops, ranges, transforms, tree
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.holding import Holding
from keraslite.layers.masks import check_mask
from keraslite.layers.merging.base import masks_in
from keraslite.layers.recurrent.cell import GatedCell
from keraslite.layers.recurrent.stacked import StackedRNNCells, forget_masks, is_stepping
from keraslite.layers.recurrent.states import (
    BatchSize,
    Cell,
    Size,
    States,
    as_list,
    choose,
    initial_states,
    output_size,
    places_for,
    sizes_of,
    zeros_for,
)
from keraslite.layers.types import InputShape, LayerOptions, Masks
from keraslite.ops.core import as_tensor
from keraslite.ops.recurrent import at_once
from keraslite.serialization import builtin, serialize
from keraslite.variable import Variable


@builtin("keras.layers")
class RNN(Holding):
    """Runs a cell over the steps of a sequence.

    A cell is any object with a method `call(inputs, states)`, which returns the output and the list of new states of
    one step, and an attribute `state_size`. It may have `output_size` (default: the first state's size),
    `get_initial_state(batch_size)` (default: zeros) and, in `call`, a parameter `training`.

    Args:
        cell: a cell, or a list of cells, each of which takes the output of the one before.
        return_sequences: whether the output has all steps, or only the last one. Default: False.
        return_state: whether the final states follow the output. Default: False.
        go_backwards: whether the steps are read from the last to the first. All outputs then come in that order.
            Default: False.
        stateful: whether a batch starts from the states that the last batch ended with, until `reset_state()`. It needs
            a known batch size. Default: False.
        unroll: whether the steps are written out instead of looped. It needs a known number of steps. Default: False.
        zero_output_for_mask: whether the output of a masked step is zero instead of the previous output. Default:
            False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, ...)`.

    Output:
        what the cell returns for the last step, or with `return_sequences` for all steps, `(batch, steps, ...)`; with
        `return_state` a tuple of that and the states.

    Calls:
        A call takes `initial_state` (a list of states), `mask` (`(batch, steps)`, bool; a masked step leaves the
        states as they are) and `training`.

    Raises:
        ArgumentError: if an argument is outside its range, or `cell` is no cell; in a call, if `initial_state` has
            another number of states, if `stateful` lacks a known batch size, or if `unroll` lacks a known number of
            steps.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> class Sum:
        ...     state_size = 1
        ...
        ...     def call(self, inputs, states):
        ...         total = states[0] + inputs
        ...         return total, [total]
        >>> layer = layers.RNN(Sum(), return_sequences=True)
        >>> ops.convert_to_numpy(layer(np.array([[[1.0], [2.0], [3.0]]]))).tolist()
        [[[1.0], [3.0], [6.0]]]
    """

    cell: Any
    states: Any

    argument_checks = ranges.checks(
        return_sequences=ranges.flag,
        return_state=ranges.flag,
        go_backwards=ranges.flag,
        stateful=ranges.flag,
        unroll=ranges.flag,
        zero_output_for_mask=ranges.flag,
    )

    def __init__(
        self,
        cell: Cell | Sequence[Cell],
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        if isinstance(cell, (list, tuple)):
            cell = StackedRNNCells(cell)
        if not callable(getattr(cell, "call", None)) or not hasattr(cell, "state_size"):
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs a cell with a `call(inputs, states)` method and a `state_size`. "
                f"Received cell={cell!r}."
            )
        super().__init__(**kwargs)
        self.cell = cell
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.unroll = go_backwards, stateful, unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.input_spec = cell.sequence_spec if isinstance(cell, GatedCell) else InputSpec(min_ndim=3)
        self.supports_masking = True
        self.states = None

    # ---- weights and states -----------------------------------------------------------------------------------

    @property
    def state_size(self) -> Size:
        return self.cell.state_size

    def build(self, sequences_shape: InputShape, initial_state_shape: object = None) -> None:
        """Build the cell, and make the states of a stateful layer.

        Args:
            sequences_shape: the shape of the sequences, `(batch, steps, ...)`, None for unknown sizes.
            initial_state_shape: the shapes of initial states, which are not needed.
        """
        step_shape = (sequences_shape[0], *sequences_shape[2:])
        if isinstance(self.cell, Layer) and not self.cell.built:
            self.cell.build(step_shape)
        if isinstance(self.cell, GatedCell):
            self.input_spec = self.cell.sequence_spec
        if self.stateful:
            self._make_states(sequences_shape)

    def _make_states(self, sequences_shape: InputShape) -> None:
        batch_size = sequences_shape[0]
        if batch_size is None:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` with stateful=True needs a known batch size. Received input_shape="
                f"{tuple(sequences_shape)}. Give the model's Input a `batch_size`."
            )
        zeros = initial_states(self.cell, batch_size, self.compute_dtype)
        states = tree.map(
            lambda zero: Variable(
                ops.convert_to_numpy(zero), dtype=ops.dtype(zero), trainable=False, autocast=False, name="rnn_state"
            ),
            zeros,
        )
        object.__setattr__(self, "states", states)  # kept by the layer, but no weights of it

    def get_initial_state(self, batch_size: BatchSize) -> list[States]:
        """Return the states that a batch starts from, as a list.

        Args:
            batch_size: the number of sequences.
        """
        return initial_states(self.cell, batch_size, self.compute_dtype)

    def first_states(self, sequences: Tensor) -> list[States]:
        """Return the states that sequences start from.

        Args:
            sequences: `(batch, steps, ...)`.
        """
        return self.get_initial_state(ops.shape(sequences)[0])

    def reset_state(self) -> None:
        """Set the states that a stateful layer keeps to zero. A layer without any, or not built yet, stays as it is."""
        for state in [] if self.states is None else tree.leaves(self.states):
            state.assign(ops.zeros(state.shape, dtype=state.dtype))

    def reset_states(self) -> None:
        """The same as `reset_state`."""
        self.reset_state()

    # ---- running ------------------------------------------------------------------------------------------------

    def call(
        self,
        sequences: Tensor,
        initial_state: States | None = None,
        mask: Masks = None,
        training: bool = False,
    ) -> Any:
        """Run the cell over the steps.

        Args:
            sequences: `(batch, steps, ...)`.
            initial_state: a list with one tensor per state, `(batch, size)`. Default: None, the kept states of a
                stateful layer, or else what `get_initial_state` returns.
            mask: bool, `(batch, steps)`. A masked step leaves the states as they are. Default: None, no step is.
            training: whether dropout is active. Default: False.

        Returns:
            The last output, or with `return_sequences` all of them, `(batch, steps, ...)`; with `return_state` a tuple
            of that and the states.
        """
        states = self._starting_states(sequences, initial_state)
        mask = masks_in(mask)[0]
        if mask is not None:
            check_mask(mask, sequences, type(self).__name__, broadcasts=(0,))
        last, outputs, states = self.inner_loop(sequences, states, mask, training=training)
        if self.stateful:
            for kept, new in zip(tree.leaves(self.states), tree.leaves(states), strict=True):
                kept.assign(new)
        output = outputs if self.return_sequences else last
        return (output, *states) if self.return_state else output

    def _starting_states(self, sequences: Tensor, given: States | None) -> list[States]:
        if given is None and self.stateful:
            return tree.map(lambda state: state.value, self.states)
        if given is None:
            return self.first_states(sequences)
        leaves, (places, structure) = tree.leaves(given), tree.split(_places(self.cell))
        if len(leaves) != len(places):
            raise errors.ArgumentError(
                f"`{type(self).__name__}` needs {len(places)} initial states. Received {len(leaves)}. Pass "
                "`initial_state` as a list with one tensor a state."
            )
        own = hasattr(self.cell, "get_initial_state") and not isinstance(self.cell, (GatedCell, StackedRNNCells))
        dtype = None if own else self.compute_dtype  # a user's cell may have states of any dtype
        return tree.unflatten(structure, [as_tensor(x, dtype=dtype) for x in leaves])

    def inner_loop(
        self, sequences: Tensor, initial_state: Sequence[States], mask: Tensor | None, training: bool = False
    ) -> tuple[Tensor, Tensor | None, Sequence[States]]:
        """Run the cell over the steps, for subclasses that run it in another way.

        Args:
            sequences: `(batch, steps, ...)`.
            initial_state: a list with the first states.
            mask: bool, `(batch, steps)`, or None.
            training: whether dropout is active. Default: False.

        Returns:
            The last output, all outputs, `(batch, steps, ...)` (None without `return_sequences`), and the last states.
        """
        cell = self.cell
        masks = self._masks(sequences, initial_state, training)
        has_steps = mask is None or mask.shape[1] != 0
        if is_stepping(cell) and cell.runs_whole() and masks[1] is None and has_steps:
            mask = None if mask is None else ops.cast(mask, "bool")
            return self._whole(cell, cell.dropped(sequences, masks), mask, initial_state)
        step, inputs = self._prepared(sequences, masks, training)
        if mask is not None and is_stepping(cell) and cell.outputs_state and has_steps:
            return self._masked(step, inputs, ops.cast(mask, "bool"), as_list(initial_state))
        steps = (ops.swapaxes(inputs, 0, 1), None if mask is None else ops.swapaxes(ops.cast(mask, "bool"), 0, 1))
        leaves, structure = tree.split(as_list(initial_state))
        repeats = mask is not None and not self.zero_output_for_mask
        keeps_last = repeats or not self.return_sequences
        before = self._before(sequences, leaves) if keeps_last else None

        def body(carry: Any, at: Any) -> tuple[Any, Any]:
            states, previous = carry
            output, new = step(at[0], tree.unflatten(structure, list(states)))
            new = tree.leaves(new)
            if mask is not None:
                new = [choose(at[1], n, o) for n, o in zip(new, states, strict=True)]
                output = choose(at[1], output, previous if repeats else ops.zeros_like(output))
            last = output if keeps_last else None
            return (tuple(new), last), output if self.return_sequences else None

        (states, last), outputs = transforms.scan(
            body, (tuple(leaves), before), steps, reverse=self.go_backwards, unroll=self._unrolled(sequences)
        )
        forget_masks(cell)
        if self.return_sequences:
            outputs = ops.swapaxes(outputs, 0, 1)
            outputs = ops.flip(outputs, axis=1) if self.go_backwards else outputs
        return last, outputs, tree.unflatten(structure, list(states))

    def _masked(
        self, step: Callable[..., Any], inputs: Tensor, mask: Tensor, initial_state: list[Tensor]
    ) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        """What `inner_loop` gives for a mask and a cell that outputs its first state: only states are carried on."""

        def body(states: tuple[Tensor, ...], at: tuple[Tensor, Tensor]) -> tuple[tuple[Tensor, ...], Tensor | None]:
            _, new = step(at[0], list(states))
            states = tuple(choose(at[1], n, o) for n, o in zip(new, states, strict=True))
            return states, states[0] if self.return_sequences else None

        states, outputs = transforms.scan(
            body, tuple(initial_state), (ops.swapaxes(inputs, 0, 1), ops.swapaxes(mask, 0, 1)),
            reverse=self.go_backwards, unroll=self._unrolled(inputs),
        )  # fmt: skip
        if self.return_sequences:
            outputs = ops.swapaxes(outputs, 0, 1)
            outputs = ops.flip(outputs, axis=1) if self.go_backwards else outputs
        mask = ops.flip(mask, axis=1) if self.go_backwards else mask
        return *self._shown(states[0], outputs, mask), list(states)

    def _shown(self, last: Tensor, outputs: Tensor | None, mask: Tensor) -> tuple[Tensor, Tensor | None]:
        """The last output and all outputs, in the order in which the steps were read: zeros where none counts."""
        shown = mask if self.zero_output_for_mask else ops.cumsum(ops.cast(mask, "int32"), axis=1) > 0
        last = choose(shown[:, -1], last, ops.zeros_like(last))
        return last, None if outputs is None else choose(shown, outputs, ops.zeros_like(outputs))

    def _masks(self, sequences: Tensor, states: Sequence[States], training: bool) -> Any:
        """The dropout masks of the cell for all steps; None for cells without dropout of ours."""
        cell = self.cell
        if isinstance(cell, GatedCell):
            state = tree.leaves(states)[0]
            if cell.takes_steps:
                return cell.masks_for(sequences, state, training)
            batch_size, _, *sizes = ops.shape(sequences)
            return cell.start_masks((batch_size, *sizes), ops.shape(state), training)
        if isinstance(cell, StackedRNNCells):
            return cell.dropout_masks(ops.shape(sequences)[0], training)
        return None

    def _before(self, sequences: Tensor, states: Sequence[Tensor]) -> States:
        """What stands for the output before the first step: zeros."""
        if is_stepping(self.cell):
            return ops.zeros_like(states[0])
        return zeros_for(output_size(self.cell), ops.shape(sequences)[0], self.compute_dtype)

    def _unrolled(self, sequences: Tensor) -> int:
        if not self.unroll:
            return at_once() if is_stepping(self.cell) else 1
        length = sequences.shape[1]
        if length is None:
            raise errors.ArgumentError(
                f"`{type(self).__name__}` with unroll=True needs a known number of steps. Received an input of shape "
                f"{tuple(sequences.shape)}."
            )
        return max(length, 1)

    def _whole(
        self, cell: GatedCell, sequences: Tensor, mask: Tensor | None, initial_state: Sequence[States]
    ) -> tuple[Tensor, Tensor | None, list[Tensor]]:
        """What `inner_loop` gives, by one op."""
        if self.go_backwards:
            sequences, mask = ops.flip(sequences, axis=1), None if mask is None else ops.flip(mask, axis=1)
        unroll = self._unrolled(sequences)
        output, states = cell.whole(sequences, as_list(initial_state), mask, self.return_sequences, unroll)
        outputs = output if self.return_sequences else None
        return *((states[0], outputs) if mask is None else self._shown(states[0], outputs, mask)), states

    def _prepared(self, sequences: Tensor, masks: Any, training: bool) -> tuple[Callable[..., Any], Tensor]:
        """The function of one step, and what it takes of each step."""
        cell = self.cell
        if is_stepping(cell):
            return lambda projected, states: cell.step(projected, states, masks), cell.project(sequences, masks)
        if isinstance(cell, StackedRNNCells):
            return lambda x, states: cell.step(x, states, masks, training), sequences
        return _own_step(cell, training), sequences

    def compute_mask(self, _: Tensor, mask: Masks = None) -> Masks:
        """Return the mask of the output.

        Args:
            mask: their mask, `(batch, steps)`, or None.
        """
        output = masks_in(mask)[0] if self.return_sequences else None
        if not self.return_state:
            return output
        return [output, *[None for _ in tree.leaves(self.cell.state_size)]]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if "cell" in config:
            config["cell"] = serialize(self.cell)
        config.setdefault("zero_output_for_mask", self.zero_output_for_mask)
        return config


def _places(cell: Cell) -> list[object]:
    """The nest of a cell's states, with None for each."""
    if isinstance(cell, StackedRNNCells):
        return [_places(each) for each in cell.cells]
    return [places_for(size) for size in sizes_of(cell)]


def _own_step(cell: Cell, training: bool) -> Callable[..., tuple[Tensor, list[Tensor]]]:
    """One step of a user's cell, which may take `training` or not and give a list of states or one."""
    takes_training = "training" in inspect.signature(cell.call).parameters
    options = {"training": training} if takes_training else {}
    run = cell if isinstance(cell, Layer) else cell.call

    def step(inputs: Tensor, states: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        output, new = run(inputs, states, **options)
        return output, as_list(new)

    return step
