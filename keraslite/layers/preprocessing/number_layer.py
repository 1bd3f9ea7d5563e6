"""`NumberLayer`: the base of layers that prepare numbers, on the engine of their inputs."""

from __future__ import annotations

from keraslite.layers.on_host import arrays
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.layers.preprocessing.types import Nest

__all__ = ["NumberLayer"]


class NumberLayer(DataLayer):
    """A layer that takes lists of numbers too, as the layers that prepare texts take lists of texts."""

    def __call__(self, *args: Nest, **kwargs: Nest) -> Nest:
        if any(isinstance(x, (list, tuple)) for x in (*args, *kwargs.values())):
            args = tuple(_listed(x) for x in args)
            kwargs = {name: _listed(x) for name, x in kwargs.items()}
        return super().__call__(*args, **kwargs)


def _listed(x: object) -> object:
    return arrays(x) if isinstance(x, (list, tuple)) else x
