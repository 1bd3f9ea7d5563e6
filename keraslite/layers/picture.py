"""A model as boxes and arrows, for those who draw it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from keraslite.layers.base import Layer
from keraslite.ops.symbolic import Node

__all__ = ["Box", "boxes"]

Dims = tuple[int | None, ...]


class Box(NamedTuple):
    """A layer or recorded op of a model.

    Attributes:
        name: that of the layer or op, which no other box of the model has.
        kind: the name of its class, or of the op.
        item: the layer, or the recorded call.
        inputs: the shapes of its input tensors; of all calls if there are several.
        outputs: the shapes of its output tensors.
        dtypes: the dtypes of its output tensors.
        sources: the names of the boxes that its inputs come from, each once.
    """

    name: str
    kind: str
    item: Any
    inputs: tuple[Dims, ...]
    outputs: tuple[Dims, ...]
    dtypes: tuple[str, ...]
    sources: tuple[str, ...]


def boxes(model: Any) -> list[Box]:
    """Return the boxes of a model, each after those that it gets its inputs from.

    The layers of a model without a graph stand in a row, as in a `Sequential` that has no shapes yet; those of a
    subclassed model have no arrows between them.
    """
    graph = getattr(model._own, "graph", None)
    if graph is None:
        return _row(model)
    found = []
    for operation in graph.operations:
        nodes = [node for node in graph.nodes if node is operation or node.operation is operation]
        inputs = [x for node in nodes for x in node.inputs]
        outputs = [spec for node in nodes for spec in node.specs]
        sources = dict.fromkeys(graph.owner(x.node).name for x in inputs)
        found.append(
            Box(
                operation.name,
                _kind(operation),
                operation,
                tuple(_plain(x.dims) for x in inputs),
                tuple(_plain(dims) for dims, _ in outputs),
                tuple(dtype for _, dtype in outputs),
                tuple(sources),
            )
        )
    return found


def _row(model: Any) -> list[Box]:
    found: list[Box] = []
    in_a_row = type(model).__name__ == "Sequential"
    for layer in model.layers:
        nodes = layer._inbound_nodes[-1:]
        sources = (found[-1].name,) if in_a_row and found else ()
        inputs = tuple(_plain(x.dims) for node in nodes for x in node.inputs)
        outputs = [spec for node in nodes for spec in node.specs]
        shapes, dtypes = tuple(_plain(dims) for dims, _ in outputs), tuple(dtype for _, dtype in outputs)
        found.append(Box(layer.name, _kind(layer), layer, inputs, shapes, dtypes, sources))
    return found


def _kind(operation: object) -> str:
    if isinstance(operation, Node):
        return operation.operation.op.name
    return type(operation).__name__


def _plain(dims: Iterable[object]) -> Dims:
    return tuple(d if isinstance(d, int) else None for d in dims)


def is_model(item: object) -> bool:
    """Whether a layer is a model, with boxes of its own."""
    return isinstance(item, Layer) and hasattr(item._own, "graph")
