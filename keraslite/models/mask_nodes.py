"""The masks that layers find at the tensors they are called with, as calls of ops in the graph of a model.

Keras keeps such masks in its graphs. A file has them as entries of their own, each given by name to the layers that use
it, and they count when layers are put in order. Our graphs need neither: layers find masks in each call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from keraslite import tree
from keraslite.layers.masks import fill_arguments
from keraslite.layers.tracking import part_kind
from keraslite.ops.dimension import Dimension
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

_NONE: dict[str, object] = {}


def found_masks(layer: Any, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, object]:
    """The mask arguments, nests of masks and None, that a layer finds by itself when it is called with these."""
    info = layer._own.info if part_kind(layer) == "layer" else None
    if info is None or not (info.takes_mask or info.masked_arguments):
        return _NONE
    filled = dict(kwargs)
    fill_arguments(info, args[0] if args else kwargs.get(info.first), args, filled)
    return {name: masks for name, masks in filled.items() if kwargs.get(name) is not masks}


class MaskNodes:
    """Masks as calls of ops on tensors of a graph.

    Args:
        nodes: the calls of the graph, each after those it needs.

    Attributes:
        arguments: by id of a layer's call, the masks it finds; those that are no ops on tensors of the graph, such as
            masks of layers inside a nested model, are left out.
    """

    def __init__(self, nodes: list[Node]):
        self._known = {id(node) for node in nodes}
        self._made: dict[int, tuple[Node, list[SymbolicTensor] | None]] = {}  # the node keeps its id its own
        self._casts: dict[tuple[int, int, str], SymbolicTensor] = {}
        self.arguments: dict[int, dict[str, object]] = {}
        for node in nodes:
            found = found_masks(node.operation, node.args, node.kwargs)
            written = {name: tree.map(self._tensor, masks) for name, masks in found.items()}
            kept = {name: masks for name, masks in written.items() if _whole(found[name], masks)}
            if kept:
                self.arguments[id(node)] = kept

    def inputs(self, node: Node) -> list[SymbolicTensor]:
        """The tensors that a call takes, its masks last."""
        masks = self.arguments.get(id(node))
        if masks is None:
            return node.inputs
        return [*node.inputs, *(x for x in tree.leaves(list(masks.values())) if x is not None)]

    def _tensor(self, x: object) -> SymbolicTensor | None:
        """The same as an op on tensors of the graph; None where it is none."""
        if not isinstance(x, SymbolicTensor):
            return None
        if x.node is None:
            if x.origin is None or x.origin.dtype == x.dtype:
                return None if x.origin is None else self._tensor(x.origin)
            source = self._tensor(x.origin)
            return None if source is None else self._cast(source, x.dtype)
        if id(x.node) in self._known:
            return x
        tensors = self._tensors(x.node)
        return None if tensors is None else tensors[x.index]

    def _cast(self, x: SymbolicTensor, dtype: str) -> SymbolicTensor:
        key = (id(x.node), x.index, dtype)
        if key not in self._casts:
            self._casts[key] = OPS["cast"](x, dtype)
        return self._casts[key]

    def _tensors(self, node: Node) -> list[SymbolicTensor] | None:
        """What a call of an op gives, computed from tensors of the graph."""
        if id(node) not in self._made:
            self._made[id(node)] = (node, self._copy(node) if _is_writable(node) else None)
        return self._made[id(node)][1]

    def _copy(self, node: Node) -> list[SymbolicTensor] | None:
        leaves, structure = tree.split((node.args, node.kwargs))
        own = [self._tensor(x) if isinstance(x, SymbolicTensor) else x for x in leaves]
        if any(new is None and old is not None for new, old in zip(own, leaves, strict=True)):
            return None
        args, kwargs = tree.unflatten(structure, own)
        outputs = fresh(node.outputs)
        Node(node.operation, args, kwargs, outputs)
        return [x for x in tree.leaves(outputs) if isinstance(x, SymbolicTensor)]


def _whole(found: object, written: object) -> bool:
    """Whether none of the masks was lost, and there is one."""
    pairs = list(zip(tree.leaves(found), tree.leaves(written), strict=True))
    return all(new is not None or old is None for old, new in pairs) and any(new is not None for _, new in pairs)


def _is_writable(node: Node) -> bool:
    """Whether a file can hold the call of an op: it has tensors, and no sizes that are not known."""
    op = getattr(node.operation, "op", None)
    if op is None or not node.inputs:
        return False
    if op.name == "get_item" and any(isinstance(x, list) for x in node.args):
        return False
    leaves = tree.leaves((node.args, node.kwargs))
    parts = [part for x in leaves for part in ((x.start, x.stop, x.step) if isinstance(x, slice) else (x,))]
    unknown = sum(isinstance(x, Dimension) for x in parts)
    return unknown == 0 or (unknown == 1 and op.name == "reshape")


# ---- reading ----------------------------------------------------------------------------------------------------


def without_found(layer: Any, args: Iterable[object], kwargs: dict[str, object]) -> dict[str, object]:
    """The arguments of a call in a file without masks that the layer finds by itself."""
    info = layer._own.info if part_kind(layer) == "layer" else None
    if info is None:
        return kwargs
    given = {
        name: x for name, x in kwargs.items() if (name == "mask" and info.takes_mask) or name in info.masked_arguments
    }
    if not given:
        return kwargs
    found = found_masks(layer, tuple(args), {name: x for name, x in kwargs.items() if name not in given})
    same = {name for name, x in given.items() if name in found and _same_nest(found[name], x)}
    return {name: x for name, x in kwargs.items() if name not in same}


def _same_nest(found: object, given: object) -> bool:
    return _same(found, given, {})


def _same(found: Any, given: Any, known: dict[tuple[int, int], bool]) -> bool:
    """Whether both are the same computations on the same tensors. JSON has no tuples."""
    if isinstance(found, (list, tuple)):
        alike = isinstance(given, (list, tuple)) and len(found) == len(given)
        return alike and all(_same(x, y, known) for x, y in zip(found, given, strict=True))
    if isinstance(found, dict):
        alike = isinstance(given, dict) and found.keys() == given.keys()
        return alike and all(_same(x, given[key], known) for key, x in found.items())
    if not isinstance(found, SymbolicTensor) or not isinstance(given, SymbolicTensor):
        return _same_value(found, given)
    key = (id(found), id(given))
    if key not in known:
        known[key] = _same_tensor(found, given, known)
    return known[key]


def _same_tensor(found: SymbolicTensor, given: SymbolicTensor, known: dict[tuple[int, int], bool]) -> bool:
    if found.node is None:
        origin = found.origin
        if origin is None or origin.dtype == found.dtype:
            return origin is not None and _same(origin, given, known)
        cast = given.node is not None and _op_name(given.node) == "cast" and given.dtype == found.dtype
        return cast and _same(origin, given.node.args[0], known)  # type: ignore[union-attr]
    if given.node is None or found.index != given.index:
        return False
    if found.node is given.node:
        return True
    name = _op_name(found.node)
    same_op = name is not None and name == _op_name(given.node)
    return same_op and _same([found.node.args, found.node.kwargs], [given.node.args, given.node.kwargs], known)


def _op_name(node: Node) -> str | None:
    return getattr(getattr(node.operation, "op", None), "name", None)


def _same_value(found: Any, given: Any) -> bool:
    if isinstance(found, Dimension):
        return isinstance(given, Dimension) or given == -1
    if isinstance(found, np.ndarray) or isinstance(given, np.ndarray):
        return np.array_equal(found, given)
    return type(found) is type(given) and bool(found == given)
