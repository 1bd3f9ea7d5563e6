"""The base of constraints."""

from __future__ import annotations

from keraslite.serialization import Configurable, builtin


@builtin("keras.constraints")
class Constraint(Configurable):
    """Projects a weight after each update: called with its value, it returns the value to keep."""

    _entries = ("__call__",)

    def __call__(self, w):
        return w
