"""The learning rate of a model's optimizer, where callbacks change it."""

from __future__ import annotations

from typing import Any

from keraslite.errors import ArgumentError
from keraslite.variable import Variable

__all__ = ["read_rate", "set_rate"]


def read_rate(model: object, owner: str) -> float:
    """The rate now; an `ArgumentError` if a schedule decides it."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ArgumentError(f"`{owner}` needs a model with an optimizer. Received one without. Call `compile()` first.")
    rate = optimizer.learning_rate
    if not isinstance(rate, Variable):
        raise ArgumentError(
            f"`{owner}` needs an optimizer whose learning rate is a number. Received {type(optimizer).__name__} with "
            "a schedule. Use one or the other."
        )
    return float(rate.numpy())


def set_rate(model: Any, rate: float) -> None:
    """Set the rate for the steps to come."""
    model.optimizer.learning_rate = rate
