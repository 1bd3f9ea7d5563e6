"""The part of `Optimizer` that is about the formula: how it, or an engine's kernel, changes the variables."""

from __future__ import annotations

from typing import ClassVar

from keraslite import ops
from keraslite.backend import dtypes, scopes
from keraslite.backend.contract import Engine, Tensor, TensorLike
from keraslite.optimizers.decay import WeightDecay
from keraslite.optimizers.precision import as_wide, put, value_of, wide
from keraslite.variable import Variable


class Formula(WeightDecay):
    """Updates of variables and slots by `update`, by an engine's kernel or by `update_step`."""

    #: Tensors like each variable that the formula keeps. Groups stand one after another in files; within a group
    #: the slots of one variable stand together.
    slots: tuple[tuple[str, ...], ...] = ()
    #: An engine may own a kernel `<kernel>_update(values, gradients, slots, learning_rate, step, **options)` that
    #: updates all variables at once, in place; `options` are the attributes it gets by keyword. One whose storages
    #: assign by themselves may own `<kernel>_assign(storage, gradient, slot_storages, learning_rate, step, **options)`.
    kernel: ClassVar[str | None] = None
    options: ClassVar[tuple[str, ...]] = ()
    _slot_variables: list[tuple[Variable, ...]]
    _shared: tuple[Tensor, ...] | None = None  # while `update_step` runs for one variable after the other

    def _update_by_formula(
        self, grads: list[Tensor], variables: list[Variable], rate: Tensor, decays: bool = True
    ) -> None:
        kept = [self._slot_variables[self._index[id(v)]] for v in variables]
        if self._assigned(grads, variables, kept, rate, decays):
            return
        values = [value_of(v) for v in variables]
        if decays:
            values = [self._decayed(x, v, rate) for x, v in zip(values, variables, strict=True)]
        slots = [tuple([value_of(slot) for slot in one]) for one in kept]
        step = ops.add(self.iterations, 1)
        values, slots = self.update_all(values, grads, slots, rate, step, variables[0].engine)
        for variable, value in zip(variables, values, strict=True):
            put(variable, value)
        for one, new in zip(kept, slots, strict=True):
            for slot, value in zip(one, new, strict=True):
                put(slot, value)

    def _assigned(
        self,
        grads: list[Tensor],
        variables: list[Variable],
        kept: list[tuple[Variable, ...]],
        rate: Tensor,
        decays: bool,
    ) -> bool:
        """Let the engine write into its storages, where it can and no transform holds the values."""
        kernel = variables[0].engine.kernels.get(f"{self.kernel}_assign") if self.kernel else None
        widened = any(wide(v) != v.dtype for v in variables)
        if kernel is None or widened or scopes.scope() is not None:
            return False
        step = ops.add(self.iterations, 1)
        options = {option: getattr(self, option) for option in self.options}
        for variable, gradient, slots in zip(variables, grads, kept, strict=True):
            if decays and self.weight_decay and self._use_weight_decay(variable):
                variable.assign(self._decayed(variable.value, variable, rate))
            own = ops.cast(rate, variable.dtype), ops.cast(step, variable.dtype)
            kernel(variable.storage, gradient, [slot.storage for slot in slots], *own, **options)
        return True

    def update_all(
        self,
        values: list[Tensor],
        grads: list[Tensor],
        slots: list[tuple[Tensor, ...]],
        rate: Tensor,
        step: Tensor,
        engine: Engine,
    ) -> tuple[list[Tensor], list[tuple[Tensor, ...]]]:
        """Update every variable by `update`, or by the engine's kernel that does all at once.

        Args:
            values: the values of the variables.
            grads: their gradients.
            slots: the slots of each variable, in the order of `self.slots`.
            rate: the learning rate, a scalar.
            step: 1, 2, ..., a scalar.
            engine: the engine of the variables.

        Returns:
            New values and new slots.
        """
        names = {dtypes.canonical(v.dtype) for v in values}
        rates = {name: ops.cast(rate, name) for name in names}
        steps = {name: ops.cast(step, name) for name in names}
        shared = self.shared(ops.cast(step, "float32")) if self._shared is None else self._shared
        kernel = engine.kernels.get(f"{self.kernel}_update") if self.kernel else None
        if kernel is not None and len(names) == 1 and not engine.is_tracing():
            (name,) = names
            if scopes.scope() is not None or "in_place" not in engine.capabilities:  # it may write into what it gets
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

    def shared(self, step: Tensor) -> tuple[Tensor, ...]:
        """Return scalars that the updates of all variables at a step have in common; `update` gets them last.

        It is called once per step and may assign the optimizer's own Variables.

        Args:
            step: 1, 2, ..., a float32 scalar.
        """
        return ()

    def update(
        self,
        value: Tensor,
        gradient: Tensor,
        slots: tuple[Tensor, ...],
        learning_rate: Tensor,
        step: Tensor,
        *shared: Tensor,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Return the new value and the new slots of one variable: the formula. It assigns nothing.

        Args:
            value: of the variable. All tensors are of one float dtype.
            gradient: of the variable, of the same shape.
            slots: those of the variable, in the order of `self.slots`.
            learning_rate: a scalar.
            step: 1, 2, ..., a scalar.
            *shared: what `self.shared(step)` returned.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `update` or `update_step`.")

    def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
        """Update one variable by assigning it. Optimizers written for Keras override this instead of `update`.

        Args:
            gradient: of the variable.
            variable: to assign.
            learning_rate: a scalar.
        """
        engine = variable.engine
        with scopes.autocast(None), engine.no_gradient():
            self._update_by_formula([as_wide(gradient, variable, engine)], [variable], learning_rate, decays=False)

    def _update_by_steps(self, grads: list[Tensor], variables: list[Variable], rate: Tensor) -> None:
        for variable in variables:
            value = variable.value
            decayed = self._decayed(value, variable, ops.cast(rate, variable.dtype))
            if decayed is not value:
                variable.assign(decayed)
        self._shared = self.shared(ops.cast(ops.add(self.iterations, 1), "float32"))  # once, for a formula within
        try:
            for gradient, variable in zip(grads, variables, strict=True):
                self.update_step(ops.cast(gradient, variable.dtype), variable, ops.cast(rate, variable.dtype))
        finally:
            self._shared = None

    def assign(self, variable: Variable, value: TensorLike) -> None:
        """Assign a variable within `update_step`.

        Args:
            variable: to assign.
            value: of the variable's shape.
        """
        variable.assign(value)

    def assign_add(self, variable: Variable, value: TensorLike) -> None:
        """Add to a variable within `update_step`.

        Args:
            variable: to assign.
            value: of the variable's shape.
        """
        variable.assign_add(value)

    def assign_sub(self, variable: Variable, value: TensorLike) -> None:
        """Subtract from a variable within `update_step`.

        Args:
            variable: to assign.
            value: of the variable's shape.
        """
        variable.assign_sub(value)
