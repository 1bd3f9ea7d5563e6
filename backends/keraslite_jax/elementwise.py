"""Kernels of this family on jax."""

from __future__ import annotations
