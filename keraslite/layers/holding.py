"""Layers whose configs hold other layers or functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.layers.base import Layer
from keraslite.serialization import CustomObjectScope


class Holding(Layer):
    """A layer whose config names classes or functions, which may be a user's."""

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Mapping[str, object] | None = None) -> Any:
        """Make a layer.

        Args:
            config: what `get_config` returned.
            custom_objects: classes and functions by the names that `config` has for them. Default: None.
        """
        with CustomObjectScope(custom_objects):
            return super().from_config(config)
