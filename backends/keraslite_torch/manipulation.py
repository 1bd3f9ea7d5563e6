"""Kernels of this family on torch."""

from __future__ import annotations
