"""`Metric`: a number kept up to date batch by batch, in Variables on the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from keraslite import initializers, ranges
from keraslite.backend import scopes
from keraslite.backend.contract import DTypeLike, Tensor, TensorLike
from keraslite.backend.tracebacks import shortened, shortens
from keraslite.errors import ArgumentError
from keraslite.losses.base import LossDType, loss_dtype, to_dtype
from keraslite.naming import auto_name
from keraslite.ops.core import as_tensor
from keraslite.serialization import Configurable, builtin
from keraslite.variable import Variable, name_scope


@builtin("keras.metrics")
class Metric(Configurable):
    """Base class of metrics, which measure something over many batches.

    A subclass makes its state with `add_weight` and defines `update_state` and `result`. As state is only assigned,
    updates run inside `jit` and never wait for the device.

    Args:
        dtype: the dtype of the state and the result, or a policy; None (default) is `config.floatx()`, also under
            mixed precision.
        name: of the metric, in logs and in the results of `fit`; None (default) for the name of the class in snake
            case and a number.

    Example:
        >>> import numpy as np
        >>> from keraslite import metrics, ops
        >>> class Largest(metrics.Metric):
        ...     def __init__(self, name="largest", dtype=None):
        ...         super().__init__(dtype, name)
        ...         self.largest = self.add_weight(name="largest")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.largest.assign(ops.maximum(self.largest.value, ops.max(y_pred)))
        ...     def result(self):
        ...         return ops.copy(self.largest.value)
        >>> metric = Largest()
        >>> metric.update_state(None, np.array([1.0, 5.0], "float32"))
        >>> metric.update_state(None, np.array([3.0, 2.0], "float32"))
        >>> float(metric.result())
        5.0
    """

    _part_kind = "metric"  # of what layers own and files keep (`layers/tracking.py`)
    _entries = ("update_state", "result")
    #: "up" where larger results are better, "down" where smaller ones are; None: callbacks need a `mode`.
    _direction: str | None = None
    argument_checks = ranges.checks(name=ranges.text | None)

    def __init__(self, dtype: LossDType = None, name: str | None = None):
        self.name = name or auto_name(type(self).__name__)
        self._dtype = loss_dtype(dtype)

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if "update_state" in vars(cls):
            cls.update_state = shortens(cls.update_state, around=2)  # type: ignore[method-assign]  # 2: see `entry`

    def __setattr__(self, name: str, value: object) -> None:
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
        """The name of the dtype of the state and the result."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """The Variables of the state, then those of metrics kept as attributes."""
        return [*self._variables, *(v for metric in self._metrics for v in metric.variables)]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments, with the dtype that it took if none was given."""
        config = super().get_config()
        return {**config, "dtype": self._dtype} if "dtype" in config else config

    def add_variable(
        self,
        shape: int | Sequence[int],
        initializer: str | Callable[..., object] | None = None,
        dtype: DTypeLike | None = None,
        aggregation: str | None = "sum",
        name: str | None = None,
    ) -> Variable:
        """Return a new Variable of the state.

        Args:
            shape: of the Variable; a tuple of ints.
            initializer: an initializer or its name; None (default) for zeros.
            dtype: of the Variable; None (default) for the metric's.
            aggregation: how copies on several devices are combined: "sum" (default), "mean", "only_first_replica" or
                "none".
            name: of the Variable; None (default) makes one.
        """
        initializer = initializers.get(initializer or "zeros")
        with name_scope(self.name, reset=True):
            variable = Variable(
                initializer,
                shape,
                dtype or self._dtype,
                trainable=False,
                autocast=False,
                aggregation=aggregation,
                name=name,
            )
        self._variables.append(variable)
        return variable

    def add_weight(
        self,
        shape: int | Sequence[int] = (),
        initializer: str | Callable[..., object] | None = None,
        dtype: DTypeLike | None = None,
        name: str | None = None,
    ) -> Variable:
        """Return a new Variable of the state.

        Args:
            shape: of the Variable; a tuple of ints, `()` by default.
            initializer: an initializer or its name; None (default) for zeros.
            dtype: of the Variable; None (default) for the metric's.
            name: of the Variable; None (default) makes one.
        """
        return self.add_variable(shape, initializer, dtype, name=name)

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Take in one batch. Subclasses define it.

        Args:
            *args: usually `y_true`, `y_pred` and `sample_weight`.
            **kwargs: the same by name.
        """
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `update_state`.")

    def result(self) -> Any:
        """Return the metric over all batches since the last reset: a tensor, or a dict of tensors."""
        raise NotImplementedError(f"`{type(self).__name__}` needs a method `result`.")

    def reset_state(self) -> None:
        """Forget all batches: set all state to 0."""
        for variable in self.variables:
            variable.assign(np.zeros(variable.shape, np.float32))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call `update_state`, and return `result()`."""
        with shortened():
            self.update_state(*args, **kwargs)
            return self.result()

    def stateless_update_state(
        self, metric_variables: Sequence[TensorLike], *args: object, **kwargs: object
    ) -> list[Tensor]:
        """Return the values that `variables` would have after an update. Nothing is assigned.

        Args:
            metric_variables: the values of `variables` before the update, in their order.
            *args: what `update_state` gets.
            **kwargs: what `update_state` gets.
        """
        with self._bound(metric_variables) as scope:
            self.update_state(*args, **kwargs)
            return [scope.read(v) for v in self.variables]

    def stateless_result(self, metric_variables: Sequence[TensorLike]) -> Any:
        """Return the result for given values of `variables`.

        Args:
            metric_variables: the values of `variables`, in their order.
        """
        with self._bound(metric_variables):
            return self.result()

    def stateless_reset_state(self) -> list[Tensor]:
        """Return the values that `variables` would have after a reset. Nothing is assigned."""
        with scopes.Scope(what="stateless_reset_state") as scope:
            self.reset_state()
            return [scope.read(v) for v in self.variables]

    def _bound(self, values: Sequence[TensorLike]) -> scopes.Scope:
        variables = self.variables
        if len(values) != len(variables):
            raise ArgumentError(
                f"Metric {self.name!r} needs one value for each of its {len(variables)} variables "
                f"({', '.join(v.name for v in variables)}). Received {len(values)}."
            )
        bound: dict[scopes.VariableBase, Tensor] = {
            v: as_tensor(value, dtype=v.dtype) for v, value in zip(variables, values, strict=True)
        }
        return scopes.Scope(bound, what="stateless_update_state")

    def _tensor(self, x: TensorLike) -> Tensor:
        """`x` as a tensor of the metric's dtype."""
        return to_dtype(x, self._dtype)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"
