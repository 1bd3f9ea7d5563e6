"""`clone_model`: the same architecture with fresh weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite import serialization, tree
from keraslite.errors import ArgumentError
from keraslite.layers.base import Layer
from keraslite.layers.core.input_layer import Input
from keraslite.layers.operation import Operation
from keraslite.models.model import Model
from keraslite.models.sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable | None = None,
    call_function: Callable | None = None,
    recursive: bool = False,
) -> Model:
    """Return a model of the same architecture with new layers and new initial weights.

    Args:
        model: a functional or `Sequential` model; a subclassed model is made again from its config.
        input_tensors: symbolic tensors that are the inputs of the new model, a nest of the structure of the model's
            inputs. Default: None, new inputs of the same shapes.
        clone_function: a function of a layer that returns the layer to use instead. Default: None, which makes the
            layer again from its config.
        call_function: a function `(layer, *args, **kwargs)` that returns the outputs of a new layer, for functional
            models. Default: None, which calls the layer.
        recursive: whether the layers of nested models are given to `clone_function` one by one. Default: False.

    Returns:
        A model of the same class.

    Raises:
        ArgumentError: if `clone_function` returns no layer, or if it or `input_tensors` is given for a subclassed
            model.

    Example:
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        >>> clone = keras.models.clone_model(model)
        >>> clone.output_shape, clone.layers[0] is model.layers[0]
        ((None, 2), False)
    """

    def clone(layer: Layer) -> Layer:
        if recursive and isinstance(layer, Model) and layer._own.graph is not None:
            return clone_model(layer, clone_function=clone_function, call_function=call_function, recursive=True)
        made = clone_function(layer) if clone_function is not None else serialization.again(layer)
        if not isinstance(made, Layer):
            raise ArgumentError(f"`clone_function` needs to return a layer. Received {made!r} for {layer.name!r}.")
        return made

    graph = model._own.graph
    if graph is None and not isinstance(model, Sequential):
        if clone_function is not None or input_tensors is not None:
            raise ArgumentError(
                "`clone_model` needs a functional or Sequential model for `clone_function` and `input_tensors`. "
                f"Received the subclassed model {model.name!r}."
            )
        return serialization.again(model)
    if graph is None or isinstance(model, Sequential):
        layers = [clone(layer) for layer in model.layers]
        if graph is not None:
            first = input_tensors if input_tensors is not None else _same_input(model._own.inputs)
            layers.insert(0, tree.leaves(first)[0])
        return type(model)(layers, name=model.name, trainable=model.trainable)
    inputs = tree.map(_same_input, model._own.inputs) if input_tensors is None else input_tensors
    cloned: dict[int, Any] = {}
    how = call_function

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(layer, Operation):  # an op
            return layer(*args, **kwargs)
        if id(layer) not in cloned:
            cloned[id(layer)] = clone(layer) if isinstance(layer, Layer) else serialization.again(layer)
        made = cloned[id(layer)]
        if how is None or not isinstance(layer, Layer):
            return made(*args, **kwargs)
        return how(made, *args, **kwargs)

    outputs = graph(tree.leaves(inputs), call=call)
    return type(model)(inputs, outputs, name=model.name)


def _same_input(x: Any) -> object:
    return Input(batch_shape=x.shape, dtype=x.dtype, name=x.node.operation.name)
