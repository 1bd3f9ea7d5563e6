"""A model as text in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from keraslite.layers.picture import Box, Dims, boxes, is_model
from keraslite.models.model import Model

__all__ = ["NODES", "Part", "Shown", "graph_parts", "graph_text", "quoted"]


class Shown(NamedTuple):
    """What the boxes say."""

    shapes: bool = False
    dtype: bool = False
    names: bool = True
    activations: bool = False
    trainable: bool = False
    nested: bool = False


class Part(NamedTuple):
    """A piece of a graph: a "node" with its label, an "edge" between two, the "begin" of a cluster, or its "end"."""

    kind: str
    name: str = ""
    text: str = ""  # the label, or where the edge ends


#: What all boxes look like.
NODES = {"shape": "box", "style": "filled", "fillcolor": "white", "fontname": "Helvetica"}


def graph_text(name: str, settings: dict[str, object], parts: Iterable[Part]) -> str:
    """Return a graph as text.

    Args:
        name: of the graph.
        settings: of the graph.
        parts: what `graph_parts` returned.
    """
    lines = [f"{key}={quoted(str(value))};" for key, value in settings.items()]
    lines.append("node [" + ", ".join(f"{key}={value}" for key, value in NODES.items()) + "];")
    for part in parts:
        if part.kind == "node":
            lines.append(f"{quoted(part.name)} [label={quoted(part.text)}];")
        elif part.kind == "edge":
            lines.append(f"{quoted(part.name)} -> {quoted(part.text)};")
        elif part.kind == "begin":
            lines += [f"subgraph {quoted('cluster_' + part.name)} {{", f"label={quoted(part.text)};"]
        else:
            lines.append("}")
    return "\n".join([f"digraph {quoted(name)} {{", *(f"  {line}" for line in lines), "}\n"])


def graph_parts(model: Model, shown: Shown, prefix: str = "") -> Iterator[Part]:
    """Return the boxes and arrows of a model; names of boxes in a nested one begin with its own."""
    found = boxes(model)
    open_ones = {box.name: box for box in found if shown.nested and is_model(box.item)}
    for box in found:
        node = prefix + box.name
        if box.name in open_ones:
            yield Part("begin", node, box.name)
            yield from graph_parts(box.item, shown, f"{node}/")
            yield Part("end")
        else:
            yield Part("node", node, _label(box, shown))
    for box in found:
        for source in box.sources:
            begin = _end(prefix + source, open_ones.get(source), last=True)
            yield Part("edge", begin, _end(prefix + box.name, open_ones.get(box.name), last=False))


def _end(node: str, opened: Box | None, last: bool) -> str:
    """The node at which an edge begins or ends: that of a box, or the first or last one in an opened model."""
    inner = boxes(opened.item) if opened is not None else []
    return f"{node}/{inner[-1 if last else 0].name}" if inner else node


def _label(box: Box, shown: Shown) -> str:
    first = f"{box.name} ({box.kind})" if shown.names else box.kind
    activation = getattr(box.item, "activation", None) if shown.activations else None
    if activation is not None:
        first += f", {getattr(activation, '__name__', activation)}"
    lines = [first]
    if shown.shapes:
        lines += [f"input: {_shapes(box.inputs)}", f"output: {_shapes(box.outputs)}"]
    if shown.dtype:
        lines.append(f"dtype: {', '.join(dict.fromkeys(box.dtypes)) or '?'}")
    if shown.trainable and getattr(box.item, "weights", None):
        lines.append("trainable" if box.item.trainable else "not trainable")
    return "\n".join(lines)


def _shapes(shapes: tuple[Dims, ...]) -> str:
    return ", ".join(dict.fromkeys(map(str, shapes))) or "-"


def quoted(text: str) -> str:
    """Return a text as Graphviz reads it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
