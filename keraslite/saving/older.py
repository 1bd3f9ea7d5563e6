"""Weight files of version 0.1.0, which have some layers at other paths.

Layers that had added losses are at `_loss_layers/dense`, `_loss_layers/dense_1`, ... below the layer that was called.
They are numbered in the order in which they added losses. A symbolic call finds this order again.

Layers of a functional model that are also its attributes (`model.encoder = layer`) are under the attribute's name. A
model made from its config does not have that attribute, so the layers are recognised by their own names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from keraslite import transforms, tree
from keraslite.layers.base import Layer
from keraslite.layers.shapes import map_shapes, plain_shape
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.saving.walk import Part, Walk, named

_APART = "_loss_layers"


def find(walk: Walk, paths: Iterable[str], name_at: Callable[[str], str]) -> None:
    """Let `walk` find the layers that are at other paths than today.

    Args:
        paths: the paths at which the file has parts.
        name_at: a function that returns the name of the part at a path.
    """
    if all(part.found for part in walk.parts):
        return
    _find_apart(walk, paths)
    for part in walk.parts:
        if getattr(part.item, "_is_drawn", False) and part.found:
            _find_by_name(walk, part, paths, name_at)
    _find_apart(walk, paths)  # in models that were just found


def _find_apart(walk: Walk, paths: Iterable[str]) -> None:
    apart: dict[str, set[str]] = {}
    for path in paths:
        above, _, last = path.rpartition("/")
        if above.split("/")[-1] == _APART:
            apart.setdefault(above, set()).add(last)
    for place in sorted(apart, key=len):
        around = place.removesuffix(_APART).rstrip("/")
        called = [part.item for part in walk.parts if part.path == around and isinstance(part.item, Layer)]
        for training in (True, False):
            layers = [each for layer in called for each in _that_add_losses(layer, training)]
            if apart[place] <= {name for name, _ in named(layers)}:
                walk.visit_all(place, layers)
                break


def _find_by_name(walk: Walk, model: Part, paths: Iterable[str], name_at: Callable[[str], str]) -> None:
    """Find the layers of a functional model by their names, which differ, if the file has as many of these names."""
    lost = {part.item.name: part.item for part in walk.parts if not part.found and part.item in model.item.layers}
    if not lost:
        return
    taken = {part.path for part in walk.parts if part.found}
    inside = f"{model.path}/" if model.path else ""
    left = {path: name_at(path) for path in paths if path.startswith(inside) and path not in taken}
    left = {path: name for path, name in left.items() if name in lost}
    if sorted(left.values()) == sorted(lost):
        for path, name in left.items():
            walk.visit(path, lost[name])


def _that_add_losses(layer: Any, training: bool) -> list[object]:
    """Return the layers that add losses in a call of `layer`, in order; none if it cannot be called without data."""
    own = layer._own
    before, own.loss_layers = own.loss_layers, None
    args, kwargs = _arguments(layer)
    try:
        transforms.abstract_eval(lambda a, k: layer(*a, **k, training=training), args, kwargs)
    except Exception:  # a user's code got other tensors than it expects: the usual error says what does not fit
        own.loss_layers = None
    found, own.loss_layers = own.loss_layers or [], before
    return list(found)


def _arguments(layer: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return symbolic arguments like those that `layer` was built for."""
    if getattr(layer._own, "graph", None) is not None:
        return (tree.map(lambda x: SymbolicTensor(x.shape, x.dtype), layer.input),), {}
    shapes = layer.get_build_config() or {}

    def tensors(nest: Any) -> Any:
        return map_shapes(lambda shape: SymbolicTensor(shape, layer.compute_dtype), nest)

    if "input_shape" in shapes:
        return (tensors(plain_shape(shapes["input_shape"])),), {}
    given = shapes.get("shapes_dict", {})
    return (), {name.removesuffix("_shape"): tensors(plain_shape(shape)) for name, shape in given.items()}
