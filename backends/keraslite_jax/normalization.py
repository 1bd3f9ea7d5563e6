"""Normalization on JAX: XLA fuses the ops' own bodies."""

from __future__ import annotations
