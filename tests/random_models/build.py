"""Models as plain data, built through the public API of whichever Keras is given.

A description is a dict:

    {"kind": "functional", "name": "net", "inputs": [{"name": "a", "shape": [None, 3], "dtype": "float32"}],
     "layers": {"l0": {"make": "layers.Dense", "with": {"units": 3}}, "l1": {"kind": "sequential", ...}},
     "nodes": [{"use": "l0", "args": [{"t": "a"}], "kwargs": {}, "to": ["t0"]},
               {"op": "ops.tanh", "args": [{"t": "t0"}], "kwargs": {}, "to": ["t1"]}],
     "in": nest of {"t": name}, "out": nest of {"t": name}}
    {"kind": "sequential", "name": "net", "inputs": [...] or [], "stack": ["l0"], "layers": {...}}

An object is {"make": "module.Class", "with": arguments}, a tuple {"tuple": [...]}, a slice {"slice": [...]}.
"""

from __future__ import annotations

import functools
import operator
from typing import Any


def value(k: Any, x: Any, tensors: dict[str, Any] | None = None) -> Any:
    """What the plain data `x` stands for."""
    if isinstance(x, list):
        return [value(k, item, tensors) for item in x]
    if not isinstance(x, dict):
        return x
    if "t" in x and len(x) == 1:
        assert tensors is not None
        return tensors[x["t"]]
    if "kind" in x:
        return model(k, x)
    if "make" in x:
        return functools.reduce(getattr, x["make"].split("."), k)(**value(k, x["with"], tensors))
    if "tuple" in x:
        return tuple(value(k, item, tensors) for item in x["tuple"])
    if "slice" in x:
        return slice(*x["slice"])
    return {key: value(k, item, tensors) for key, item in x.items()}


def model(k: Any, spec: dict[str, Any]) -> Any:
    """The model that `spec` describes."""
    if spec["kind"] == "sequential":
        return _sequential(k, spec)
    graph = Graph(k, spec)
    for node in spec["nodes"]:
        graph.add(node)
    return graph.model()


def _sequential(k: Any, spec: dict[str, Any]) -> Any:
    parts = [value(k, spec["layers"][key]) for key in spec["stack"]]
    if spec["inputs"]:
        parts.insert(0, entry(k, spec["inputs"][0]))
    net = k.Sequential(parts, name=spec["name"]) if spec.get("at once", True) else k.Sequential(name=spec["name"])
    if not spec.get("at once", True):
        for part in parts:
            net.add(part)
    _freeze(net, spec)
    return net


def entry(k: Any, one: dict[str, Any]) -> Any:
    """An input of a model."""
    return k.Input(tuple(one["shape"]), name=one["name"], dtype=one["dtype"])


def _freeze(net: Any, spec: dict[str, Any]) -> None:
    if spec.get("frozen"):
        net.trainable = False


class Graph:
    """A functional model while it is built."""

    def __init__(self, k: Any, spec: dict[str, Any]):
        self.k, self.spec = k, spec
        self.layers: dict[str, Any] = {}
        self.tensors = {one["name"]: entry(k, one) for one in spec["inputs"]}

    def layer(self, key: str) -> Any:
        """The layer of that key, made when it is used first."""
        if key not in self.layers:
            self.layers[key] = value(self.k, self.spec["layers"][key])
        return self.layers[key]

    def add(self, node: dict[str, Any]) -> list[Any]:
        """Call a layer or an op; the tensors it gives."""
        fill = functools.partial(value, self.k, tensors=self.tensors)
        args, kwargs = fill(node["args"]), fill(node["kwargs"])
        if "use" in node:
            function = self.layer(node["use"])
        else:
            where, _, name = node["op"].partition(".")
            function = getattr(operator if where == "operator" else self.k.ops, name)
        given = flat(function(*args, **kwargs))
        self.tensors.update(zip(node["to"], given, strict=True))
        return given

    def model(self) -> Any:
        """The model from `in` to `out`."""
        ends = [value(self.k, self.spec[part], self.tensors) for part in ("in", "out")]
        net = self.k.Model(*ends, name=self.spec["name"])
        _freeze(net, self.spec)
        return net


def flat(nest: Any) -> list[Any]:
    """The leaves of lists, tuples and dicts, these in the order of their sorted keys."""
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in flat(nest[key])]
    if isinstance(nest, (list, tuple)):
        return [leaf for item in nest for leaf in flat(item)]
    return [nest]


def like(nest: Any, leaves: Any) -> Any:
    """`nest`, of {"t": name}, with the next of the iterator `leaves` in each place, in the order of `flat`."""
    if isinstance(nest, dict) and "t" not in nest:
        if "tuple" in nest:
            return tuple(like(item, leaves) for item in nest["tuple"])
        filled = {key: like(nest[key], leaves) for key in sorted(nest)}
        return {key: filled[key] for key in nest}
    return [like(item, leaves) for item in nest] if isinstance(nest, list) else next(leaves)


def names(nest: Any) -> list[str]:
    """The tensors in a nest of {"t": name}, in the order of `flat`."""
    if isinstance(nest, dict) and "t" in nest:
        return [nest["t"]]
    if isinstance(nest, dict):
        if "tuple" in nest:
            return names(nest["tuple"])
        return [name for key in sorted(nest) for name in names(nest[key])]
    return [name for item in nest for name in names(item)] if isinstance(nest, list) else []
