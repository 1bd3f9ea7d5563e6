"""The part of `Optimizer` that is about moving averages of the variables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.ops.core import as_tensor
from keraslite.optimizers.borrowed import Borrowed
from keraslite.optimizers.precision import value_of
from keraslite.optimizers.state import OptimizerState
from keraslite.variable import Variable


class Averages(OptimizerState):
    """Averages of the variables (Polyak averaging)."""

    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    _averages: list[Variable]
    _borrowed: Borrowed
    _shows_averages = False

    def _average(self, variables: list[Variable]) -> None:
        done = as_tensor(self.iterations)
        momentum = ops.where(ops.equal(done, 0), 0.0, self.ema_momentum)
        frequency = self.ema_overwrite_frequency
        now = ops.equal(ops.mod(done + 1, frequency), 0) if frequency else None
        for variable in variables:
            average = self._averages[self._index[id(variable)]]
            value, kept = value_of(variable), value_of(average)
            weight = ops.cast(momentum, dtypes.canonical(value.dtype))
            new = weight * kept + (1.0 - weight) * value
            average.assign(new)
            if now is not None:
                variable.assign(ops.where(now, new, value))

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """Set variables to their averages, with `use_ema`, at the end of training.

        Args:
            var_list: the variables.
        """
        self.show_averages(False)
        if self.use_ema:
            for variable in self._borrowed.all(var_list, f"{self.name}.finalize_variable_values"):
                variable.assign(self._averages[self._get_variable_index(variable)].value)

    @property
    def keeps_averages(self) -> bool:
        """Whether there are averages of the variables, which `show_averages` can show."""
        return self.use_ema

    def show_averages(self, on: bool) -> None:
        """Exchange the values of the variables and their averages, unless that is done already.

        Args:
            on: whether the variables hold their averages from now on. Before the next update they should not.
        """
        if on != self._shows_averages and (not on or np.any(ops.convert_to_numpy(self.iterations))):
            self._shows_averages = on
            for variable, average in zip(self._trainable_variables, self._averages, strict=False):
                value = ops.copy(variable.value)
                variable.assign(average.value)
                average.assign(value)
