"""`HostPart`: the layers of a graph that work on the host, and what is left of the graph without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from keraslite import ops, tree
from keraslite.backend import dtypes, registry
from keraslite.layers.base import Layer
from keraslite.layers.on_host import OnHost, apart
from keraslite.layers.preprocessing.types import Nest
from keraslite.models.graph import Graph
from keraslite.models.inputs import match
from keraslite.models.state import ModelState
from keraslite.ops.symbolic import Node, SymbolicTensor

__all__ = ["Encoded", "HostPart", "dtype_of", "host_part", "left_in_steps", "starts_on_host"]

Slot = tuple[int, int]  # (id of a node, index of its output)


class Encoded(list[Nest]):
    """What the layers on the host made of a model's inputs. The model takes it in place of them."""


class HostPart:
    """A graph in two: its layers on the host with all that they need, and the rest.

    Attributes:
        rest: the graph from what the layers on the host return to the outputs.
        whole: the layers that are called on the host alone.
    """

    def __init__(self, inputs: list[SymbolicTensor], border: list[SymbolicTensor], outputs: Nest, found: list[Node]):
        self._graph = Graph(inputs, border)
        self.rest = Graph(border, outputs)
        self.whole = [node.operation for node in found]
        self._functions: dict[int, Callable[..., object]] = {}

    def __call__(self, values: list[Nest]) -> list[Nest]:
        """What the rest is given, for values of the inputs."""
        return [_on_engine(value) for value in self._graph(values)]

    def encoded(self, values: list[object]) -> Encoded:
        """The same, as NumPy arrays, without any use of the engine."""
        return Encoded(self._graph(values, self._on_host))

    def _on_host(self, operation: Nest, *args: Nest, **kwargs: Nest) -> object:
        if not isinstance(operation, Layer):
            with apart(registry.host()):
                return tree.map(np.asarray, operation(*args, **kwargs))
        function = self._functions.get(id(operation))
        if function is None:
            function = self._functions[id(operation)] = OnHost(operation)
        return function(*args, **kwargs)

    def __getstate__(self) -> dict[str, object]:
        """Copies make the functions anew."""
        return {**vars(self), "_functions": {}}


def _on_engine(value: object) -> object:
    is_numbers = isinstance(value, np.ndarray) and dtypes.is_numeric(value.dtype)
    return ops.convert_to_tensor(value) if is_numbers else value


def host_part(graph: Graph) -> HostPart | None:
    """The layers of a graph that work on the host, with all that they need; None if there are none.

    What needs the outputs of trained weights stays: it cannot be computed before the step.
    """
    if not any(_is_host(node) or _host_of(node) for node in graph.nodes):
        return None
    graph = _opened(graph)
    free = {(id(x.node), x.index) for x in graph.inputs}  # what can be computed from the inputs alone
    for node in graph.nodes:
        if all(_slot(x) in free for x in node.inputs) and _is_fixed(node):
            free.update(_slots(node))
    needed: set[Slot] = set()
    found: list[Node] = []
    for node in reversed(graph.nodes):
        own = set(_slots(node))
        if own <= free and (_is_host(node) or own & needed) and node.inputs:
            needed.update(_slot(x) for x in node.inputs)
            found.append(node)
    if not found:
        return None
    skipped = set(map(id, found))
    made = {slot for node in found for slot in _slots(node)} | {_slot(x) for x in graph.inputs}
    used = [x for node in graph.nodes if id(node) not in skipped for x in node.inputs]
    border: dict[Slot, SymbolicTensor] = {}
    for x in [*used, *tree.leaves(graph.outputs)]:
        if isinstance(x, SymbolicTensor) and _slot(x) in made:
            border.setdefault(_slot(x), x)
    return HostPart(list(graph.inputs), list(border.values()), graph.outputs, found)


