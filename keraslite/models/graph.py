"""The graph of recorded calls between some symbolic inputs and outputs, and running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite import naming, tree
from keraslite.errors import ArgumentError
from keraslite.layers.base import Layer
from keraslite.layers.operation import Operation
from keraslite.models.mask_nodes import MaskNodes
from keraslite.ops.arguments import dims_of
from keraslite.ops.dimension import Dimension, Symbol, substitute
from keraslite.ops.symbolic import Node, SymbolicTensor

Slot = tuple[int, int]  # (id of a node, index of its output)
Inputs = Callable[[Node], list[SymbolicTensor]]


class Graph:
    """Calls in an order in which they can run.

    Args:
        inputs: symbolic tensors that the caller gives values for.
        outputs: a nest of symbolic tensors.

    Attributes:
        nodes: the calls, each after those it needs.
        operations: layers, and for an op the call itself, by depth from the outputs (farthest first), as Keras
            lists them: weight files number layers of a class in this order.
        entries: the same and, where Keras has them, the ops that make masks.
        masks: the masks that calls of layers find, as tensors of those ops.
    """

    def __init__(self, inputs: list[SymbolicTensor], outputs: object):
        self.inputs, self.outputs = inputs, outputs
        self._given = {_slot(x) for x in inputs}
        self._keep = [x.node for x in inputs]  # ids of nodes stay theirs as long as the graph lives
        found, _ = self._walk(_inputs)
        self.masks = MaskNodes(found)
        own = {id(node) for node in found}
        nodes, self.entries = self._sorted(self.masks.inputs if self.masks.arguments else _inputs)
        self.nodes = [node for node in nodes if id(node) in own]
        self.operations = [x for x in self.entries if not isinstance(x, Node) or id(x) in own]
        self._name_ops()
        self._compile()

    # ---- finding the calls --------------------------------------------------------------------------------------

    def _walk(self, inputs_of: Inputs) -> tuple[list[Node], dict[int, Node]]:
        """Every call that the outputs need: each after those it needs, and in the order of a depth-first walk from
        the outputs (callers first)."""
        seen: dict[int, Node] = {}
        done: dict[int, Node] = {}
        stack = [(x, False) for x in reversed(tree.leaves(self.outputs)) if isinstance(x, SymbolicTensor)]
        while stack:
            tensor, leaving = stack.pop()
            node = tensor.node
            if node is None:
                raise ArgumentError(f"A model needs outputs that come from its inputs. Received {tensor!r} of no call.")
            if leaving:
                done.setdefault(id(node), node)
                continue
            if id(node) in seen:
                continue
            seen[id(node)] = node
            stack.append((tensor, True))
            if _slot(tensor) in self._given:
                continue
            inputs = inputs_of(node)
            if not inputs:
                self._disconnected(tensor)
            stack.extend((x, False) for x in reversed(inputs))
        return list(done.values()), seen

    def _disconnected(self, tensor: SymbolicTensor) -> None:
        given = [x.name for x in self.inputs]
        raise ArgumentError(
            f"A model needs every `Input` its outputs depend on. Received inputs {given}, but the outputs also depend "
            f"on {tensor.name!r} of shape {tensor.shape}. Add it to `inputs`."
        )

    def _sorted(self, inputs_of: Inputs) -> tuple[list[Node], list[Operation | Node]]:
        """Every call that the outputs need, and who is called, in Keras's order."""
        topological, order = self._walk(inputs_of)
        depth: dict[int, int] = {}
        shared: dict[int, int] = {}  # all calls of a layer stand at least as deep as those already placed
        for node in reversed(topological):
            owner = id(self.owner(node))
            depth[id(node)] = shared[owner] = max(depth.get(id(node), 0), shared.get(owner, 0))
            below = depth[id(node)] + 1
            if any((id(node), i) in self._given for i in range(len(node.specs))):
                continue
            for x in inputs_of(node):
                depth[id(x.node)] = max(depth.get(id(x.node), 0), below)
        # At one depth the branch of the last output runs first, as in Keras. It matters where calls of one layer
        # change its state, such as the moving mean of a shared `BatchNormalization`.
        turn = {key: i for i, key in enumerate(depth)}
        rank = {key: i for i, key in enumerate(order)}
        deepest: dict[int, tuple[int, int]] = {}
        owners: dict[int, Operation | Node] = {}
        for key, node in order.items():
            owner = self.owner(node)
            owners[id(owner)] = owner
            known = deepest.get(id(owner))
            deepest[id(owner)] = (-depth[key], rank[key]) if known is None else (min(known[0], -depth[key]), known[1])
        for x in self.inputs:  # inputs that nothing uses
            if x.node is None:
                continue
            owner = self.owner(x.node)
            owners.setdefault(id(owner), owner)
            deepest.setdefault(id(owner), (0, -1))
        return (
            sorted(topological, key=lambda node: (-depth[id(node)], turn[id(node)])),
            sorted(owners.values(), key=lambda owner: deepest[id(owner)]),
        )

    @staticmethod
    def owner(node: Node) -> Any:
        """The layer or operation called, or for an op or a function, which have no identity of their own, the call."""
        return node.operation if isinstance(node.operation, Operation) else node

    def _name_ops(self) -> None:
        taken = {layer.name for layer in self.layers}
        for node in self.nodes:
            if node.name is None and self.owner(node) is node:
                op = getattr(node.operation, "op", None)
                kind = getattr(node.operation, "__name__", "call") if op is None else op.name
                names = iter(lambda kind=kind: naming.unique_name(kind), None)
                node.name = next(name for name in names if name not in taken)

    @property
    def layers(self) -> list[Layer]:
        """The layers called, each once."""
        return [x for x in self.operations if isinstance(x, Layer)]

    def layers_without_masks(self) -> list[Layer]:
        """The layers in the order that they had if the ops that make masks did not count."""
        return [x for x in self._sorted(_inputs)[1] if isinstance(x, Layer)]

    # ---- running them -------------------------------------------------------------------------------------------

    def _compile(self) -> None:
        """Give every tensor a place in a list, and every call a way to fill its arguments from there."""
        places: dict[Slot, int] = {}
        for x in self.inputs:
            places.setdefault(_slot(x), len(places))
        self._steps: list[tuple[Callable, Callable, tuple[int, ...], list[int] | int]] = []
        self._sizes_needed = False
        for node in self.nodes:
            own = [(id(node), i) for i in range(len(node.specs))]
            if all(slot in places for slot in own):
                continue
            fill = self._filler(node, places)
            targets = [places.setdefault(slot, len(places)) for slot in own]
            single = targets[0] if len(targets) == 1 and node.positions == (0,) else targets
            self._steps.append((node.operation, fill, node.positions, single))
        self._count = len(places)
        leaves, self._structure = tree.split(self.outputs)
        self._out = [places[_slot(x)] if isinstance(x, SymbolicTensor) else None for x in leaves]
        self._constants = leaves

    def _filler(self, node: Node, places: dict[Slot, int]) -> Callable:
        args, kwargs = node.args, node.kwargs
        if len(args) == 1 and not kwargs and isinstance(args[0], SymbolicTensor):
            place = places[_slot(args[0])]
            return lambda values, sizes: ((values[place],), {})
        leaves, structure = tree.split((args, kwargs))
        fills = [(i, places[_slot(x)]) for i, x in enumerate(leaves) if isinstance(x, SymbolicTensor)]
        sized = [i for i, x in enumerate(leaves) if _has_size(x)]
        self._sizes_needed |= bool(sized)

        def fill(values: list[object], sizes: dict[Symbol, object]) -> object:
            filled = list(leaves)
            for i, place in fills:
                filled[i] = values[place]
            for i in sized:
                filled[i] = _sized(leaves[i], sizes)
            return tree.unflatten(structure, filled)

        return fill

    def __call__(self, given: list[object], call: Callable | None = None) -> Any:
        """The outputs for values of the inputs; `call(operation, *args, **kwargs)` may stand in."""
        values: list[object] = [None] * self._count
        values[: len(given)] = given
        sizes = self._sizes(given) if self._sizes_needed else {}
        for operation, fill, positions, targets in self._steps:
            args, kwargs = fill(values, sizes)
            result = operation(*args, **kwargs) if call is None else call(operation, *args, **kwargs)
            if isinstance(targets, int):
                values[targets] = result if not isinstance(result, (list, tuple, dict)) else tree.leaves(result)[0]
            else:
                found = tree.leaves(result)
                for position, target in zip(positions, targets, strict=True):
                    values[target] = found[position]
        return tree.unflatten(
            self._structure,
            [c if place is None else values[place] for c, place in zip(self._constants, self._out, strict=True)],
        )

    def _sizes(self, given: list[object]) -> dict[Symbol, object]:
        """What the unknown sizes of the inputs are in this call."""
        sizes: dict[Symbol, object] = {}
        for x, value in zip(self.inputs, given, strict=True):
            if value is None:
                continue
            for dim, size in zip(x.dims, dims_of(value), strict=True):
                symbol = dim.symbol if isinstance(dim, Dimension) else None
                if symbol is not None:
                    sizes[symbol] = size
        return sizes


def _inputs(node: Node) -> list[SymbolicTensor]:
    return node.inputs


def _slot(tensor: SymbolicTensor) -> Slot:
    return id(tensor.node), tensor.index


def _has_size(x: object) -> bool:
    if isinstance(x, slice):
        return any(isinstance(part, Dimension) for part in (x.start, x.stop, x.step))
    return isinstance(x, Dimension)


def _sized(x: object, sizes: dict[Symbol, object]) -> object:
    if isinstance(x, slice):
        return slice(*(substitute(part, sizes) for part in (x.start, x.stop, x.step)))
    return substitute(x, sizes)
