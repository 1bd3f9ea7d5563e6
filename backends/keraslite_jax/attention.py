"""Attention on JAX: XLA fuses the op's own body."""

from __future__ import annotations
