"""Kernels of this family on numpy."""

from __future__ import annotations
