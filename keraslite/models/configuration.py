"""Functional models as plain data in Keras 3's format, and drawn again from it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from keraslite import serialization, tree
from keraslite.errors import KerasliteError, SerializationError
from keraslite.layers.core.input_layer import InputLayer
from keraslite.models import op_nodes
from keraslite.models.compiled_graph import calls_inferred_once
from keraslite.models.graph import Graph
from keraslite.models.mask_nodes import MaskNodes, without_found
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import Node, SymbolicTensor, node_of

if TYPE_CHECKING:
    pass

_T = TypeVar("_T")
Made: TypeAlias = dict[tuple[str, int], list[SymbolicTensor]]
History: TypeAlias = Callable[[SymbolicTensor], list[Any]]
_OWN_KEYS = ("name", "trainable", "layers", "input_layers", "output_layers")


def functional_config(model: Any) -> dict[str, object]:
    """`{"name", "trainable", "layers", "input_layers", "output_layers"}`."""
    graph: Graph = model._own.graph
    names = _names(graph)
    calls: dict[int, list[Node]] = {id(x): [x] for x in graph.entries if isinstance(x, Node)}
    for node in _in_order_of_calls(graph):
        if graph.owner(node) is not node:
            calls.setdefault(id(node.operation), []).append(node)
    for x in graph.inputs:  # inputs that nothing uses
        node = node_of(x)
        calls.setdefault(id(node.operation), [node])
    place = {
        (id(node), i): [names[id(graph.owner(node))], index, i]
        for nodes in calls.values()
        for index, node in enumerate(nodes)
        for i in range(len(node.specs))
    }

    def history(x: SymbolicTensor) -> list[Any]:
        return list(place[(id(x.node), x.index)])

    def output(x: SymbolicTensor) -> list[Any]:
        name, index, i = history(x)
        return [name, index + _first_number(graph.owner(node_of(x))), i]

    layers = [
        _operation_config(owner, names[id(owner)], calls.get(id(owner), []), graph.masks, history)
        for owner in graph.entries
    ]
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map(history, model._own.inputs),
        "output_layers": tree.map(output, model._own.outputs),
    }


def _names(graph: Graph) -> dict[int, str]:
    """What the file calls each layer and op: ops by their own names, or by others if those are taken."""
    names = {id(x): x.name for x in graph.operations if not isinstance(x, Node)}
    taken = set(names.values())
    own = {id(x) for x in graph.operations}
    nodes = [x for x in graph.entries if isinstance(x, Node)]
    for node in sorted(nodes, key=lambda node: id(node) not in own):  # those that make masks come last
        base: Any = node.operation.op.name if id(node) not in own else node.name
        choices = itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
        names[id(node)] = next(name for name in choices if name not in taken)
        taken.add(names[id(node)])
    return names


def _first_number(owner: object) -> int:
    """The number of the first call among those of an output: in Keras drawing a functional model counts as one."""
    return getattr(owner, "_first_number", 0)


def _in_order_of_calls(graph: Graph) -> list[Node]:
    """Nodes so that the calls of a shared layer come in the order in which they were made, as far as known."""
    return sorted(graph.nodes, key=_call_number)


def _call_number(node: Node) -> int:
    made = list(getattr(node.operation, "_inbound_nodes", ()))
    return next((i for i, other in enumerate(made) if other is node), 0)


def _operation_config(
    owner: object, name: str, nodes: list[Node], masks: MaskNodes, history: History
) -> dict[str, object]:
    if isinstance(owner, Node):
        config, args, kwargs = op_nodes.to_config(owner, name)
        inbound = [_call_config(name, args, kwargs, history)]
        config["config"] = {key: _plain(name, value) for key, value in config["config"].items()}
    else:
        config = serialization.serialize(owner)
        called = [(node.args, {**node.kwargs, **masks.arguments.get(id(node), {})}) for node in nodes if node.inputs]
        inbound = [_call_config(name, args, kwargs, history) for args, kwargs in called]
    return {**config, "name": name, "inbound_nodes": inbound}


def _call_config(name: str | None, args: tuple, kwargs: dict[str, object], history: History) -> dict[str, object]:
    def written(x: object) -> object:
        if isinstance(x, SymbolicTensor):
            config = {"shape": list(x.shape), "dtype": x.dtype, "keras_history": history(x)}
            return {"class_name": "__keras_tensor__", "config": config}
        return _plain(name, x)

    return {"args": _nest(args, written), "kwargs": {key: _nest(value, written) for key, value in kwargs.items()}}


def _nest(value: object, leaf: Callable[[object], object]) -> object:
    """`value` with tuples as lists, as JSON has it."""
    if isinstance(value, (list, tuple)):
        return [_nest(item, leaf) for item in value]
    if isinstance(value, dict):
        return {key: _nest(item, leaf) for key, item in value.items()}
    return leaf(value)


def _plain(name: str | None, value: object) -> object:
    sizes = value if isinstance(value, (list, tuple)) else (value,)
    sizes = [part for x in sizes for part in ((x.start, x.stop, x.step) if isinstance(x, slice) else (x,))]
    unknown = [i for i, x in enumerate(sizes) if isinstance(x, Dimension)]
    if not unknown:
        return serialization.serialize(value)
    if len(unknown) == 1 and isinstance(value, (list, tuple)) and name is not None and name.startswith("reshape"):
        return [-1 if isinstance(x, Dimension) else x for x in value]
    raise SerializationError(
        f"A file needs numbers. Received the call {name!r} with the unknown size {sizes[unknown[0]]}. "
        "Do this inside a layer's `call`, or use a single -1 in `reshape`."
    )


# ---- reading ----------------------------------------------------------------------------------------------------


def functional_from_config(
    cls: object, config: dict[str, object], custom_objects: dict[str, object] | None = None
) -> object:
    """A model of class `cls` from what `functional_config` wrote."""
    try:
        with calls_inferred_once():
            return _read(cls, config, custom_objects)
    except KerasliteError:
        raise
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        what = f"has no {error}" if isinstance(error, KeyError) else f"is damaged: {error}"
        raise SerializationError(f"The config of the functional model {config.get('name')!r} {what}.") from error


def _read(cls: Any, config: dict[str, Any], custom_objects: dict[str, Any] | None) -> Any:
    operations: dict[str, Any] = {}
    waiting: dict[str, list[dict[str, Any]]] = {}
    made: dict[tuple[str, int], list[SymbolicTensor]] = {}
    for entry in _entries(config, "layers"):
        name = entry["config"].get("name") or entry["name"]
        if op_nodes.is_op(entry.get("module")):
            operations[name] = op_nodes.from_config(entry)
        else:
            layer = serialization.deserialize(
                {k: v for k, v in entry.items() if k not in ("name", "inbound_nodes")}, custom_objects=custom_objects
            )
            operations[name] = layer
            if isinstance(layer, InputLayer):
                made[(name, 0)] = [layer.output]
        waiting[name] = list(_entries(entry, "inbound_nodes"))
    _make_calls(operations, waiting, made)

    def find(place: object) -> SymbolicTensor:
        return _tensor(made, place)

    outputs = _numbered_as_calls(config["output_layers"], operations, waiting)
    plain = {key: value for key, value in config.items() if key not in _OWN_KEYS}
    model = cls(
        inputs=_places(config["input_layers"], find), outputs=_places(outputs, find), name=config.get("name"), **plain
    )
    if not config.get("trainable", True):
        model._own.trainable = False
    return model


def _numbered_as_calls(outputs: Any, operations: dict[str, Any], waiting: dict[str, list[Any]]) -> Any:
    """`output_layers` with the number that each call has in its layer's list.

    Version 0.1.0 wrote these. Read as Keras's, such a file has outputs without a call, or calls that no output needs.
    """
    needed: list[Any] = []

    def number(place: Any) -> list[Any]:
        needed.append([place[0], place[1] - _first_number(operations.get(place[0])), place[2]])
        return needed[-1]

    found = _places(outputs, number)
    if any(index < 0 for _, index, _ in needed):
        return outputs
    reached: set[tuple[str, int]] = set()
    while needed:
        name, index = needed.pop()[:2]
        calls = waiting.get(name, [])
        if (name, index) not in reached and index < len(calls):
            needed += _histories([calls[index]["args"], calls[index]["kwargs"]])
        reached.add((name, index))
    made = {(name, index) for name, calls in waiting.items() for index in range(len(calls))}
    return found if made <= reached else outputs


def _make_calls(operations: dict[str, Any], waiting: dict[str, list[dict[str, Any]]], made: Made) -> None:
    """Make every recorded call when its inputs exist, whatever the order of the layers; calls of one layer in theirs.

    It is as if the layers were gone through again and again, and each made the calls that it can. But each call is
    looked at only when the last of what it waits for is there.
    """
    order = {name: place for place, name in enumerate(waiting)}
    calls = {(name, index): call for name, each in waiting.items() for index, call in enumerate(each)}
    missing: dict[tuple[str, int], int] = {}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    ready: list[tuple[int, int, int, str]] = []  # number of the round, place of the layer, number of the call
    for key, call in calls.items():
        name, index = key
        needed = {(h[0], h[1]) for h in _histories([call["args"], call["kwargs"]])}
        if not needed:
            raise SerializationError(f"The call {index} of {name!r} needs an input. Received none in the file.")
        needed = {place for place in needed if place not in made} | ({(name, index - 1)} if index else set())
        missing[key] = len(needed)
        for place in needed:
            users.setdefault(place, []).append(key)
        if not needed:
            ready.append((0, order[name], index, name))
    heapq.heapify(ready)
    left = len(calls)
    while ready:
        turn, place, index, name = heapq.heappop(ready)
        _make_call(operations[name], name, index, calls[name, index], made)
        left -= 1
        for user in users.get((name, index), ()):
            missing[user] -= 1
            if not missing[user]:
                at = order[user[0]]
                heapq.heappush(ready, (turn if at >= place else turn + 1, at, user[1], user[0]))
    if left:
        stuck = [name for name, index in calls if (name, index) not in made]
        raise SerializationError(f"The file has calls that wait for each other or for what is missing: {stuck[:10]}.")


def _make_call(operation: Any, name: str, index: int, call: dict[str, Any], made: Made) -> None:
    args, kwargs = _arguments(call, made)
    result = operation(*args, **without_found(operation, args, kwargs))
    outputs = made[name, index] = [x for x in tree.leaves(result) if isinstance(x, SymbolicTensor)]
    if outputs and outputs[0].node is not None and outputs[0].node.name is None:
        outputs[0].node.name = name


def _entries(config: dict[str, object], key: str) -> list[dict[str, Any]]:
    entries = config.get(key)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SerializationError(
            f"A functional model's config needs a list of dicts as {key!r}. Received {entries!r:.100}."
        )
    return entries


def _histories(value: object) -> list[Any]:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return [value["config"]["keras_history"]]
        return [h for item in value.values() for h in _histories(item)]
    return [h for item in value for h in _histories(item)] if isinstance(value, list) else []


def _tensor(made: Made, place: Any) -> SymbolicTensor:
    try:
        return made[(place[0], place[1])][place[2]]
    except (KeyError, IndexError, TypeError):
        raise SerializationError(f"The file names the output {place!r} of a call it does not have.") from None


def _arguments(call: dict[str, Any], made: Made) -> tuple[list[object], dict[str, object]]:
    def read(value: object) -> object:
        if isinstance(value, dict):
            if value.get("class_name") == "__keras_tensor__":
                return _tensor(made, value["config"]["keras_history"])
            if "class_name" in value:
                return serialization.deserialize(value)
            return {key: read(item) for key, item in value.items()}
        return [read(item) for item in value] if isinstance(value, list) else value

    return [read(arg) for arg in call["args"]], {key: read(value) for key, value in call["kwargs"].items()}


def _places(value: Any, find: Callable[[Any], _T]) -> Any:
    if isinstance(value, (list, tuple)) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        return find(value)
    if isinstance(value, dict):
        return {key: _places(item, find) for key, item in value.items()}
    return [_places(item, find) for item in value]
