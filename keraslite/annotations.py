"""What is said to type checkers alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def any_arguments(method: Callable) -> Callable[..., Any]:
    """The method as it is; type checkers let a subclass write it with parameters of its own choice."""
    return method
