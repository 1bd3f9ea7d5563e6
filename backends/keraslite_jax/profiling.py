"""Profiles of what runs, as files."""

from __future__ import annotations

import jax


def profile(folder: str):
    """XProf's files."""
    return jax.profiler.trace(folder)
