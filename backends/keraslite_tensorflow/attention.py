"""Attention on TensorFlow: the ops' own bodies."""

from __future__ import annotations