def left_in_steps(layer: Layer) -> bool:
    """Whether a layer, or a model, calls layers on the host that are no part of what runs before its steps."""
    own = layer._own
    if not isinstance(own, ModelState) or own.graph is None or not getattr(layer, "_calls_graph", False):
        found = [inner for inner in layer._flatten_layers() if inner.runs_on_host]
        return any(not layer.built or getattr(inner._own, "is_inner", True) for inner in found)
    rest = own.graph if own.host is None else own.host.rest
    made = {id(x.node) for x in rest.inputs}
    return any(id(node) not in made and isinstance(node.operation, Layer) and _is_left(node) for node in rest.nodes)


def _is_left(node: Node) -> bool:
    if _is_host(node) or (_host_of(node) is not None and not isinstance(node.args[0], Encoded)):
        return True
    return left_in_steps(node.operation)


def starts_on_host(layer: Layer) -> bool:
    """Whether a `Sequential` that begins with this layer begins on the host."""
    return layer.runs_on_host or bool(getattr(layer, "_takes_encoded", False))


def dtype_of(inputs: np.ndarray) -> str:
    """The dtype of a symbolic input for an array."""
    return "string" if dtypes.is_text(inputs) else str(inputs.dtype)


def _is_host(node: Node) -> bool:
    return bool(getattr(node.operation, "runs_on_host", False))


def _is_fixed(node: Node) -> bool:
    """Whether a call gives the same before the step as in it: nothing in it is trained, drawn or changed there."""
    layer = node.operation
    if not isinstance(layer, Layer):
        return True
    return not layer.trainable_variables and not layer._own.info.training_index >= 0 and layer.built


def _host_of(node: Node) -> HostPart | None:
    """The part on the host of a model that is called; None for other calls."""
    layer = node.operation
    return layer._own.host if getattr(layer, "_takes_encoded", False) else None


def _slot(x: SymbolicTensor) -> Slot:
    return id(x.node), x.index


def _slots(node: Node) -> Iterator[Slot]:
    return ((id(node), index) for index in range(len(node.specs)))


# ---- models in models -----------------------------------------------------------------------------------------------


def _opened(graph: Graph) -> Graph:
    """The same graph, with the layers on the host of models in it beside these models, which take what is encoded."""
    if not any(_host_of(node) for node in graph.nodes):
        return graph
    known: dict[Slot, SymbolicTensor] = {_slot(x): x for x in graph.inputs}
    for node in graph.nodes:
        if all(slot in known for slot in _slots(node)):
            continue
        args, kwargs = tree.map(lambda x: _known(x, known), (node.args, node.kwargs))
        inner = _host_of(node)
        if inner is not None:
            values = match(node.operation._own.inputs, args[0], node.operation.name)
            args = (Encoded(_copied(inner._graph, values)), *args[1:])
        _record(node, args, kwargs, known)
    return Graph(list(graph.inputs), tree.map(lambda x: _known(x, known), graph.outputs))


def _copied(graph: Graph, values: list[Nest]) -> list[Nest]:
    """The outputs of a graph for other symbolic inputs. No layer is called."""
    known = {_slot(x): value for x, value in zip(graph.inputs, values, strict=True)}
    for node in graph.nodes:
        if not all(slot in known for slot in _slots(node)):
            args, kwargs = tree.map(lambda x: _known(x, known), (node.args, node.kwargs))
            _record(node, args, kwargs, known)
    return [_known(x, known) for x in tree.leaves(graph.outputs)]


def _record(node: Node, args: tuple[Nest, ...], kwargs: dict[str, Nest], known: dict[Slot, SymbolicTensor]) -> None:
    """Record the same call on other arguments."""
    outputs = tree.map(_anew, node.outputs)  # without masks: layers find them when they are called
    Node(node.operation, args, kwargs, outputs).name = node.name
    found = [x for x in tree.leaves(outputs) if isinstance(x, SymbolicTensor)]
    for slot, x in zip(_slots(node), found, strict=True):
        known[slot] = x


def _anew(x: object) -> object:
    return SymbolicTensor(x.dims, x.dtype) if isinstance(x, SymbolicTensor) else x


def _known(x: object, known: dict[Slot, SymbolicTensor]) -> object:
    return known[_slot(x)] if isinstance(x, SymbolicTensor) else x


tree.register(Encoded, lambda encoded: (tuple(encoded), None), lambda _, items: Encoded(items))
