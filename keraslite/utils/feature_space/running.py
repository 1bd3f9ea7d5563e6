"""Running any layer on the host."""

from __future__ import annotations

from keraslite.layers import Layer
from keraslite.layers.preprocessing.data_layer import DataLayer, on_host
from keraslite.layers.preprocessing.types import Nest

__all__ = ["run"]


def run(layer: Layer, inputs: Nest) -> Nest:
    """The outputs of a layer for NumPy arrays, as NumPy arrays. The engine is not used."""
    if layer.runs_on_host:
        return layer.call(inputs)
    return on_host(layer)(inputs) if isinstance(layer, DataLayer) else layer.on_host()(inputs)
