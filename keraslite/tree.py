"""Nests of tuples, lists, dicts and named tuples, flattened and rebuilt (over optree).

None is a leaf. Dicts go by sorted key. Subclasses of list and dict are leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import optree

from keraslite.errors import ArgumentError

__all__ = ["flatten", "leaves", "map", "map_with_path", "structure", "unflatten"]


def flatten(nest: Any) -> tuple[list[Any], Any]:
    """The leaves of `nest` and its structure (hashable, comparable)."""
    return optree.tree_flatten(nest, none_is_leaf=True)  # type: ignore[return-value]


def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
    """The nest of that structure with these leaves."""
    return optree.tree_unflatten(structure, leaves)


def leaves(nest: Any) -> list[Any]:
    """The leaves of `nest` in order."""
    return optree.tree_leaves(nest, none_is_leaf=True)


def structure(nest: Any) -> Any:
    """What `nest` looks like without its leaves."""
    return optree.tree_structure(nest, none_is_leaf=True)


def map(fn: Callable[..., Any], *nests: Any) -> Any:
    """`fn` of the leaves of nests that share one structure."""
    if not nests:
        raise ArgumentError("`tree.map` needs at least one nest. Received none.")
    try:
        first, spec = flatten(nests[0])
        others = [spec.flatten_up_to(nest) for nest in nests[1:]]
    except ValueError as error:
        raise ArgumentError(f"`tree.map` needs nests of one structure. {error}") from error
    return unflatten(spec, [fn(*row) for row in zip(first, *others, strict=True)])


def map_with_path(fn: Callable[..., Any], nest: Any) -> Any:
    """`fn(path, leaf)` for each leaf; a path is a tuple of keys and indices."""
    return optree.tree_map_with_path(fn, nest, none_is_leaf=True)
