"""`Optimizer`: everything about an optimizer except its formula."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, cast

from keraslite import ops, ranges
from keraslite.backend import scopes
from keraslite.backend.changes import use
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.backend.tracebacks import shortened
from keraslite.errors import ArgumentError, NotBuiltError, users_line
from keraslite.initializers import Initializer
from keraslite.naming import auto_name
from keraslite.ops.core import as_tensor
from keraslite.optimizers import gradients as on_gradients
from keraslite.optimizers.averages import Averages
from keraslite.optimizers.borrowed import Borrowed
from keraslite.optimizers.formula import Formula
from keraslite.optimizers.precision import as_wide, commit_where, value_of
from keraslite.optimizers.state import RATE
from keraslite.optimizers.types import LearningRate
from keraslite.public import Gone
from keraslite.serialization import builtin, unknown_argument
from keraslite.variable import Variable


@builtin("keras.optimizers")
class Optimizer(Formula, Averages):
    """Base class of optimizers, which change variables along their gradients.

    A subclass defines a formula, `update`, and the names of its `slots`, the tensors that it keeps for each variable.
    Variables of 16 bits are updated in float32 and rounded once.

    Args:
        learning_rate: the size of the steps, not negative: a float, a schedule, or a function of the step or of
            nothing. A function is called while a step is compiled, so it should compute with ops.
        weight_decay: before each update, variables shrink by this times the learning rate, not negative; None (default)
            for no decay.
        clipnorm: the greatest norm of a gradient, which is scaled down to it, not negative; None (default) for none.
        clipvalue: the greatest absolute value of an element of a gradient, not negative; None (default) for none.
        global_clipnorm: the greatest norm of all gradients together, not negative; None (default) for none. Only one of
            the three limits may be given.
        use_ema: whether to keep a moving average of the variables (Polyak averaging); False by default.
        ema_momentum: the decay of that average, in [0, 1]; 0.99 by default.
        ema_overwrite_frequency: variables become their average after every so many updates; None (default) for only at
            the end of training. With gradient accumulation the averages move once per update; Keras's move, and
            overwrite, at every call.
        loss_scale_factor: the loss is multiplied by it and gradients are divided by it, not negative; None (default)
            for no scaling.
        gradient_accumulation_steps: variables are updated once every so many calls, with the mean gradient, at least 2;
            None (default) for an update at each call.
        name: of the optimizer, the head of its variables' paths; None (default) makes one.
        **kwargs: `decay` of Keras 2, which is ignored with a warning. Anything else is an error.

    Raises:
        ArgumentError: if several of the limits of gradients are given, or an argument is unknown.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Signed(keras.optimizers.Optimizer):
        ...     def update(self, value, gradient, slots, learning_rate, step):
        ...         return value - learning_rate * keras.ops.sign(gradient), slots
        >>> variable = keras.Variable([1.0, 2.0])
        >>> Signed(0.5).apply([np.array([3.0, -4.0], "float32")], [variable])
        >>> variable.numpy().tolist()
        [0.5, 2.5]
    """

    lr = Gone("`learning_rate`")
    _part_kind = "optimizer"  # of what layers own and files keep (`layers/tracking.py`)
    _incidental = frozenset(("_shared", "_shows_averages"))
    argument_checks = ranges.checks(
        learning_rate=RATE,
        **dict.fromkeys(("clipnorm", "clipvalue", "global_clipnorm"), ranges.number(0, infinite=True) | ranges.off),
        **dict.fromkeys(("weight_decay", "loss_scale_factor"), ranges.unsigned | ranges.off),
        use_ema=ranges.flag,
        ema_momentum=ranges.fraction,
        ema_overwrite_frequency=ranges.unsigned_int | ranges.off,
        gradient_accumulation_steps=ranges.integer(2) | None,
        name=ranges.text | None,
    )

    def __init__(
        self,
        learning_rate: LearningRate,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **kwargs: object,
    ):
        _check_unknown(type(self), kwargs)
        self.name = name or auto_name(type(self).__name__)
        self.weight_decay, self.loss_scale_factor = weight_decay, loss_scale_factor
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum, self.ema_overwrite_frequency = use_ema, ema_momentum, ema_overwrite_frequency
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._check_clips()
        self.built = False
        self._variables: list[Variable] = []
        self._trainable_variables: list[Variable] = []
        self._index: dict[int, int] = {}
        self._borrowed = Borrowed()
        self._slot_variables: list[tuple[Variable, ...]] = []
        self._averages: list[Variable] = []
        self._accumulators: list[Variable] = []
        self._undecayed: set[int] = set()
        self._undecayed_names: list[re.Pattern] = []
        self._learning_rate: Any = None
        self._iterations = self._scalar(0, "int32", "iteration")
        self._set_learning_rate(learning_rate)

    def _check_clips(self) -> None:
        where = type(self).__name__
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        if sum(value is not None for value in clips.values()) > 1:
            raise ArgumentError(
                f"`{where}` needs at most one of `clipnorm`, `clipvalue` and `global_clipnorm`. "
                f"Received {', '.join(f'{name}={value!r}' for name, value in clips.items())}."
            )

    def build(self, variables: Iterable[Variable] | None = None, *, var_list: Iterable[Variable] | None = None) -> None:
        """Make the state for the variables; `apply` does so itself at its first call.

        Args:
            variables: the Variables that will be updated. A second call changes nothing.
            var_list: another name of `variables`, which most of Keras's optimizers have.
        """
        variables = self._given(variables, var_list)
        if self.built:
            return
        self._trainable_variables = self._borrowed.all(variables, f"{self.name}.build")
        self._index = {id(v): i for i, v in enumerate(self._trainable_variables)}
        self._move_scalars()
        if self.use_ema:
            self._averages = self.add_optimizer_variables(self._trainable_variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(self._trainable_variables, "gradient_accumulator")
        groups = [self._make_group(group) for group in self.slots]
        self._slot_variables = [sum(slots, ()) for slots in zip(*groups, strict=True)] or [()] * len(self._index)
        self.built = True

    def _given(self, variables: Iterable[Variable] | None, var_list: Iterable[Variable] | None) -> list[Variable]:
        """The variables for `build`, under whichever name they came."""
        found = var_list if variables is None else variables
        if found is None:
            raise ArgumentError(f"`{self.name}.build` needs the variables that it will update. Received none.")
        return list(found)

    def _make_group(self, group: tuple[str, ...]) -> list[tuple[Variable, ...]]:
        return [self._make_slots(v, group) for v in self._trainable_variables]

    def _make_slots(self, variable: Variable, group: tuple[str, ...]) -> tuple[Variable, ...]:
        return tuple(self.add_variable_from_reference(variable, slot, self.slot_initializer(slot)) for slot in group)

    def slot_initializer(self, slot: str) -> str | Initializer:
        """Return the initializer of a slot, or its name.

        Args:
            slot: the name of the slot.
        """
        return "zeros"

    # ---- updates ------------------------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[TensorLike | None, Variable]]) -> Variable:
        """Update variables, given pairs.

        Args:
            grads_and_vars: pairs of a gradient (or None) and its variable.

        Returns:
            The Variable that counts the steps.
        """
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(list(grads), list(variables))
        return self._iterations

    def apply(self, grads: Iterable[TensorLike | None], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Update variables.

        Args:
            grads: one gradient per variable, of its shape. A variable whose gradient is None stays as it is.
            trainable_variables: the variables, in the same order; None (default) for all that the optimizer was built
                with.
        """
        use(self)
        given, variables = self._matched(list(grads), trainable_variables)
        if not given:
            return
        engine = variables[0].engine
        with shortened(), scopes.autocast(None), engine.no_gradient():
            if self.gradient_accumulation_steps:
                self._accumulate(given, variables, self.gradient_accumulation_steps)
            else:
                self._update(self._unscaled(given, variables), variables)
            self._iterations.assign_add(1)

    def _matched(
        self, grads: Sequence[TensorLike | None], variables: Iterable[Variable] | None
    ) -> tuple[list[TensorLike], list[Variable]]:
        """Return gradients that are there, with their variables; builds at the first call."""
        if variables is None and not self.built:
            raise NotBuiltError(
                f"`{self.name}.apply` needs `trainable_variables` before the optimizer is built. Received none. "
                "Pass them, or call `build(trainable_variables)` first."
            )
        if variables is None:
            variables = self._trainable_variables
        else:
            variables = self._borrowed.all(variables, f"{self.name}.apply")
        if len(grads) != len(variables):
            raise ArgumentError(
                f"`{self.name}.apply` needs one gradient for each of {len(variables)} variables. Received {len(grads)}."
            )
        self.build(variables)
        for v in variables:
            self._get_variable_index(v)
        absent = [v.path for g, v in zip(grads, variables, strict=True) if g is None]
        if absent and len(absent) == len(variables):
            raise ArgumentError(f"`{self.name}.apply` needs gradients. Received None for every variable.")
        if absent:
            warnings.warn(f"Variables without a gradient are not updated: {', '.join(absent)}.", stacklevel=3)
        pairs = [(g, v) for g, v in zip(grads, variables, strict=True) if g is not None]
        for g, v in pairs:
            if v.overwrite_with_gradient:
                v.assign(g)
        pairs = [(g, v) for g, v in pairs if not v.overwrite_with_gradient]
        return [g for g, _ in pairs], [v for _, v in pairs]

    def _unscaled(self, grads: Sequence[TensorLike], variables: list[Variable]) -> list[Tensor]:
        """Return gradients as tensors in the dtypes they are computed in, without the loss scale."""
        engine = variables[0].engine
        tensors = [as_wide(g, v, engine) for g, v in zip(grads, variables, strict=True)]
        return [g / self.loss_scale_factor for g in tensors] if self.loss_scale_factor else tensors

    def _accumulate(self, grads: Sequence[TensorLike], variables: list[Variable], steps: int) -> None:
        """Add gradients up; on each last of `steps` calls, update with their mean."""
        kept = [self._accumulators[self._index[id(v)]] for v in variables]
        totals = [g + value_of(a) for g, a in zip(self._unscaled(grads, variables), kept, strict=True)]
        last = ops.equal(ops.mod(self._iterations.value + 1, steps), 0)
        with scopes.Scope(what="gradient_accumulation_steps") as scope:
            self._update([t / steps for t in totals], variables)
        commit_where(last, scope.writes)
        for accumulator, total in zip(kept, totals, strict=True):
            accumulator.assign(ops.where(last, ops.zeros_like(total), total))

    def _update(self, grads: list[Tensor], variables: list[Variable]) -> None:
        """One update of variables, slots and averages."""
        grads = on_gradients.clip(grads, self.clipnorm, self.clipvalue, self.global_clipnorm)
        current = self._current_learning_rate()
        rate = cast("Tensor", current) if hasattr(current, "dtype") else ops.cast(as_tensor(current), "float32")
        if type(self).update_step is Optimizer.update_step:
            self._update_by_formula(grads, variables, rate)
        else:
            self._update_by_steps(grads, variables, rate)
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        if self.use_ema:
            self._average(variables)

    def scale_loss(self, loss: TensorLike) -> Tensor:
        """Return the loss to differentiate: the loss times `loss_scale_factor`.

        Args:
            loss: a scalar.
        """
        tensor = cast("Tensor", loss)
        return tensor * self.loss_scale_factor if self.loss_scale_factor else tensor

    def stateless_apply(
        self,
        optimizer_variables: Sequence[TensorLike],
        grads: Sequence[TensorLike | None],
        trainable_variables: Sequence[TensorLike],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Return the values that variables would have after an update. Nothing is assigned.

        Args:
            optimizer_variables: the values of `variables`, in their order.
            grads: one gradient per trainable variable.
            trainable_variables: the values of the trainable variables.

        Returns:
            New values of the trainable variables and of the optimizer's.
        """
        if not self.built:
            raise NotBuiltError(f"`stateless_apply` needs {self.name!r} to be built. Call `build(variables)` first.")
        bound: dict[scopes.VariableBase, Tensor] = {}
        for what, variables, values in (
            ("optimizer", self.variables, optimizer_variables),
            ("trainable", self._trainable_variables, trainable_variables),
        ):
            if len(variables) != len(values):
                raise ArgumentError(
                    f"`stateless_apply` needs values of {len(variables)} {what} variables. Received {len(values)}."
                )
            bound.update(zip(variables, (as_tensor(x) for x in values), strict=True))
        with scopes.Scope(bound, what="stateless_apply") as scope:
            self.apply(grads)
            trained = [scope.read(v) for v in self._trainable_variables]
            return trained, [scope.read(v) for v in self.variables]


def _check_unknown(cls: type, kwargs: dict[str, object]) -> None:
    if kwargs.pop("decay", None) is not None:
        warnings.warn(
            "`decay` is no longer supported and is ignored. Use a schedule as `learning_rate`.", stacklevel=users_line()
        )
    if kwargs:
        name = next(iter(kwargs))
        raise unknown_argument(cls, name, means="learning_rate" if name == "lr" else None)
