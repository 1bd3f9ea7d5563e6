"""`model.summary()`: the layers as a table."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from keraslite import tree
from keraslite.backend import dtypes
from keraslite.check import nearest
from keraslite.config.messages import say
from keraslite.errors import ArgumentError
from keraslite.layers.base import Layer
from keraslite.models.state import ModelState
from keraslite.ops.symbolic import Node

if TYPE_CHECKING:
    from keraslite.layers.operation import Operation
    from keraslite.models.model import Model
    from keraslite.variable import Variable


def print_summary(
    model: Model,
    line_length: int | None = None,
    positions: object = None,
    print_fn: Callable | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print name, table of layers, and sizes of `model`."""
    from rich.console import Console  # these two import much, and not every program prints a summary
    from rich.table import Table

    table = Table(show_lines=True)
    connected = model._own.graph is not None and not _is_chain(model)
    for title in _titles(connected, show_trainable):
        table.add_column(title, justify="right" if title.startswith("Param") else "left", overflow="fold")
    for row in _rows(model, connected, show_trainable, expand_nested, _chosen(model, layer_range)):
        table.add_row(*row)
    stream = io.StringIO()
    width = line_length or min(shutil.get_terminal_size((100, 24)).columns, 120)
    console = Console(
        file=stream, width=width, highlight=False, force_terminal=False, force_jupyter=False, color_system=None
    )
    console.print(f"Model: {model.name!r}".replace("'", '"'), markup=False)
    console.print(table)
    for line in _totals(model):
        console.print(line, markup=False)
    text = stream.getvalue().rstrip("\n")
    if print_fn is None:
        say(text)
    else:
        print_fn(text)


def _titles(connected: bool, show_trainable: bool) -> list[str]:
    titles = ["Layer (type)", "Output Shape", "Param #"]
    return titles + ["Connected to"] * connected + ["Trainable"] * show_trainable


def _is_chain(model: Any) -> bool:
    return all(len(node.inputs) <= 1 for node in model._own.graph.nodes) and len(model.inputs) == 1 == len(
        model.outputs
    )


def _chosen(model: Model, layer_range: Sequence[str] | None) -> Sequence[Operation | Node]:
    """The operations between two layers whose names match the patterns in `layer_range`."""
    operations = (
        model.operations if model._own.graph is not None and type(model).__name__ != "Sequential" else model.layers
    )
    if layer_range is None:
        return operations
    if len(layer_range) != 2:
        raise ArgumentError(f"`summary` needs `layer_range` as two names. Received {layer_range!r}.")
    names = [operation.name for operation in operations]
    ends = []
    for pattern in layer_range:
        found = [i for i, name in enumerate(names) if re.fullmatch(pattern, name) or name == pattern]
        if not found:
            raise ArgumentError(f"`summary` found no layer like {pattern!r}.{nearest(pattern, names)}")
        ends.append(found)
    first, last = sorted((ends[0][0], ends[1][-1]))
    return operations[first : last + 1]


def _rows(
    model: Model,
    connected: bool,
    show_trainable: bool,
    expand: bool,
    operations: Sequence[Any],
    indent: str = "",
) -> list[list[str]]:
    rows = []
    for operation in operations:
        is_op = isinstance(operation, Node)
        kind = operation.operation.op.name if is_op else type(operation).__name__
        row = [f"{indent}{operation.name} ({kind})", _output_shape(model, operation), _count(operation)]
        if connected:
            row.append(_sources(model, operation))
        if show_trainable:
            weights = operation.weights if isinstance(operation, Layer) else []
            row.append("Y" if weights and operation.trainable else "N" if weights else "-")
        rows.append(row)
        own = operation._own if isinstance(operation, Layer) else None
        if expand and isinstance(own, ModelState):
            inner = cast("Model", operation)
            rows += _rows(inner, connected, show_trainable, expand, inner.layers, indent + "  ")
    return rows


def _output_shape(model: Model, operation: Operation | Node) -> str:
    nodes = model._own.graph.nodes if model._own.graph is not None else []
    shapes = [_text(dims) for n in nodes if n is operation or n.operation is operation for dims, _ in n.specs]
    if not shapes and isinstance(operation, Layer):
        shapes = [_text(dims) for node in operation._inbound_nodes[-1:] for dims, _ in node.specs]
    return ", ".join(dict.fromkeys(shapes)) or "?"


def _text(dims: Iterable[object]) -> str:
    return str(tuple(d if isinstance(d, int) else None for d in dims))


def _count(operation: object) -> str:
    if not isinstance(operation, Layer):
        return "0"
    if not operation.built and not operation.weights and type(operation).__name__ != "InputLayer":
        return "0 (unbuilt)"
    return f"{_size(operation.weights):,}"


def _sources(model: Any, operation: Operation | Node) -> str:
    nodes = [n for n in model._own.graph.nodes if n is operation or n.operation is operation]
    found = [f"{model._own.graph.owner(x.node).name}[{x.index}]" for n in nodes for x in n.inputs]
    return ", ".join(found) or "-"


def _size(weights: Sequence[Variable]) -> int:
    return int(sum(np.prod(v.shape, dtype=np.int64) for v in weights))


def _memory(weights: Sequence[Variable]) -> str:
    size = float(sum(v.size * dtypes.to_numpy_dtype(v.dtype).itemsize for v in weights))
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024 or unit == "TB":
            break
        size /= 1024
    return f"{size:.2f} {unit}"


def _totals(model: Model) -> list[str]:
    trainable, frozen = model.trainable_weights, model.non_trainable_weights
    rows = [("Total params", trainable + frozen), ("Trainable params", trainable), ("Non-trainable params", frozen)]
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None and optimizer.built:
        extra = tree.leaves(list(optimizer.variables))
        rows[0] = ("Total params", trainable + frozen + extra)
        rows.append(("Optimizer params", extra))
    return [f" {title}: {_size(weights):,} ({_memory(weights)})" for title, weights in rows]
