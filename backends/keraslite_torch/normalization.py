"""Normalization on torch: the fused kernels, where they mean what the op means."""

from __future__ import annotations
