"""Attention on NumPy: the ops' own bodies."""

from __future__ import annotations
