"""A layer that is given to `Dataset.map`."""

from __future__ import annotations

import threading
from collections.abc import Callable

from keraslite.layers.base import Layer

__all__ = ["LayerOnHost"]


class LayerOnHost:
    """A layer as a function on the host. It is built with the first element, if it is not built yet."""

    def __init__(self, layer: Layer):
        self._layer = layer
        self._function: Callable[[object], object] | None = layer.on_host() if layer.built else None
        self._lock = threading.Lock()

    def __call__(self, inputs: object) -> object:
        if self._function is None:
            with self._lock:
                if self._function is None:
                    self._function = self._built(inputs)
        return self._function(inputs)

    def _built(self, inputs: object) -> Callable[[object], object]:
        if not self._layer.built:
            self._layer(inputs)
        return self._layer.on_host()
