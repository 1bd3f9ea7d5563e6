"""Profiles of what runs, as files."""

from __future__ import annotations

import tensorflow as tf


def profile(folder: str):
    """XProf's files."""
    return tf.profiler.experimental.Profile(folder)
