"""`model_to_dot` and `plot_model`."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from keraslite import check
from keraslite.errors import ArgumentError, MissingPackageError
from keraslite.models.model import Model
from keraslite.utils.plots.dot import NODES, Part, Shown, graph_parts, graph_text, quoted

__all__ = ["model_to_dot", "plot_model"]


def model_to_dot(
    model: Model,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Any:
    """Return a model as a graph of the package pydot. The layers of a model without a graph are boxes without arrows.

    Args:
        model: a `Model`.
        show_shapes: whether boxes have the shapes of inputs and outputs; False by default.
        show_dtype: whether boxes have the dtypes of outputs; False by default.
        show_layer_names: whether boxes have the names of layers beside their classes; True by default.
        rankdir: the direction of the graph: "TB" (default, from the top), "LR" (from the left), "BT" or "RL".
        expand_nested: whether the layers of models within the model are shown; False by default.
        dpi: dots per inch, at least 1; 200 by default.
        subgraph: whether to return a cluster, for another graph; False by default.
        show_layer_activations: whether boxes have the activations of layers; False by default.
        show_trainable: whether boxes say if weights are trainable; False by default.
        splines: how arrows are drawn: "ortho" (default), "curved", "polyline", "spline" or "line".

    Returns:
        A `pydot.Dot`, or with `subgraph` a `pydot.Cluster`.

    Raises:
        MissingPackageError: (an ImportError) if pydot is not installed.
        ArgumentError: if the model has no layers.

    Example:
        >>> import importlib.util
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> if importlib.util.find_spec("pydot"):
        ...     text = keras.utils.model_to_dot(model, show_shapes=True).to_string()
    """
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    settings = _settings(model, rankdir, dpi, splines)
    try:
        pydot = importlib.import_module("pydot")
    except ImportError as error:
        raise MissingPackageError(
            "`model_to_dot` needs the package pydot. It is not installed. Run `pip install pydot`, or write the graph "
            "as text with `plot_model(model, 'model.dot')`."
        ) from error
    if subgraph:
        graph = pydot.Cluster(model.name, label=quoted(model.name))
    else:
        graph = pydot.Dot(quoted(model.name), **{key: quoted(str(value)) for key, value in settings.items()})
        graph.set_node_defaults(**NODES)
    _fill(pydot, graph, graph_parts(model, shown))
    return graph


def _fill(pydot: Any, graph: Any, parts: Iterable[Part]) -> None:
    """Add boxes, arrows and clusters to a graph of pydot."""
    opened = [graph]
    for part in parts:
        if part.kind == "node":
            opened[-1].add_node(pydot.Node(quoted(part.name), label=quoted(part.text)))
        elif part.kind == "edge":
            opened[-1].add_edge(pydot.Edge(quoted(part.name), quoted(part.text)))
        elif part.kind == "begin":
            opened.append(pydot.Cluster(quoted(part.name), label=quoted(part.text)))
        else:
            cluster = opened.pop()
            opened[-1].add_subgraph(cluster)


def plot_model(
    model: Model,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
) -> Any:
    """Write a picture of a model. It needs the program `dot` of Graphviz, except for a file that ends in ".dot".

    Args:
        model: a `Model`.
        to_file: path of the picture; its ending says which kind: ".png", ".svg", ".pdf" and others, or ".dot" for the
            graph as text. "model.png" by default.
        show_shapes: whether boxes have the shapes of inputs and outputs; False by default.
        show_dtype: whether boxes have the dtypes of outputs; False by default.
        show_layer_names: whether boxes have the names of layers beside their classes; False by default.
        rankdir: the direction of the graph: "TB" (default, from the top), "LR" (from the left), "BT" or "RL".
        expand_nested: whether the layers of models within the model are shown; False by default.
        dpi: dots per inch, at least 1; 200 by default.
        show_layer_activations: whether boxes have the activations of layers; False by default.
        show_trainable: whether boxes say if weights are trainable; False by default.
        splines: how arrows are drawn: "ortho" (default), "curved", "polyline", "spline" or "line".

    Returns:
        A picture that notebooks show, if IPython is installed and the file is a PNG; otherwise None.

    Raises:
        MissingPackageError: (an ImportError) if Graphviz is not installed.
        ArgumentError: if the model has no layers, or `to_file` has no ending.

    Example:
        >>> import pathlib
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,), name="x"), keras.layers.Dense(1, name="y")])
        >>> keras.utils.plot_model(model, "model.dot")
        >>> '"x" -> "y"' in pathlib.Path("model.dot").read_text()
        True
    """
    path = Path(os.fspath(to_file))
    kind = path.suffix[1:].lower()
    if not kind:
        raise ArgumentError(f"`plot_model` needs `to_file` to have an ending such as '.png'. Received {str(path)!r}.")
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable, expand_nested)
    text = graph_text(model.name, _settings(model, rankdir, dpi, splines), graph_parts(model, shown))
    if kind == "dot":
        path.write_text(text)
        return None
    program = shutil.which("dot")
    if program is None:
        raise MissingPackageError(
            "`plot_model` needs the program `dot` of Graphviz. It is not installed. Install it from "
            "https://graphviz.org/download, or write the graph as text with `to_file='model.dot'`."
        )
    subprocess.run([program, f"-T{kind}", "-o", str(path)], input=text, text=True, check=True)
    return _shown(path) if kind == "png" else None


def _settings(model: Model, rankdir: str, dpi: int, splines: str) -> dict[str, object]:
    """The settings of the graph, checked."""
    check.one_of(rankdir, ("TB", "LR", "BT", "RL"), "rankdir", "plot_model")
    check.positive_int(dpi, "dpi", "plot_model")
    if not model.layers:
        raise ArgumentError(f"`plot_model` needs a model with layers. Received {model.name!r} without any.")
    return {"rankdir": rankdir, "splines": splines, "dpi": dpi, "concentrate": "true"}


def _shown(path: Path) -> object:
    """What a notebook shows; None outside of IPython's reach."""
    try:
        display = importlib.import_module("IPython.display")
    except ImportError:
        return None
    return display.Image(filename=str(path))
