"""What lets NumPy's own functions take Variables: `__array__`, which every Variable has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

variable_attributes: dict[str, Callable[[Any], Any]] = {}
