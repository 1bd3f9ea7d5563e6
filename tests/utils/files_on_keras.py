"""Files and folders by real Keras, for tests to compare with. Runs in Keras's own process."""

from __future__ import annotations

import os
from typing import Any

import keras


def get_file(options: dict[str, Any], folder: str) -> str:
    """The path that Keras's `get_file` gives."""
    os.makedirs(folder)
    return keras.utils.get_file(**options, cache_dir=folder)
