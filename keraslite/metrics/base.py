"""`Metric`: a number kept up to date batch by batch, in Variables on the device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keraslite import initializers, ranges
from keraslite.backend import state
from keraslite.errors import ArgumentError
from keraslite.losses.base import loss_dtype, to_dtype
from keraslite.naming import auto_name
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin
from keraslite.variable import Variable, name_scope


@builtin("keras.metrics")
class Metric(Configurable):
    """Something measured over many batches. Subclasses define `update_state`, `result`, and perhaps `reset_state`.

    Args:
        dtype: of the state and the result; None is floatx, also under mixed precision.
        name: of the metric in logs.

    State is made with `add_weight` and only assigned, so that updates run inside `jit` and never wait for the device.
    """

    _part_kind = "metric"  # of what layers own and files keep (`layers/tracking.py`)
    _entries = ("update_state", "result")
    #: "up" where larger results are better, "down" where smaller ones are; None: callbacks need a `mode`.
    _direction: str | None = None
    argument_checks = ranges.checks(name=ranges.text | None)

    def __init__(self, dtype: Any = None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype = loss_dtype(dtype)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Metric):
            self._metrics.append(value)
        elif isinstance(value, Variable) and all(value is not v for v in self._variables):
            self._variables.append(value)
        super().__setattr__(name, value)

    @cached_property
    def _variables(self) -> list[Variable]:
        return []

    @cached_property
    def _metrics(self) -> list[Metric]:
        return []

    @property
    def dtype(self) -> str:
        """The dtype of the state and the result."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The state, then that of metrics kept as attributes."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the dtype that it took where none was given."""
        config = super().get_config()
        return {**config, "dtype": self._dtype} if "dtype" in config else config

    def add_variable(self, shape: Any, initializer: Any, dtype: Any = None, aggregation: str | None = "sum",
                     name: str | None = None) -> Variable:  # fmt: skip
        """A new Variable of the state."""
        initializer = initializers.get(initializer or "zeros")
        with name_scope(self.name, reset=True):
            variable = Variable(initializer, shape, dtype or self._dtype, trainable=False, autocast=False,
                                aggregation=aggregation, name=name)  # fmt: skip
        self._variables.append(variable)
        return variable

    def add_weight(self, shape: Any = (), initializer: Any = None, dtype: Any = None,
                   name: str | None = None) -> Variable:  # fmt: skip
        """A new Variable of the state, zeros unless `initializer` says otherwise."""
        return self.add_variable(shape, initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take one batch into account."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `update_state`.")

    def result(self) -> Any:
        """The metric over what was seen since the last reset: a tensor, or a dict of them."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `result`.")

    def reset_state(self) -> None:
        """Forget everything seen: all state becomes 0."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, np.float32))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`update_state`, then `result`."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables: Sequence[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """The values of `variables` after an update from `metric_variables`; assigns nothing."""
        with self._bound(metric_variables) as scope:
            self.update_state(*args, **kwargs)
            return [scope.read(v) for v in self.variables]

    def stateless_result(self, metric_variables: Sequence[Any]) -> Any:
        """The result that belongs to the values `metric_variables`."""
        with self._bound(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Any]:
        """The values of `variables` after a reset; assigns nothing."""
        with state.Scope(what="stateless_reset_state") as scope:
            self.reset_state()
            return [scope.read(v) for v in self.variables]

    def _bound(self, values: Sequence[Any]) -> state.Scope:
        variables = self.variables
        if len(values) != len(variables):
            raise ArgumentError(
                f"Metric {self.name!r} needs one value for each of its {len(variables)} variables "
                f"({', '.join(v.name for v in variables)}). Received {len(values)}."
            )
        bound: dict[state.VariableBase, Any] = {
            v: as_tensor(value, dtype=v.dtype) for v, value in zip(variables, values, strict=True)
        }
        return state.Scope(bound, what="stateless_update_state")

    def _tensor(self, x: Any) -> Any:
        """`x` as a tensor of the metric's dtype."""
        return to_dtype(x, self._dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
