"""Kernels of what steers the flow of values and gradients."""

from __future__ import annotations

from .transforms import stop_gradient

__all__ = ["stop_gradient"]  # by its standing here `contract.collect` takes it, though another file defines it
