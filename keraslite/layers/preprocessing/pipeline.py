"""`Pipeline`: several layers, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keraslite import ranges
from keraslite.layers.base import Layer
from keraslite.layers.preprocessing.data_layer import DataLayer
from keraslite.serialization import builtin

__all__ = ["Pipeline"]


@builtin("keras.layers")
class Pipeline(DataLayer):
    """Calls layers one after the other: a chain of preprocessing layers that is itself one.

    Unlike a `Sequential` model it runs on the engine of its inputs, as its layers do, so it works where data is made.

    Args:
        layers: a list of layers.
        name: the name of the layer. Default: None, one made from that of the class.

    Input:
        what the first layer takes.

    Output:
        what the last layer returns.

    Raises:
        ArgumentError: if `layers` is no list of layers.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> augment = layers.Pipeline([layers.RandomFlip("horizontal"), layers.Rescaling(1 / 255)])
        >>> augment.on_host()(np.full((1, 2, 2, 3), 255, "uint8")).max().item()
        1.0
    """

    is_weightless = True
    argument_checks = ranges.checks(
        layers=ranges.items(ranges.instance(Layer, "a layer", lambda: Layer())).saying("a list of layers"),
        name=ranges.text | None,
    )

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        self._pipeline_layers = list(layers)

    @property
    def layers(self) -> list[Layer]:
        """The layers, in their order."""
        return self._pipeline_layers

    def get_config(self) -> dict[str, Any]:
        """Return the layers and the name as plain data."""
        config = super().get_config()
        return {"layers": config["layers"], "name": config["name"]}

    def call(self, inputs: object, training: bool = True, mask: object = None) -> Any:
        """Return what the last layer returns.

        Args:
            inputs: what the first layer takes.
            training: whether the layers are being trained. Default: True.
            mask: the mask of the inputs. Default: None.
        """
        for layer in self._pipeline_layers:
            takes = layer._own.info.takes_training
            inputs = layer(inputs, training=training) if takes else layer(inputs)
        return inputs
