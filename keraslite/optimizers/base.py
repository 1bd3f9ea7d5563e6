"""`Optimizer`: everything about an optimizer except its formula."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from keraslite import ops, ranges
from keraslite.backend import dtypes, state
from keraslite.backend.changes import use
from keraslite.errors import ArgumentError, NotBuiltError, users_line
from keraslite.naming import auto_name
from keraslite.ops.core import as_tensor
from keraslite.optimizers import gradients as on_gradients
from keraslite.optimizers.borrowed import Borrowed
from keraslite.optimizers.state import RATE, OptimizerState
from keraslite.public import Gone
from keraslite.serialization import builtin, unknown_argument
from keraslite.variable import Variable


@builtin("keras.optimizers")
class Optimizer(OptimizerState):
    """Changes variables along their gradients. A subclass is a formula, `update`, and the names of its `slots`.

    Args:
        learning_rate: a float, a `LearningRateSchedule`, or a function of the step or of nothing (called while a
            step is compiled, so it should compute with ops).
        weight_decay: before each update, variables shrink by this times the learning rate.
        clipnorm: each gradient is scaled down to this norm.
        clipvalue: each element is clipped to plus or minus this.
        global_clipnorm: all gradients together are scaled down to this norm.
        use_ema: keep a moving average of the variables (Polyak averaging).
        ema_momentum: of that average, in [0, 1].
        ema_overwrite_frequency: variables become their average every so many updates; None: only at the end
            (`finalize_variable_values`). With gradient accumulation averages move once an update; Keras's move, and
            overwrite, at every call.
        loss_scale_factor: the loss is multiplied by it, gradients are divided by it.
        gradient_accumulation_steps: variables are updated once every so many calls, with the mean gradient.
        name: of the optimizer, the head of its variables' paths.

    Variables of 16 bits are updated in float32 and rounded once.
    """

    #: Tensors like each variable that the formula keeps. Groups stand one after another in files; within a group
    #: the slots of one variable stand together.
    slots: tuple[tuple[str, ...], ...] = ()
    #: An engine may own a kernel `<kernel>_update(values, gradients, slots, learning_rate, step, **options)` that
    #: updates all variables at once, in place; `options` are the attributes it gets by keyword. One whose storages
    #: assign by themselves may own `<kernel>_assign(storage, gradient, slot_storages, learning_rate, step, **options)`.
    kernel: ClassVar[str | None] = None
    lr = Gone("`learning_rate`")
    _part_kind = "optimizer"  # of what layers own and files keep (`layers/tracking.py`)
    options: ClassVar[tuple[str, ...]] = ()
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

    def __init__(self, learning_rate: Any, weight_decay: float | None = None, clipnorm: float | None = None,
                 clipvalue: float | None = None, global_clipnorm: float | None = None, use_ema: bool = False,
                 ema_momentum: float = 0.99, ema_overwrite_frequency: int | None = None,
                 loss_scale_factor: float | None = None, gradient_accumulation_steps: int | None = None,
                 name: str | None = None, **kwargs: Any):  # fmt: skip
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
        return [
            tuple(self.add_variable_from_reference(v, slot, self.slot_initializer(slot)) for slot in group)
            for v in self._trainable_variables
        ]

    def slot_initializer(self, slot: str) -> Any:
        """What a slot holds at first: an initializer."""
        return "zeros"

    # ---- updates ------------------------------------------------------------------------------------------------

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> Any:
        """`apply`, given pairs of a gradient and its variable."""
        grads, variables = zip(*grads_and_vars, strict=True)
        self.apply(list(grads), list(variables))
        return self._iterations

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        """Update variables.

        Args:
            grads: one gradient per variable; variables whose gradient is None stay as they are.
            trainable_variables: those, in the same order; None: all the optimizer was built with.
        """
        use(self)
        grads, variables = self._matched(list(grads), trainable_variables)
        if not grads:
            return
        engine = variables[0].engine
        with state.autocast(None), engine.no_gradient():
            if self.gradient_accumulation_steps:
                self._accumulate(grads, variables)
            else:
                self._update(self._unscaled(grads, variables), variables)
            self._iterations.assign_add(1)

    def _matched(self, grads: list, variables: Iterable[Variable] | None) -> tuple[list, list[Variable]]:
        """Gradients that are there, with their variables; builds at the first call."""
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

    def _get_variable_index(self, variable: Variable) -> int:
        index = self._index.get(id(variable))
        if index is None:
            raise ArgumentError(
                f"`{self.name}` needs variables it was built with. Received {variable.path!r}. Make a new optimizer "
                "for new variables."
            )
        return index

    def _unscaled(self, grads: list, variables: list[Variable]) -> list:
        """Gradients as tensors in the dtypes they are computed in, without the loss scale."""
        engine = variables[0].engine
        grads = [_as_wide(g, v, engine) for g, v in zip(grads, variables, strict=True)]
        return [g / self.loss_scale_factor for g in grads] if self.loss_scale_factor else grads

    def _accumulate(self, grads: list, variables: list[Variable]) -> None:
        """Add gradients up; on each last of `gradient_accumulation_steps` calls, update with their mean."""
        steps = self.gradient_accumulation_steps
        kept = [self._accumulators[self._index[id(v)]] for v in variables]
        totals = [g + _value(a) for g, a in zip(self._unscaled(grads, variables), kept, strict=True)]
        last = ops.equal(ops.mod(self._iterations.value + 1, steps), 0)
        with state.Scope(what="gradient_accumulation_steps") as scope:
            self._update([t / steps for t in totals], variables)
        commit_where(last, scope.writes)
        for accumulator, total in zip(kept, totals, strict=True):
            accumulator.assign(ops.where(last, ops.zeros_like(total), total))

    def _update(self, grads: list, variables: list[Variable]) -> None:
        """One update of variables, slots and averages."""
        grads = on_gradients.clip(grads, self.clipnorm, self.clipvalue, self.global_clipnorm)
        rate = self._current_learning_rate()
        rate = ops.cast(as_tensor(rate), "float32") if not hasattr(rate, "dtype") else rate
        if type(self).update_step is Optimizer.update_step:
            self._update_by_formula(grads, variables, rate)
        else:
            self._update_by_steps(grads, variables, rate)
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))
        if self.use_ema:
            self._average(variables)

    def _update_by_formula(self, grads: list, variables: list[Variable], rate: Any) -> None:
        kept = [self._slot_variables[self._index[id(v)]] for v in variables]
        if self._assigned(grads, variables, kept, rate):
            return
        values = [_value(v) for v in variables]
        values = [self._decayed(x, v, rate) for x, v in zip(values, variables, strict=True)]
        slots = [tuple([_value(slot) for slot in one]) for one in kept]
        step = ops.add(self.iterations, 1)
        values, slots = self.update_all(values, grads, slots, rate, step, variables[0].engine)
        for variable, value in zip(variables, values, strict=True):
            _put(variable, value)
        for one, new in zip(kept, slots, strict=True):
            for slot, value in zip(one, new, strict=True):
                _put(slot, value)

    def _assigned(self, grads: list, variables: list[Variable], kept: list, rate: Any) -> bool:
        """Let the engine write into its storages, where it can and no transform holds the values."""
        kernel = variables[0].engine.kernels.get(f"{self.kernel}_assign") if self.kernel else None
        wide = any(_wide(v) != v.dtype for v in variables)
        if kernel is None or wide or state.scope() is not None:
            return False
        step = ops.add(self.iterations, 1)
        options = {option: getattr(self, option) for option in self.options}
        for variable, gradient, slots in zip(variables, grads, kept, strict=True):
            if self.weight_decay and self._use_weight_decay(variable):
                variable.assign(self._decayed(variable.value, variable, rate))
            own = ops.cast(rate, variable.dtype), ops.cast(step, variable.dtype)
            kernel(variable.storage, gradient, [slot.storage for slot in slots], *own, **options)
        return True

    def update_all(self, values: list, grads: list, slots: list, rate: Any, step: Any,
                   engine: Any) -> tuple[list, list]:  # fmt: skip
        """`update` of every variable, or the engine's kernel that does all at once."""
        names = {dtypes.canonical(v.dtype) for v in values}
        rates = {name: ops.cast(rate, name) for name in names}
        steps = {name: ops.cast(step, name) for name in names}
        shared = self.shared(ops.cast(step, "float32"))
        kernel = engine.kernels.get(f"{self.kernel}_update") if self.kernel else None
        if kernel is not None and len(names) == 1 and not engine.is_tracing():
            (name,) = names
            if state.scope() is not None or "in_place" not in engine.capabilities:  # it may write into what it gets
                values, slots = [ops.copy(x) for x in values], [tuple(ops.copy(x) for x in one) for one in slots]
            options = {option: getattr(self, option) for option in self.options}
            updated = kernel(values, grads, slots, rates[name], steps[name], **options)
            if updated is not None:
                return updated
        pairs = []
        for value, gradient, kept in zip(values, grads, slots, strict=True):
            name = dtypes.canonical(value.dtype)
            extra = [ops.cast(x, name) for x in shared]
            pairs.append(self.update(value, gradient, kept, rates[name], steps[name], *extra))
        return [value for value, _ in pairs], [kept for _, kept in pairs]

    def shared(self, step: Any) -> tuple[Any, ...]:
        """Scalars that the updates of all variables at a step have in common: `update` gets them last.

        It is called once a step and may assign the optimizer's own Variables.
        """
        return ()

    def update(self, value: Any, gradient: Any, slots: tuple, learning_rate: Any, step: Any,
               *shared: Any) -> tuple[Any, tuple]:  # fmt: skip
        """The formula: new value and new slots of one variable.

        All are tensors of one float dtype; `step` is 1, 2, ... Pure: nothing is assigned. `shared` is what
        `self.shared(step)` gave.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `update` or `update_step`.")

    def update_step(self, gradient: Any, variable: Variable, learning_rate: Any) -> None:
        """Update one variable by assigning it. Optimizers written for Keras override this instead of `update`."""
        self._update_by_formula([gradient], [variable], learning_rate)

    def _update_by_steps(self, grads: list, variables: list[Variable], rate: Any) -> None:
        for gradient, variable in zip(grads, variables, strict=True):
            if self.weight_decay:
                variable.assign(self._decayed(variable.value, variable, ops.cast(rate, variable.dtype)))
            self.update_step(ops.cast(gradient, variable.dtype), variable, ops.cast(rate, variable.dtype))

    def assign(self, variable: Variable, value: Any) -> None:
        """`variable.assign(value)`, for `update_step`."""
        variable.assign(value)

    def assign_add(self, variable: Variable, value: Any) -> None:
        """`variable.assign_add(value)`, for `update_step`."""
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: Any) -> None:
        """`variable.assign_sub(value)`, for `update_step`."""
        variable.assign_sub(value)

    # ---- weight decay, averages, loss scale ---------------------------------------------------------------------

    def _decayed(self, value: Any, variable: Variable, rate: Any) -> Any:
        if not self.weight_decay or not self._use_weight_decay(variable):
            return value
        return value - value * (self.weight_decay * ops.cast(rate, dtypes.canonical(value.dtype)))

    def exclude_from_weight_decay(self, var_list: Iterable[Variable] | None = None,
                                  var_names: Iterable[str] | None = None) -> None:  # fmt: skip
        """Spare variables the weight decay: those of `var_list`, and those whose name has a match of `var_names`."""
        self._undecayed |= {id(v) for v in var_list or ()}
        self._undecayed_names += [re.compile(name) for name in var_names or ()]

    def _use_weight_decay(self, variable: Variable) -> bool:
        named = any(pattern.search(variable.name) for pattern in self._undecayed_names)
        return id(variable) not in self._undecayed and not named

    def _average(self, variables: list[Variable]) -> None:
        done = as_tensor(self.iterations)
        momentum = ops.where(ops.equal(done, 0), 0.0, self.ema_momentum)
        frequency = self.ema_overwrite_frequency
        now = ops.equal(ops.mod(done + 1, frequency), 0) if frequency else None
        for variable in variables:
            average = self._averages[self._index[id(variable)]]
            value, kept = _value(variable), _value(average)
            weight = ops.cast(momentum, dtypes.canonical(value.dtype))
            new = weight * kept + (1.0 - weight) * value
            average.assign(new)
            if now is not None:
                variable.assign(ops.where(now, new, value))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """At the end of training: with `use_ema`, variables become their averages."""
        if self.use_ema:
            for variable in self._borrowed.all(var_list, f"{self.name}.finalize_variable_values"):
                variable.assign(self._averages[self._get_variable_index(variable)].value)

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: times `loss_scale_factor`."""
        return loss * self.loss_scale_factor if self.loss_scale_factor else loss

    def stateless_apply(self, optimizer_variables: Sequence[Any], grads: Sequence[Any],
                        trainable_variables: Sequence[Any]) -> tuple[list, list]:  # fmt: skip
        """New values of the trainable and of the optimizer's variables, from their values and gradients."""
        if not self.built:
            raise NotBuiltError(f"`stateless_apply` needs {self.name!r} to be built. Call `build(variables)` first.")
        bound: dict[state.VariableBase, Any] = {}
        for what, variables, values in (("optimizer", self.variables, optimizer_variables),
                                        ("trainable", self._trainable_variables, trainable_variables)):  # fmt: skip
            if len(variables) != len(values):
                raise ArgumentError(
                    f"`stateless_apply` needs values of {len(variables)} {what} variables. Received {len(values)}."
                )
            bound.update(zip(variables, (as_tensor(x) for x in values), strict=True))
        with state.Scope(bound, what="stateless_apply") as scope:
            self.apply(grads)
            trained = [scope.read(v) for v in self._trainable_variables]
            return trained, [scope.read(v) for v in self.variables]


