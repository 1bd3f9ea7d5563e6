"""Scaling the loss so that float16 gradients neither vanish nor overflow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraslite import ops, ranges
from keraslite.backend import scopes
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.precision import commit_where
from keraslite.optimizers.state import SHARED
from keraslite.optimizers.types import LearningRate
from keraslite.serialization import builtin, serialize
from keraslite.variable import Variable


@builtin("keras.optimizers")
class LossScaleOptimizer(Optimizer):
    """An optimizer around another, with a loss scale that follows the size of the gradients.

    float16 gradients of a scaled loss do not vanish. A step whose gradients are not all finite halves the scale and
    changes nothing else; after `dynamic_growth_steps` finite steps in a row the scale is doubled. The device decides.

    Source: Micikevicius et al., 2017, "Mixed precision training".

    Args:
        inner_optimizer: the optimizer that makes the updates. Clipping, weight decay and the like are its arguments.
        initial_scale: where the scale starts, greater than 0; 32768 by default.
        dynamic_growth_steps: how many finite steps in a row double the scale, at least 1; 2000 by default.
        name: of the optimizer, the head of its variables' paths; None (default) makes one.
        **options: keywords of every optimizer, which must be None or False here: give them to `inner_optimizer`.

    Raises:
        ArgumentError: if `inner_optimizer` is no optimizer, or an argument belongs to it.

    Example:
        >>> import keraslite as keras
        >>> optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=1024.0)
        >>> float(optimizer.scale_loss(2.0))
        2048.0
    """

    argument_checks = ranges.checks(initial_scale=ranges.positive, dynamic_growth_steps=ranges.positive_int)

    _no_longer = Optimizer._no_longer | {"learning_rate"}  # that of the inner optimizer counts

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Return an optimizer made from what `get_config` returned, here or in an earlier version of Keras.

        Args:
            config: the arguments of the constructor by name.
            custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.
        """
        config = dict(config)
        if not config.get("use_ema"):
            config.pop("ema_momentum", None)
        if config.pop("dynamic", True) is False:
            raise ArgumentError(
                "`LossScaleOptimizer` needs a scale that changes. Received a config with dynamic=False."
            )
        return super().from_config(config, custom_objects)

    def __init__(
        self,
        inner_optimizer: Optimizer,
        initial_scale: float = 32768.0,
        dynamic_growth_steps: int = 2000,
        name: str | None = None,
        **options: Any,
    ):
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
    def iterations(self) -> Tensor | Variable:
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self) -> Variable | Tensor | float:
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: LearningRate) -> None:
        self.inner_optimizer.learning_rate = value

    def scale_loss(self, loss: TensorLike) -> Tensor:
        """Return the loss to differentiate: the loss times the scale, in float32 (float16 ends at 65504).

        Args:
            loss: a scalar.
        """
        scale = self.dynamic_scale.value if self.built else self.initial_scale
        return self.inner_optimizer.scale_loss(ops.cast(loss, "float32") * scale)

    def check_finite(self, grads: Iterable[TensorLike | None]) -> Tensor:
        """Return whether all elements of all gradients are finite, as a bool tensor.

        Args:
            grads: the gradients; None for those that there are not.
        """
        return ops.all(ops.stack([ops.all(ops.isfinite(g)) for g in grads if g is not None]))

    def apply(self, grads: Iterable[TensorLike | None], trainable_variables: Iterable[Variable] | None = None) -> None:
        given, variables = self._matched(list(grads), trainable_variables)
        if not given:
            return
        with scopes.autocast(None), variables[0].engine.no_gradient():
            scale = self.dynamic_scale.value
            finite = self.check_finite(given)
            unscaled = [g / ops.cast(scale, g.dtype) for g in self._unscaled(given, variables)]
            with scopes.Scope(what="LossScaleOptimizer") as scope:
                self.inner_optimizer.apply(unscaled, variables)
            commit_where(finite, scope.writes)
            self._adjust(finite, scale)

    def _adjust(self, finite: Tensor, scale: Tensor) -> None:
        count = self.step_counter.value + 1
        grow = ops.greater_equal(count, self.dynamic_growth_steps)
        keep = ops.logical_and(finite, ops.logical_not(grow))
        self.step_counter.assign(ops.where(keep, count, ops.zeros_like(count)))
        self.dynamic_scale.assign(ops.where(finite, ops.where(grow, scale * 2.0, scale), scale / 2.0))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(var_list)

    @property
    def keeps_averages(self) -> bool:
        return self.inner_optimizer.keeps_averages

    def show_averages(self, on: bool) -> None:
        self.inner_optimizer.show_averages(on)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "inner_optimizer": serialize(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }
