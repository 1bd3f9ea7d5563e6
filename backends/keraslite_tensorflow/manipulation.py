"""Kernels of this family on tensorflow."""

from __future__ import annotations
