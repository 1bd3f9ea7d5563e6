"""Variables of an engine's own library (`tf.Variable`, `torch.nn.Parameter`), which an optimizer updates in place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.variable import Variable


class Borrowed:
    """A Variable for each library's variable that was met, by identity."""

    def __init__(self) -> None:
        self._known: dict[int, Variable] = {}

    def all(self, variables: Iterable[object], where: str) -> list[Variable]:
        """The Variables among `variables`, and those that stand for the others."""
        return [v if isinstance(v, Variable) else self.one(v, where) for v in variables]

    def one(self, given: Any, where: str) -> Variable:
        """The Variable that stands for `given`: what is assigned to it is assigned to `given`."""
        variable = self._known.get(id(given))
        if variable is None or variable.storage is not given:  # or a copy of the optimizer, of other variables
            engine = registry.engine_of(given)
            if engine is None or not isinstance(given, engine.storage_types):
                raise ArgumentError(
                    f"`{where}` needs Variables, or variables of the engine that can be assigned. Received "
                    f"{type(given).__name__}. Make a `Variable` of it."
                )
            variable = Variable("zeros", engine.shape(given), engine.dtype_name(given), backend=engine.name)
            variable.storage, variable._first = given, None  # which keeps `given` alive, and its id
            self._known[id(given)] = variable
        return variable
