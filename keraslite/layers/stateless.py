"""Scopes in which Variables have other values than their own, or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from keraslite import declared, ranges
from keraslite.backend import registry, scopes
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.ops.core import as_tensor
from keraslite.variable import Variable

__all__ = ["StatelessScope", "SymbolicScope"]


@declared.guard
class StatelessScope(scopes.Scope):
    """Within it, assignments to Variables are kept in the scope, and the Variables themselves stay as they are.

    What a layer does to its state becomes a value that can be read when the scope has ended: for code that has to be
    a pure function, such as a training loop in the engine's own transforms.

    Args:
        state_mapping: pairs of a Variable and the value that it has within, an array or tensor of its shape.
        collect_losses: whether losses that layers add within are kept in `losses`.
        initialize_variables: accepted as in Keras. A Variable that is made within is a real one, and its first value
            is drawn when it is first read.

    Attributes:
        losses: the losses that were added within.

    Raises:
        ArgumentError: for a pair whose first part is no Variable, or whose value has another shape.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> v = keras.Variable([1.0, 2.0])
        >>> with keras.StatelessScope(state_mapping=[(v, np.array([5.0, 6.0]))]) as scope:
        ...     _ = v.assign(v * 2)
        >>> keras.ops.convert_to_numpy(scope.get_current_value(v)).tolist(), v.numpy().tolist()
        ([10.0, 12.0], [1.0, 2.0])
    """

    __slots__ = ("collect_losses", "initialize_variables", "losses")
    argument_checks = ranges.checks(collect_losses=ranges.flag, initialize_variables=ranges.flag)

    def __init__(
        self,
        state_mapping: Iterable[tuple[Variable, TensorLike]] | None = None,
        collect_losses: bool = False,
        initialize_variables: bool = True,
    ):
        bound: dict[scopes.VariableBase, Tensor] = {
            variable: _fitting(variable, value) for variable, value in state_mapping or ()
        }
        super().__init__(bound, what="StatelessScope")
        self.collect_losses, self.initialize_variables = collect_losses, initialize_variables
        self.losses: list[Any] = []

    def add_loss(self, loss: object) -> None:
        """Keep a loss in `losses`.

        Args:
            loss: a scalar tensor.
        """
        self.losses.append(loss)

    def add_update(self, update: tuple[Variable, TensorLike]) -> None:
        """Let a Variable have another value from here on, within the scope.

        Args:
            update: the Variable and its value.
        """
        variable, value = update
        self.writes[variable] = _fitting(variable, value)

    def get_current_value(self, variable: Variable) -> Any:
        """Return the value that a Variable has in the scope, within it or after it.

        Args:
            variable: a Variable.

        Returns:
            The value that was assigned last, or that of `state_mapping`; None if there is neither.
        """
        return self.writes.get(variable, self.bound.get(variable))


class SymbolicScope(scopes.Scope):
    """Within it, ops on Variables work out shapes and dtypes and compute nothing. What is assigned goes nowhere.

    Layers enter such a scope by themselves when they are called on symbolic tensors.

    Example:
        >>> import keraslite as keras
        >>> v = keras.Variable([1.0, 2.0])
        >>> with keras.SymbolicScope():
        ...     keras.utils.is_keras_tensor(v + 1)
        True
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(symbolic=True, what="SymbolicScope")


def collect(loss: object) -> None:
    """Give a loss to the scopes around that collect them."""
    scope = scopes.scope()
    while scope is not None:
        if isinstance(scope, StatelessScope) and scope.collect_losses:
            scope.add_loss(loss)
        scope = scope.outer


def _fitting(variable: object, value: TensorLike) -> Tensor:
    if not isinstance(variable, Variable):
        raise ArgumentError(
            f"`StatelessScope` needs pairs of a Variable and its value. Received {variable!r:.60} for a Variable."
        )
    with registry.use_backend(variable.engine.name):
        tensor = as_tensor(value, dtype=variable.dtype)
    shape = tuple(variable.engine.shape(tensor))
    if shape != tuple(variable.shape):
        raise ArgumentError(
            f"`StatelessScope` needs a value of shape {variable.shape} for {variable.path!r}. Received shape {shape}."
        )
    return tensor
