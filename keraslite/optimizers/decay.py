"""The part of `Optimizer` that is about weight decay."""

from __future__ import annotations

import re
from collections.abc import Iterable

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.optimizers.state import OptimizerState
from keraslite.variable import Variable


class WeightDecay(OptimizerState):
    """Variables that shrink before each update, and those that do not."""

    weight_decay: float | None
    _undecayed: set[int]
    _undecayed_names: list[re.Pattern]

    def _decayed(self, value: Tensor, variable: Variable, rate: Tensor) -> Tensor:
        decay = self._decay_of(variable)
        if not decay or not self._use_weight_decay(variable):
            return value
        return value - value * (decay * ops.cast(rate, dtypes.canonical(value.dtype)))

    def _decay_of(self, variable: Variable) -> float | None:
        return self.weight_decay

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Exclude variables from the weight decay.

        Args:
            var_list: the variables; None (default) for none.
            var_names: regular expressions; variables whose name has a match are excluded. None (default) for none.
        """
        self._undecayed |= {id(v) for v in var_list or ()}
        self._undecayed_names += [re.compile(name) for name in var_names or ()]

    def _use_weight_decay(self, variable: Variable) -> bool:
        named = any(pattern.search(variable.name) for pattern in self._undecayed_names)
        return id(variable) not in self._undecayed and not named
