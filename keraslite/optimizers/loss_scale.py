"""Scaling the loss so that float16 gradients neither vanish nor overflow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraslite import ops, ranges
from keraslite.backend import state
from keraslite.errors import ArgumentError
from keraslite.optimizers.base import Optimizer, commit_where
from keraslite.optimizers.state import SHARED
from keraslite.serialization import builtin, serialize
from keraslite.variable import Variable


@builtin("keras.optimizers")
class LossScaleOptimizer(Optimizer):
    """Another optimizer with a dynamic loss scale (Micikevicius et al., 2017).

    A step whose gradients are not all finite changes nothing but halves the scale; after `dynamic_growth_steps` good
    ones in a row it is doubled. All of it is decided on the device.

    Args:
        inner_optimizer: does the updates; clipping, decay and the like are its arguments.
        initial_scale: > 0.
        dynamic_growth_steps: > 0.
    """

    argument_checks = ranges.checks(initial_scale=ranges.positive, dynamic_growth_steps=ranges.positive_int)

    _no_longer = Optimizer._no_longer | {"learning_rate"}  # that of the inner optimizer counts

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer made from what `get_config` gave, here or in an earlier version of Keras."""
        config = dict(config)
        if not config.get("use_ema"):
            config.pop("ema_momentum", None)
        if config.pop("dynamic", True) is False:
            raise ArgumentError(
                "`LossScaleOptimizer` needs a scale that changes. Received a config with dynamic=False."
            )
        return super().from_config(config, custom_objects)

    def __init__(self, inner_optimizer: Any, initial_scale: float = 32768.0, dynamic_growth_steps: int = 2000,
                 name: str | None = None, **options: Any):  # fmt: skip
        given = [option for option in SHARED if options.pop(option, None)]
        if given:
            raise ArgumentError(f"`LossScaleOptimizer` has no argument {given[0]!r}. Give it to `inner_optimizer`.")
        if not isinstance(inner_optimizer, Optimizer):
            raise ArgumentError(f"`LossScaleOptimizer` needs an optimizer to wrap. Received {inner_optimizer!r}.")
        self.inner_optimizer = inner_optimizer
        super().__init__(0.0, name=name, **options)
        self.initial_scale, self.dynamic_growth_steps = initial_scale, dynamic_growth_steps

    def build(self, variables: Iterable[Variable] | None = None, *, var_list: Iterable[Variable] | None = None) -> None:
        """Make the state for the variables, here and in the inner optimizer.

        Args:
            variables: the Variables that will be updated. A second call changes nothing.
            var_list: another name of `variables`.
        """
        if self.built:
            return
        variables = self._given(variables, var_list)
        super().build(variables)
        backend = self._iterations.engine.name
        self.step_counter = self._scalar(0, "int32", "step_counter", backend)
        self.dynamic_scale = self._scalar(self.initial_scale, "float32", "dynamic_scale", backend)
        self.inner_optimizer.build(variables)

    @property
    def variables(self) -> list[Variable]:
        return [*self._variables, *self.inner_optimizer.variables]

    @property
    def iterations(self) -> Any:
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Any:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.inner_optimizer.learning_rate = value

    def scale_loss(self, loss: Any) -> Any:
        """The loss to differentiate: times the scale, in float32 (float16 ends at 65504)."""
        scale = self.dynamic_scale.value if self.built else self.initial_scale
        return self.inner_optimizer.scale_loss(ops.cast(loss, "float32") * scale)

    def check_finite(self, grads: Iterable[Any]) -> Any:
        """A bool tensor: whether all elements of all gradients are finite."""
        return ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in grads if g is not None]))

    def apply(self, grads: Iterable[Any], trainable_variables: Iterable[Variable] | None = None) -> None:
        grads, variables = self._matched(list(grads), trainable_variables)
        if not grads:
            return
        with state.autocast(None), variables[0].engine.no_gradient():
            scale = self.dynamic_scale.value
            finite = self.check_finite(grads)
            unscaled = [g / ops.cast(scale, g.dtype) for g in self._unscaled(grads, variables)]
            with state.Scope(what="LossScaleOptimizer") as scope:
                self.inner_optimizer.apply(unscaled, variables)
            commit_where(finite, scope.writes)
            self._adjust(finite, scale)

    def _adjust(self, finite: Any, scale: Any) -> None:
        count = self.step_counter.value + 1
        grow = ops.greater_equal(count, self.dynamic_growth_steps)
        keep = ops.logical_and(finite, ops.logical_not(grow))
        self.step_counter.assign(ops.where(keep, count, ops.zeros_like(count)))
        self.dynamic_scale.assign(ops.where(finite, ops.where(grow, scale * 2.0, scale), scale / 2.0))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    def exclude_from_weight_decay(self, var_list: Iterable[Variable] | None = None,
                                  var_names: Iterable[str] | None = None) -> None:  # fmt: skip
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }
