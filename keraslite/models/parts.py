"""The part of `Model` that is about what it is made of: layers, inputs, outputs, the summary."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from keraslite import tree
from keraslite.check import nearest
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.layers.base import Layer
from keraslite.models.graph import Graph
from keraslite.models.state import ModelState
from keraslite.models.summary import print_summary
from keraslite.ops.symbolic import SymbolicTensor, node_of
from keraslite.training.trainer import Trainer

if TYPE_CHECKING:
    from keraslite.models.model import Model


class ModelParts(Trainer):
    """Layers, inputs and outputs of a model."""

    _own: ModelState

    @property
    def layers(self) -> list[Layer]:
        """The layers directly in it; in a functional model in the order of the graph."""
        if self._own.graph is not None:
            return list(self._own.graph_layers)
        return self._flatten_layers(include_self=False, recursive=False)

    @property
    def operations(self) -> list[Any]:
        """Layers and recorded ops of a functional model in order."""
        return list(self._own.graph.operations) if self._own.graph is not None else self.layers

    @property
    def inputs(self) -> list[SymbolicTensor] | None:
        """The symbolic inputs as a flat list; None for a subclassed model."""
        return list(self._own.graph.inputs) if self._own.graph is not None else None

    @property
    def outputs(self) -> list[SymbolicTensor] | None:
        """The symbolic outputs as a flat list; None for a subclassed model."""
        return tree.leaves(self._own.graph.outputs) if self._own.graph is not None else None

    @property
    def input(self) -> Any:
        """The symbolic inputs as they were given."""
        return self._own.inputs if self._own.graph is not None else super().input

    @property
    def output(self) -> Any:
        """The symbolic outputs as they were given."""
        return self._own.outputs if self._own.graph is not None else super().output

    @property
    def input_shape(self) -> Any:
        """Shapes of `input`."""
        return tree.map(lambda x: x.shape, self.input)

    @property
    def output_shape(self) -> Any:
        """Shapes of `output`."""
        return tree.map(lambda x: x.shape, self.output)

    @property
    def input_names(self) -> list[str]:
        """Names of the inputs, in order."""
        return [layer.name for layer in self._graph_inputs()]

    def _graph_inputs(self) -> list[Layer]:
        """The input layers of a functional model, in order."""
        return [node_of(x).operation for x in self._own.graph.inputs] if self._own.graph is not None else []

    @property
    def output_names(self) -> list[str]:
        """Names of what makes the outputs: keys of a dict of outputs, else the layers' names, made unique."""
        if self._own.graph is None:
            return []
        if isinstance(self._own.outputs, dict):
            return sorted(self._own.outputs)
        names: list[str] = []
        for x in tree.leaves(self._own.graph.outputs):
            owner = Graph.owner(x.node)
            name, count = owner.name, 0
            while name in names:
                count += 1
                name = f"{owner.name}_{count}"
            names.append(name)
        return names

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return one of the layers by its name or its index.

        Args:
            name: the name of the layer. Default: None, which needs `index`.
            index: its index in `layers`; negative numbers count from the end. Default: None, which needs `name`.

        Raises:
            ArgumentError: if both or neither are given, or if there is no such index.
            UnknownNameError: if no layer has the name.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="head")])
            >>> model.get_layer("head").units, model.get_layer(index=-1).name
            (2, 'head')
        """
        if (name is None) == (index is None):
            raise ArgumentError(f"`get_layer` needs `name` or `index`. Received name={name!r}, index={index!r}.")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ArgumentError(f"Model {self.name!r} has {len(layers)} layers. Received index {index}.")
            return layers[index]
        names = [layer.name for layer in layers]
        if name not in names:
            raise UnknownNameError(
                f"Model {self.name!r} has no layer {name!r}.{nearest(name, names)} Its layers: {', '.join(names)}."
            )
        return layers[names.index(name)]

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print a table of the layers with their output shapes and numbers of weights.

        Args:
            line_length: the width of the table in characters. Default: None, that of the terminal, at most 120.
            positions: accepted for Keras's sake; it changes nothing.
            print_fn: a function that receives the whole text. Default: None, which prints it.
            expand_nested: whether to show the layers of nested models too. Default: False.
            show_trainable: whether to add a column that says which layers are trained. Default: False.
            layer_range: the names of the first and the last layer to show, or regular expressions that match the
                whole names. Default: None, all layers.

        Raises:
            ArgumentError: if `layer_range` is not two names of layers.

        Example:
            >>> import keraslite as keras
            >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
            >>> texts = []
            >>> model.summary(line_length=80, print_fn=texts.append)
            >>> "Total params: 8 (32.00 B)" in texts[0]
            True
        """
        print_summary(cast("Model", self), line_length, positions, print_fn, expand_nested, show_trainable, layer_range)
