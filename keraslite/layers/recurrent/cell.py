"""What SimpleRNN's, LSTM's and GRU's cells share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Unpack, cast

import numpy as np

from keraslite import activations, initializers, ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.recurrent import kept_masks
from keraslite.layers.recurrent.states import BatchSize, DropoutMasks, Sizes, States, first_of, zeros_for
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ActivationLike,
    CellOptions,
    ConstraintLike,
    InitializerLike,
    InputShape,
    RegularizerLike,
)
from keraslite.variable import Variable

#: What cells and the layers around them take.
CELL = ranges.checks(
    units=ranges.positive_int,
    use_bias=ranges.flag,
    dropout=ranges.fraction,
    recurrent_dropout=ranges.fraction,
    seed=ranges.unsigned_int | None,
    reset_after=ranges.flag,
    unit_forget_bias=ranges.flag,
)
_OF_A_STEP = ("step", "project", "dropped", "input_bias", "recurrent_input")


class GatedCell(Layer):
    """A cell that is an affine map of its input and of its first state, followed by gates.

    Weights: kernel `(features, gates * units)`, recurrent_kernel `(units, gates * units)`, bias. The input's part
    does not depend on the state, so an RNN computes it for all steps at once (`project`), then takes `step`s.
    Dropout draws one mask for the input's features and one for the first state's, equal in all steps
    (Gal & Ghahramani, 2016).
    """

    gates: ClassVar[int]
    #: How many masks `get_dropout_mask` returns.
    mask_count: ClassVar[int] = 1
    recurrent_activation: Callable[[Tensor], Tensor]
    bias: Variable | None
    state_count: ClassVar[int] = 1
    argument_checks = CELL
    config_options = Layer.config_options | {"implementation"}

    kernel_initializer: InitializerRole = initializer()
    kernel_regularizer: RegularizerRole = regularizer()
    kernel_constraint: ConstraintRole = constraint()
    recurrent_initializer: InitializerRole = initializer()
    recurrent_regularizer: RegularizerRole = regularizer()
    recurrent_constraint: ConstraintRole = constraint()
    bias_initializer: InitializerRole = initializer()
    bias_regularizer: RegularizerRole = regularizer()
    bias_constraint: ConstraintRole = constraint()

    def __init__(
        self,
        *,
        units: int,
        activation: ActivationLike,
        use_bias: bool,
        kernel_initializer: InitializerLike,
        recurrent_initializer: InitializerLike,
        bias_initializer: InitializerLike,
        kernel_regularizer: RegularizerLike,
        recurrent_regularizer: RegularizerLike,
        bias_regularizer: RegularizerLike,
        kernel_constraint: ConstraintLike,
        recurrent_constraint: ConstraintLike,
        bias_constraint: ConstraintLike,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        **kwargs: Unpack[CellOptions],
    ) -> None:
        kwargs.pop("implementation", None)  # in configs of old versions: how to multiply, which changed no values
        super().__init__(**kwargs)
        self.units, self.dropout, self.recurrent_dropout = units, dropout, recurrent_dropout
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.kernel_regularizer = kernel_regularizer
        self.kernel_constraint = kernel_constraint
        self.recurrent_initializer = recurrent_initializer
        self.recurrent_regularizer = recurrent_regularizer
        self.recurrent_constraint = recurrent_constraint
        self.bias_initializer = bias_initializer
        self.bias_regularizer = bias_regularizer
        self.bias_constraint = bias_constraint
        self.seed = seed
        self.seed_generator = random.SeedGenerator(seed)

    @property
    def sequence_rank(self) -> int:
        """The number of axes of sequences."""
        return 3

    @property
    def feature_axis(self) -> int:
        """The axis of the features of sequences."""
        return -1

    @property
    def sequence_spec(self) -> InputSpec:
        """What sequences have to be like."""
        axes = {self.feature_axis: self.kernel.shape[-2]} if self.built else None
        return InputSpec(ndim=self.sequence_rank, axes=axes)

    @property
    def state_size(self) -> int | list[int]:
        return self.units if self.state_count == 1 else [self.units] * self.state_count

    @property
    def output_size(self) -> int:
        return self.units

    def build(self, input_shape: InputShape) -> None:
        width = self.gates * self.units
        self.kernel = add_weight(self, "kernel", (input_shape[-1], width))
        self.recurrent_kernel = add_weight(self, "recurrent_kernel", (self.units, width), "recurrent")
        self.bias = None
        if self.use_bias:
            self.bias = add_weight(self, "bias", self.bias_shape(), initializer=self.initial_bias)

    def bias_shape(self) -> tuple[int, ...]:
        return (self.gates * self.units,)

    def initial_bias(self, shape: Sequence[int], dtype: str | None = None) -> np.ndarray:
        """Return the bias to start with.

        Args:
            shape: that of the bias.
            dtype: the name of a dtype. Default: None, floatx.
        """
        initializer: Any = self.bias_initializer or initializers.GlorotUniform()
        return getattr(initializer, "host", initializer)(shape, dtype=dtype)

    def get_initial_state(self, batch_size: BatchSize = None) -> list[States]:
        """Return zeros of shape `(batch_size, units)` for each state.

        Args:
            batch_size: the number of sequences.
        """
        return [zeros_for(self.units, batch_size, self.compute_dtype) for _ in range(self.state_count)]

    def dropout_masks(self, batch_size: BatchSize, training: bool) -> DropoutMasks:
        """Draw dropout masks for the input, `(batch, features)`, and the first state, `(batch, units)`.

        Args:
            batch_size: the number of sequences.
            training: whether anything is dropped.

        Returns:
            Two masks, None where nothing is dropped.
        """
        return self._draw((batch_size, self.kernel.shape[0]), (batch_size, self.units), training)

    def masks_for(self, sequences: Tensor, state: Tensor, training: bool) -> DropoutMasks:
        """Draw dropout masks for a step of sequences and for the first state.

        Args:
            sequences: `(batch, steps, ...)`.
            state: the first state.
            training: whether anything is dropped.

        Returns:
            Two masks, None where nothing is dropped.
        """
        batch_size, _, *sizes = ops.shape(sequences)
        return self._draw((batch_size, *sizes), ops.shape(state), training)

    def _draw(self, inputs: Sizes, state: Sizes, training: bool) -> DropoutMasks:
        if not training:
            return None, None
        return self._mask(inputs, self.dropout), self._mask(state, self.recurrent_dropout)

    def _mask(self, sizes: Sizes, rate: float) -> Tensor | None:
        if not rate:
            return None
        return random.dropout(ops.ones(sizes, dtype=self.compute_dtype), rate, seed=self.seed_generator)

    def get_dropout_mask(self, step_input: Tensor) -> Tensor | list[Tensor] | None:
        """Return the dropout mask of the input, for a subclass with a `call` of its own.

        It stays the same until `reset_dropout_mask()`. `RNN` resets it at the beginning of each call.

        Args:
            step_input: the input of a step.

        Returns:
            A tensor of the shape of `step_input`, a list of `mask_count` of them if that is above 1, or None without
            dropout.
        """
        return self._kept("dropout", self.dropout, ops.shape(step_input), tuple(step_input.shape))

    def get_recurrent_dropout_mask(self, step_input: Tensor) -> Tensor | list[Tensor] | None:
        """Return the dropout mask of the state, for a subclass with a `call` of its own.

        It stays the same until `reset_recurrent_dropout_mask()`. `RNN` resets it at the beginning of each call.

        Args:
            step_input: the first state.

        Returns:
            A tensor of the shape of `step_input`, a list of `mask_count` of them if that is above 1, or None without
            recurrent dropout.
        """
        return self._kept("recurrent_dropout", self.recurrent_dropout, ops.shape(step_input), tuple(step_input.shape))

    def reset_dropout_mask(self) -> None:
        """Forget the dropout mask of the input."""
        kept_masks.forget(self, "dropout")

    def reset_recurrent_dropout_mask(self) -> None:
        """Forget the dropout mask of the state."""
        kept_masks.forget(self, "recurrent_dropout")

    def _kept(
        self, kind: str, rate: float, sizes: Sizes, shape: tuple[int | None, ...]
    ) -> Tensor | list[Tensor] | None:
        if not rate:
            return None

        def draw() -> list[Tensor]:
            return [cast("Tensor", self._mask(sizes, rate)) for _ in range(self.mask_count)]

        masks = kept_masks.get(self, kind, shape, draw)
        return masks if self.mask_count > 1 else masks[0]

    def start_masks(self, inputs: Sizes, state: Sizes, training: bool) -> None:
        """Draw the masks that `get_dropout_mask` and `get_recurrent_dropout_mask` return, for a loop over steps.

        Args:
            inputs: the shape of a step's input.
            state: the shape of the first state.
            training: whether anything is dropped. Otherwise the masks are only forgotten.
        """
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()
        if training:
            for kind, sizes in (("dropout", inputs), ("recurrent_dropout", state)):
                known = tuple(n if isinstance(n, int) else None for n in sizes)
                self._kept(kind, getattr(self, kind), sizes, known)

    @property
    def takes_steps(self) -> bool:
        """Whether steps are what `project` and `step` say: false for a subclass with a `call` of its own."""
        return type(self).call.__module__.startswith("keraslite.")

    @property
    def outputs_state(self) -> bool:
        """Whether the output is the first state: not said of a subclass with a `step` of its own."""
        return type(self).step.__module__.startswith("keraslite.")

    def project(self, inputs: Tensor, masks: DropoutMasks) -> Tensor:
        """Compute the input's part of all gates, for one step or for all at once.

        Args:
            inputs: `(batch, features)` or `(batch, steps, features)`.
            masks: what `dropout_masks` returns.
        """
        projected = ops.matmul(self.dropped(inputs, masks), self.kernel)
        bias = self.input_bias()
        return projected if bias is None else ops.add(projected, bias)

    def dropped(self, inputs: Tensor, masks: DropoutMasks) -> Tensor:
        """Return the input without what dropout takes from it.

        Args:
            inputs: `(batch, features)` or `(batch, steps, features)`.
            masks: what `dropout_masks` returns.
        """
        mask = masks[0]
        if mask is None:
            return inputs
        return ops.multiply(inputs, ops.expand_dims(mask, 1) if len(inputs.shape) == self.sequence_rank else mask)

    def input_bias(self) -> Tensor | Variable | None:
        """The part of the bias that `project` adds."""
        return self.bias

    def recurrent_input(self, state: Tensor, masks: DropoutMasks) -> Tensor:
        """Return the first state as the recurrent kernel sees it.

        Args:
            state: `(batch, units)`.
            masks: what `dropout_masks` returns.
        """
        return state if masks[1] is None else ops.multiply(state, masks[1])

    def step(self, projected: Tensor, states: Sequence[Tensor], masks: DropoutMasks) -> tuple[Tensor, list[Tensor]]:
        """Take one step.

        Args:
            projected: what `project` returns for the step.
            states: the states, `(batch, units)` each.
            masks: what `dropout_masks` returns.

        Returns:
            The output, `(batch, units)`, and the list of new states.
        """
        raise NotImplementedError

    def runs_whole(self) -> bool:
        """Whether `whole` is what the steps are, as long as nothing of the state is dropped."""
        return False

    def whole(
        self, inputs: Tensor, states: Sequence[Tensor], mask: Tensor | None, return_sequences: bool, unroll: int
    ) -> tuple[Tensor, list[Tensor]]:
        """Take all steps in one op.

        Args:
            inputs: `(batch, steps, features)`.
            states: the first states, `(batch, units)` each.
            mask: bool, `(batch, steps)`; a step where it is false leaves the states as they are. None: no step does.
            return_sequences: whether all outputs are returned, or only the last one.
            unroll: how many steps are written out per turn of a loop.

        Returns:
            The output, `(batch, steps, units)` or `(batch, units)`, and the list of last states.
        """
        raise NotImplementedError

    def is_plain(self, cell_class: type[GatedCell]) -> bool:
        """Whether this is `cell_class` with its usual activations, and no subclass that takes steps of its own."""
        own = all(getattr(type(self), name) is getattr(cell_class, name) for name in _OF_A_STEP)
        return own and self.activation is activations.tanh and self.recurrent_activation is activations.sigmoid

    def call(self, inputs: Tensor, states: Sequence[Tensor], training: bool = False) -> tuple[Tensor, list[Tensor]]:
        states = list(states)
        masks = (None, None)
        if training:
            masks = (
                first_of(self.get_dropout_mask(inputs)),
                first_of(self.get_recurrent_dropout_mask(states[0])),
            )
        return self.step(self.project(inputs, masks), states, masks)
