"""Nests of tuples, lists, dicts and named tuples, flattened and rebuilt (over optree).

None is a leaf. Dicts go by sorted key. Subclasses of list and dict are leaves. keraslite itself uses `split`,
`unflatten`, `leaves` and `map`; the functions from `flatten` on are Keras's names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optree

from keraslite.errors import ArgumentError

__all__ = [
    "MAP_TO_NONE",
    "assert_same_paths",
    "assert_same_structure",
    "flatten",
    "flatten_with_path",
    "is_nested",
    "leaves",
    "lists_to_tuples",
    "map",
    "map_shape_structure",
    "map_structure",
    "map_structure_up_to",
    "map_with_path",
    "pack_sequence_as",
    "register",
    "split",
    "structure",
    "traverse",
    "unflatten",
]


_OURS = "keraslite"  # optree's name for whose nests these are: what others register for all is nested here too


def register(cls: type, flatten: Callable[[Any], tuple[Any, ...]], unflatten: Callable[[Any, Any], Any]) -> None:
    """Make objects of `cls` nests: `flatten(x) -> (children, data)` or `(children, data, keys)`."""
    optree.register_pytree_node(cls, flatten, unflatten, namespace=_OURS)


def split(nest: Any) -> tuple[list[Any], Any]:
    """The leaves of `nest` and its structure (hashable, comparable)."""
    return optree.tree_flatten(nest, none_is_leaf=True, namespace=_OURS)  # type: ignore[return-value]


def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
    """The nest of that structure with these leaves."""
    return optree.tree_unflatten(structure, leaves)


def leaves(nest: Any) -> list[Any]:
    """The leaves of `nest` in order."""
    return optree.tree_leaves(nest, none_is_leaf=True, namespace=_OURS)


def structure(nest: Any) -> Any:
    """What `nest` looks like without its leaves."""
    return optree.tree_structure(nest, none_is_leaf=True, namespace=_OURS)


def map(fn: Callable[..., Any], *nests: Any) -> Any:
    """`fn` of the leaves of nests that share one structure."""
    if not nests:
        raise ArgumentError("`tree.map` needs at least one nest. Received none.")
    try:
        first, spec = split(nests[0])
        others = [spec.flatten_up_to(nest) for nest in nests[1:]]
    except ValueError as error:
        raise ArgumentError(f"`tree.map` needs nests of one structure. {error}") from error
    return unflatten(spec, [fn(*row) for row in zip(first, *others, strict=True)])


def map_with_path(fn: Callable[..., Any], nest: Any) -> Any:
    """`fn(path, leaf)` for each leaf; a path is a tuple of keys and indices."""
    return optree.tree_map_with_path(fn, nest, none_is_leaf=True, namespace=_OURS)


# ---- as Keras names them ----------------------------------------------------------------------------------------


class MAP_TO_NONE:  # Keras's name
    """What a `traverse` function returns to put None in a place."""


def flatten(structure: Any) -> list[Any]:
    """The leaves in order."""
    return leaves(structure)


def flatten_with_path(structure: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """`(path, leaf)` for each leaf."""
    found: list[tuple[tuple[Any, ...], Any]] = []
    map_with_path(lambda path, leaf: found.append((tuple(path), leaf)), structure)
    return found


def is_nested(structure: Any) -> bool:
    """Whether it is a list, tuple, dict or the like rather than a leaf."""
    return not optree.tree_is_leaf(structure, none_is_leaf=True, namespace=_OURS)


def map_structure(func: Callable[..., Any], *structures: Any, none_is_leaf: bool = True) -> Any:
    """`func` of the leaves of nests of one structure; with `none_is_leaf=False` a None stays None."""
    if none_is_leaf:
        return map(func, *structures)
    return map(lambda *row: None if row[0] is None else func(*row), *structures)


def map_structure_up_to(shallow_structure: Any, func: Callable[..., Any], *structures: Any) -> Any:
    """`func` of the parts of nests that stand where `shallow_structure` has leaves."""
    spec = structure(shallow_structure)
    rows = [spec.flatten_up_to(each) for each in structures]
    return unflatten(spec, [func(*row) for row in zip(*rows, strict=True)])


def map_shape_structure(func: Callable[..., Any], structure: Any) -> Any:
    """`func` of the shapes in a nest: tuples and lists of ints and Nones are leaves."""

    def is_shape(x: Any) -> bool:
        return isinstance(x, (list, tuple)) and all(isinstance(d, (int, type(None))) for d in x)

    return optree.tree_map(lambda x: func(tuple(x)), structure, is_leaf=is_shape, none_is_leaf=True, namespace=_OURS)


def pack_sequence_as(structure: Any, flat_sequence: Iterable[Any]) -> Any:
    """The nest like `structure` with these leaves."""
    spec, flat = optree.tree_structure(structure, none_is_leaf=True, namespace=_OURS), list(flat_sequence)
    if len(flat) != spec.num_leaves:
        raise ArgumentError(f"`pack_sequence_as` needs {spec.num_leaves} leaves. Received {len(flat)}.")
    return unflatten(spec, flat)


def assert_same_structure(a: Any, b: Any, check_types: bool | None = None) -> None:
    """Raise `ArgumentError` unless both nests have one structure.

    A list is not a tuple. Dicts of several classes are alike if they have the same keys.

    Args:
        a: any nest.
        b: any nest.
        check_types: accepted as in Keras 3.15, where it changes nothing either: types are always compared.

    Raises:
        ArgumentError: if the structures differ.

    Example:
        >>> from keraslite import tree
        >>> tree.assert_same_structure({"a": 1, "b": [2, 3]}, {"b": [5, 6], "a": 4})
    """
    first, second = structure(a), structure(b)
    if first == second:
        return
    try:
        first.flatten_up_to(b)
        second.flatten_up_to(a)
    except ValueError:
        raise ArgumentError(f"Two nests of one structure are needed. Received {first} and {second}.") from None


def assert_same_paths(a: Any, b: Any) -> None:
    """Raise `ArgumentError` unless both nests have the same paths to leaves."""
    first, second = ({path for path, _ in flatten_with_path(each)} for each in (a, b))
    if first != second:
        raise ArgumentError(
            f"Two nests with the same paths are needed. They differ in {sorted(first ^ second, key=str)}."
        )


def lists_to_tuples(structure: Any) -> Any:
    """The same nest with tuples for lists."""
    return traverse(lambda x: tuple(x) if isinstance(x, list) and is_nested(x) else None, structure, top_down=False)


def traverse(func: Callable[[Any], Any], structure: Any, top_down: bool = True) -> Any:
    """Put `func(part)` in the place of each part of a nest, itself and leaves included, where it is not None."""

    def visit(part: Any) -> Any:
        if top_down:
            found = func(part)
            if found is not None:
                return None if found is MAP_TO_NONE else found
        if is_nested(part):
            part = optree.tree_map(visit, part, is_leaf=lambda x: x is not part, none_is_leaf=True, namespace=_OURS)
        if top_down:
            return part
        found = func(part)
        return part if found is None else None if found is MAP_TO_NONE else found

    return visit(structure)
