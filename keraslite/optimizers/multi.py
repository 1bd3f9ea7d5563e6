"""An optimizer made of several, each with its own variables."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from keraslite import ranges
from keraslite.backend import scopes
from keraslite.backend.changes import use
from keraslite.backend.contract import TensorLike
from keraslite.errors import ArgumentError, NoSuchNameError, users_line
from keraslite.optimizers.base import Optimizer
from keraslite.optimizers.optimizer_map import OptimizerMap
from keraslite.serialization import builtin, deserialize, serialize
from keraslite.variable import Variable


@builtin("keras.optimizers")
class MultiOptimizer(Optimizer):
    """Updates each variable by the optimizer that is chosen for it.

    The optimizers have their own learning rates, so this one has none. Clipping by the global norm, like every other
    option, is a matter of each optimizer and its variables.

    Args:
        optimizer_map: an `OptimizerMap`, or a function that returns the optimizer of a variable.
        loss_scale_factor: the loss is multiplied by it and gradients are divided by it, not negative; None (default)
            for no scaling. The optimizers must have none of their own.
        name: of the optimizer, the head of its variables' paths; None (default) makes one.

    Raises:
        ArgumentError: if the function returns no optimizer, or an optimizer has another `loss_scale_factor`.
        NoSuchNameError: (an AttributeError) if `learning_rate` is read or set.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> slow, fast = keras.optimizers.SGD(0.1), keras.optimizers.SGD(1.0)
        >>> optimizer = keras.optimizers.MultiOptimizer(lambda variable: fast if variable.name == "bias" else slow)
        >>> kernel, bias = keras.Variable(1.0, name="kernel"), keras.Variable(1.0, name="bias")
        >>> optimizer.apply([np.float32(1.0), np.float32(1.0)], [kernel, bias])
        >>> round(float(kernel), 4), round(float(bias), 4)
        (0.9, 0.0)
    """

    argument_checks = ranges.checks(loss_scale_factor=ranges.unsigned | ranges.off)

    def __init__(
        self,
        optimizer_map: OptimizerMap | Callable[[Variable], Optimizer],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ):
        if not callable(optimizer_map) and not isinstance(optimizer_map, OptimizerMap):
            raise ArgumentError(
                "`MultiOptimizer` needs `optimizer_map` to be an `OptimizerMap` or a function of a variable. Received "
                f"{optimizer_map!r}."
            )
        self.optimizer_map = optimizer_map
        self._parts: list[tuple[Optimizer, list[Variable]]] = []
        self._part_of: dict[int, int] = {}
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)

    @property
    def optimizers(self) -> list[Optimizer]:
        """Those of the map, the default last; of a function, those that it chose, in the order of their first ones."""
        if self._parts or not isinstance(self.optimizer_map, OptimizerMap):
            return [optimizer for optimizer, _ in self._parts]
        found = {id(one): one for one in (*self.optimizer_map.values(), self.optimizer_map.default_optimizer)}
        return list(found.values())

    def build(self, variables: Iterable[Variable] | None = None, *, var_list: Iterable[Variable] | None = None) -> None:
        """Choose an optimizer for each variable and build them.

        Args:
            variables: the Variables that will be updated. A second call changes nothing.
            var_list: another name of `variables`.
        """
        if self.built:
            return
        super().build(self._given(variables, var_list))
        self._parts = [(self._adopted(optimizer), []) for optimizer in self.optimizers]
        for variable in self._trainable_variables:
            chosen = self._choose(variable)
            at = next((i for i, (one, _) in enumerate(self._parts) if one is chosen), len(self._parts))
            if at == len(self._parts):
                self._parts.append((self._adopted(chosen), []))
            self._parts[at][1].append(variable)
            self._part_of[id(variable)] = at
        for optimizer, own in self._parts:
            optimizer.build(own)
        self._warn_of_unused()

    def _warn_of_unused(self) -> None:
        if isinstance(self.optimizer_map, OptimizerMap):
            used = {id(optimizer) for optimizer, own in self._parts if own}
            unused = [words for words, optimizer in self.optimizer_map.items() if id(optimizer) not in used]
            if unused:
                paths = ", ".join(variable.path for variable in self._trainable_variables[:5])
                warnings.warn(
                    f"`{self.name}` updates no variable by the optimizer for {unused[0]!r}. An expression has to match "
                    f"the whole path of a variable, such as {paths}.",
                    stacklevel=users_line(),
                )

    def _choose(self, variable: Variable) -> Optimizer:
        choose = self.optimizer_map
        chosen = choose[variable.path] if isinstance(choose, OptimizerMap) else choose(variable)
        if not isinstance(chosen, Optimizer):
            raise ArgumentError(f"`{self.name}` needs an optimizer for {variable.path!r}. Received {chosen!r}.")
        return chosen

    def _adopted(self, optimizer: Optimizer) -> Optimizer:
        if optimizer.loss_scale_factor not in (None, self.loss_scale_factor):
            raise ArgumentError(
                f"`MultiOptimizer` needs optimizers without a `loss_scale_factor`. Received {optimizer.name!r} with "
                f"{optimizer.loss_scale_factor}. Give it to `MultiOptimizer`."
            )
        optimizer.loss_scale_factor = self.loss_scale_factor
        return optimizer

    @property
    def loss_scale_factor(self) -> float | None:
        """The loss is multiplied by it, and each optimizer divides its gradients by it. Setting it sets theirs."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for optimizer, _ in self._parts:
            optimizer.loss_scale_factor = value

    @property
    def variables(self) -> list[Variable]:
        return [*self._variables, *(v for optimizer, _ in self._parts for v in optimizer.variables)]

    @property
    def learning_rate(self) -> Any:
        raise NoSuchNameError(f"`{self.name}` has no `learning_rate`. Use those of `optimizers`.")

    @learning_rate.setter
    def learning_rate(self, value: object) -> None:
        raise NoSuchNameError(f"`{self.name}` has no `learning_rate`. Set those of `optimizers`.")

    def apply(self, grads: Iterable[TensorLike | None], trainable_variables: Iterable[Variable] | None = None) -> None:
        use(self)
        given, variables = self._matched(list(grads), trainable_variables)
        if not given:
            return
        with scopes.autocast(None), variables[0].engine.no_gradient():
            for at, (optimizer, _) in enumerate(self._parts):
                pairs = [(g, v) for g, v in zip(given, variables, strict=True) if self._part_of[id(v)] == at]
                if pairs:
                    optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])
            self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        known = {id(v) for v in self._borrowed.all(var_list, f"{self.name}.finalize_variable_values")}
        for optimizer, own in self._parts:
            optimizer.finalize_variable_values([v for v in own if id(v) in known])

    @property
    def keeps_averages(self) -> bool:
        return any(optimizer.keeps_averages for optimizer in self.optimizers)

    def show_averages(self, on: bool) -> None:
        for optimizer in self.optimizers:
            if optimizer.keeps_averages:
                optimizer.show_averages(on)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        variables, names = list(var_list or ()), list(var_names or ())
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(variables, names)

    def get_config(self) -> dict[str, Any]:
        return {
            "optimizer_map": serialize(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """Return an optimizer made from what `get_config` returned.

        Args:
            config: the arguments of the constructor by name.
            custom_objects: classes and functions by the names that `config` may hold, besides the registered ones.
        """
        chosen = config["optimizer_map"]
        if isinstance(chosen, Mapping) and not isinstance(chosen, OptimizerMap):
            chosen = deserialize(dict(chosen), custom_objects)
        return cls(**{**config, "optimizer_map": chosen})
