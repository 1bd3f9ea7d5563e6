"""`Function`: the computation between some symbolic tensors, without a model around it."""

from __future__ import annotations

from typing import Any, NoReturn

from keraslite import tree
from keraslite.errors import SerializationError
from keraslite.layers.operation import Operation
from keraslite.layers.shapes import map_shapes
from keraslite.models import inputs as matching
from keraslite.models.graph import Graph
from keraslite.ops.symbolic import SymbolicTensor, fresh

__all__ = ["Function"]


class Function(Operation):
    """The computation that leads from symbolic inputs to outputs, as a function of tensors.

    The layers in it keep their weights. Unlike a `Model` it may begin at any tensor of a graph, trains nothing and is
    not saved.

    Args:
        inputs: symbolic tensors, a nest; each stands for what the function is called with.
        outputs: a nest of symbolic tensors that depend on the inputs alone.
        name: a name without "/"; None makes one of the class's.

    Raises:
        ArgumentError: if the outputs depend on more than the inputs, and if it is called with something else than the
            inputs' structure and shapes.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> x = keras.Input((3,))
        >>> hidden = keras.layers.ReLU()(x - 1.0)
        >>> function = keras.Function(hidden, {"sum": keras.ops.sum(hidden, axis=-1)})
        >>> function.compute_output_spec(keras.KerasTensor((5, 3)))["sum"].shape
        (5,)
    """

    def __init__(self, inputs: object, outputs: object, name: str | None = None):
        super().__init__(name=name)
        matching.check_symbolic(inputs, outputs, "Function")
        self._inputs_struct, self._outputs_struct = tree.map(lambda x: x, inputs), outputs
        self._graph = Graph(tree.leaves(inputs), outputs)

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs as a flat list."""
        return list(self._graph.inputs)

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs as a flat list."""
        return tree.leaves(self._graph.outputs)

    @property
    def operations(self) -> list[Any]:
        """Layers, operations and recorded ops in the order in which they run."""
        return list(self._graph.operations)

    def call(self, inputs: object) -> Any:
        """Compute the outputs for tensors in the place of the inputs.

        Args:
            inputs: tensors, nested like the function's inputs.

        Returns:
            Tensors, nested like the function's outputs.
        """
        return self._graph(matching.match(self._inputs_struct, inputs, self.name, "Function"))

    def compute_output_spec(self, inputs: object) -> Any:
        """Return symbolic outputs for symbolic inputs.

        Args:
            inputs: symbolic tensors, nested like the function's inputs.

        Returns:
            Symbolic tensors, nested like the function's outputs.
        """
        return fresh(self.call(inputs))

    def compute_output_shape(self, input_shape: object) -> Any:
        """Return the shapes of the outputs for shapes of the inputs.

        Args:
            input_shape: shapes, nested like the function's inputs; None for unknown sizes.

        Returns:
            Shapes as tuples, nested like the function's outputs.
        """
        dtypes = iter([x.dtype for x in self.inputs])
        given = map_shapes(lambda shape: SymbolicTensor(shape, next(dtypes)), input_shape)
        return tree.map(lambda x: x.shape, self.compute_output_spec(given))

    def get_config(self) -> NoReturn:
        """Raise an error: what is between two tensors is no data of its own.

        Raises:
            SerializationError: always.
        """
        raise SerializationError("`Function` has no config. Use `keraslite.Model(inputs, outputs)`, which is saved.")
