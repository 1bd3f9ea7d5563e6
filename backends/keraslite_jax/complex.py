"""Kernels of this family on jax."""

from __future__ import annotations

from typing import Any

from jax import lax


def view_as_complex(x: Any) -> Any:
    return lax.complex(x[..., 0], x[..., 1])
