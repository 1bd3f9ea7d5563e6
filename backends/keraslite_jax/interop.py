"""What lets JAX's own functions take Variables: `__jax_array__`, which every Variable has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

variable_attributes: dict[str, Callable[[Any], Any]] = {}