def commit_where(condition: Any, writes: Mapping[Any, Any]) -> None:
    """Assign what was written in a Scope, elsewhere keep the old; chosen on the device."""
    for variable, value in writes.items():
        with state.autocast(None):
            variable.write(ops.where(condition, value, variable.value))


def _wide(variable: Variable) -> str:
    """The dtype a variable is updated in: its own, but not less than float32."""
    return variable.dtype if variable.dtype in ("float32", "float64") else "float32"


def _value(variable: Variable) -> Any:
    """The value in the dtype it is updated in."""
    wide = _wide(variable)
    return variable.value if variable.dtype == wide else ops.cast(variable.value, wide)


def _as_wide(gradient: Any, variable: Variable, engine: Any) -> Any:
    wide = _wide(variable)
    if isinstance(gradient, engine.tensor_types) and engine.dtype_name(gradient) == wide:
        return gradient
    return ops.cast(as_tensor(gradient), wide)


def _put(variable: Variable, value: Any) -> None:
    if value is not variable.storage:  # a kernel may have written it there already
        variable.assign(value)


def _check_unknown(cls: type, kwargs: dict[str, Any]) -> None:
    if kwargs.pop("decay", None) is not None:
        warnings.warn(
            "`decay` is no longer supported and is ignored. Use a schedule as `learning_rate`.", stacklevel=users_line()
        )
    if kwargs:
        name = next(iter(kwargs))
        raise unknown_argument(cls, name, means="learning_rate" if name == "lr" else None)
