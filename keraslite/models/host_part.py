"""`HostPart`: the layers at the inputs of a graph that work on the host, and what is left of the graph without them."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite import ops, tree
from keraslite.backend import dtypes
from keraslite.models.graph import Graph
from keraslite.ops.symbolic import Node, SymbolicTensor

__all__ = ["Encoded", "HostPart", "host_part"]


class Encoded(list[Any]):
    """What the layers on the host made of a model's inputs. The model takes it in place of them."""


class HostPart:
    """A graph in two: its layers on the host, and the rest.

    Attributes:
        rest: the graph from what the layers on the host return to the outputs.
    """

    def __init__(self, inputs: list[SymbolicTensor], border: list[SymbolicTensor], outputs: Any):
        self._graph = Graph(inputs, border)
        self.rest = Graph(border, outputs)

    def __call__(self, values: list[Any]) -> list[Any]:
        """What the rest is given, for values of the inputs."""
        return [_on_engine(value) for value in self._graph(values)]

    def encoded(self, values: list[object]) -> Encoded:
        """The same, as NumPy arrays, without any use of the engine."""
        return Encoded(self._graph(values, _on_host))


def _on_engine(value: object) -> object:
    is_numbers = isinstance(value, np.ndarray) and dtypes.is_numeric(value.dtype)
    return ops.convert_to_tensor(value) if is_numbers else value


def _on_host(layer: Any, *args: Any, **kwargs: Any) -> object:
    return layer.on_host()(*args, **kwargs)


def host_part(graph: Graph) -> HostPart | None:
    """The layers on the host at the inputs of a graph; None if there are none."""
    on_host = {(id(x.node), x.index) for x in graph.inputs}
    found: list[Node] = []
    for node in graph.nodes:
        at_inputs = all((id(x.node), x.index) in on_host for x in node.inputs)
        if at_inputs and getattr(node.operation, "runs_on_host", False):
            on_host.update((id(node), i) for i in range(len(node.specs)))
            found.append(node)
    if not found:
        return None
    skipped = set(map(id, found))
    used = [x for node in graph.nodes if id(node) not in skipped for x in node.inputs]
    border: dict[tuple[int, int], SymbolicTensor] = {}
    for x in [*used, *tree.leaves(graph.outputs)]:
        slot = (id(x.node), x.index)
        if slot in on_host:
            border.setdefault(slot, x)
    return HostPart(list(graph.inputs), list(border.values()), graph.outputs)


tree.register(Encoded, lambda encoded: (tuple(encoded), None), lambda _, items: Encoded(items))
