"""The part of `Variable` that is about what may be set: whether it is trained, and what is added to its training."""

from __future__ import annotations

from collections.abc import Callable

from keraslite.backend import scopes
from keraslite.backend.changes import changed
from keraslite.backend.contract import Engine
from keraslite.errors import ArgumentError


class Settings(scopes.VariableBase):
    """What a user may change about a Variable besides its value."""

    __slots__ = ()
    engine: Engine
    _constraint: Callable | None
    _first: object
    _is_float: bool
    _overwrite: bool
    _regularizer: Callable | None
    _trainable: bool

    @property
    def trainable(self) -> bool:
        """Whether optimizers should change it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        changed(self, "trainable")
        if self._first is None:
            self.engine.set_trainable(self.storage, self._trainable and self._is_float)

    @property
    def regularizer(self) -> Callable | None:
        """A function of the value that returns a penalty, which is added to the loss; or None."""
        return self._regularizer

    @regularizer.setter
    def regularizer(self, value: Callable | None) -> None:
        if value is not None and not callable(value):
            raise ArgumentError(f"Variable {self.path!r} needs a callable regularizer. Received {value!r}.")
        self._regularizer = value
        changed(self, "regularizer")

    @property
    def constraint(self) -> Callable | None:
        """A function that replaces the value after each step of an optimizer; or None."""
        return self._constraint

    @constraint.setter
    def constraint(self, value: Callable | None) -> None:
        self._constraint = value
        changed(self, "constraint")

    @property
    def overwrite_with_gradient(self) -> bool:
        """Whether an optimizer assigns the gradient itself."""
        return self._overwrite

    @overwrite_with_gradient.setter
    def overwrite_with_gradient(self, value: bool) -> None:
        self._overwrite = bool(value)
        changed(self, "overwrite_with_gradient")
