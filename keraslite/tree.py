"""Nests of tuples, lists, dicts and named tuples, flattened and rebuilt (over optree).

None is a leaf. Dicts go by sorted key. Subclasses of list and dict are leaves. keraslite itself uses `split`,
`unflatten`, `leaves` and `map`; the functions from `flatten` on are Keras's names.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeAlias

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


Structure: TypeAlias = optree.PyTreeSpec
"""What a nest looks like without its leaves."""

_OURS = "keraslite"  # optree's name for whose nests these are: what others register for all is nested here too


def register(cls: type, flatten: Callable[[Any], tuple[Any, ...]], unflatten: Callable[[Any, Any], Any]) -> None:
    """Make objects of a class nests.

    Args:
        cls: the class.
        flatten: a function of an object that returns `(children, data)` or `(children, data, keys)`.
        unflatten: a function of `(data, children)` that returns an object.

    Example:
        >>> from keraslite import tree
        >>> class Pair:
        ...     def __init__(self, a, b):
        ...         self.a, self.b = a, b
        >>> tree.register(Pair, lambda pair: ((pair.a, pair.b), None), lambda data, children: Pair(*children))
        >>> tree.leaves(Pair(1, [2, 3]))
        [1, 2, 3]
    """
    optree.register_pytree_node(cls, flatten, unflatten, namespace=_OURS)


def split(nest: object) -> tuple[list[Any], Structure]:
    """Return the leaves of a nest and its structure, which can be hashed and compared.

    Args:
        nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> leaves, structure = tree.split({"a": 1, "b": [2]})
        >>> leaves
        [1, 2]
    """
    return optree.tree_flatten(nest, none_is_leaf=True, namespace=_OURS)  # type: ignore[return-value]


def unflatten(structure: Structure, leaves: Iterable[object]) -> Any:
    """Return the nest of a structure with given leaves.

    Args:
        structure: what `structure` or `split` returned.
        leaves: the leaves, in order.

    Example:
        >>> from keraslite import tree
        >>> tree.unflatten(tree.structure({"a": 1, "b": [2]}), [10, 20])
        {'a': 10, 'b': [20]}
    """
    return optree.tree_unflatten(structure, leaves)


def leaves(nest: Any) -> list[Any]:
    """Return the leaves of a nest in order.

    Args:
        nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.leaves({"a": [1, 2], "b": 3})
        [1, 2, 3]
    """
    return optree.tree_leaves(nest, none_is_leaf=True, namespace=_OURS)


def structure(nest: Any) -> Structure:
    """Return what a nest looks like without its leaves.

    Args:
        nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.structure({"a": 1}) == tree.structure({"a": 2})
        True
    """
    return optree.tree_structure(nest, none_is_leaf=True, namespace=_OURS)


def map(fn: Callable[..., object], *nests: Any) -> Any:
    """Return a nest of `fn(*leaves)` for the leaves of nests of one structure.

    Args:
        fn: a function of one leaf of each nest.
        *nests: nests of one structure.

    Raises:
        ArgumentError: if the structures differ.

    Example:
        >>> from keraslite import tree
        >>> tree.map(lambda x, y: x + y, {"a": 1}, {"a": 2})
        {'a': 3}
    """
    if not nests:
        raise ArgumentError("`tree.map` needs at least one nest. Received none.")
    try:
        first, spec = split(nests[0])
        others = [spec.flatten_up_to(nest) for nest in nests[1:]]
    except ValueError as error:
        raise ArgumentError(f"`tree.map` needs nests of one structure. {error}") from error
    return unflatten(spec, [fn(*row) for row in zip(first, *others, strict=True)])


def map_with_path(fn: Callable[..., object], nest: Any) -> Any:
    """Return a nest of `fn(path, leaf)` for each leaf; a path is a tuple of keys and indices.

    Args:
        fn: a function of a path and a leaf.
        nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.map_with_path(lambda path, leaf: (path, leaf), {"a": 1})
        {'a': (('a',), 1)}
    """
    return optree.tree_map_with_path(fn, nest, none_is_leaf=True, namespace=_OURS)


# ---- as Keras names them ----------------------------------------------------------------------------------------


class MAP_TO_NONE:  # Keras's name
    """What the function given to `traverse` returns to put None in a place.

    Example:
        >>> from keraslite import tree
        >>> tree.traverse(lambda x: tree.MAP_TO_NONE if x == 0 else None, [0, 1])
        [None, 1]
    """


def flatten(structure: object) -> list[Any]:
    """Return the leaves of a nest in order.

    Args:
        structure: a nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.flatten({"a": [1, 2], "b": 3})
        [1, 2, 3]
    """
    return leaves(structure)


def flatten_with_path(structure: object) -> list[tuple[tuple[Hashable, ...], Any]]:
    """Return `(path, leaf)` for each leaf of a nest; a path is a tuple of keys and indices.

    Args:
        structure: a nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.flatten_with_path({"a": [1, 2]})
        [(('a', 0), 1), (('a', 1), 2)]
    """
    found: list[tuple[tuple[Hashable, ...], Any]] = []
    map_with_path(lambda path, leaf: found.append((tuple(path), leaf)), structure)
    return found


def is_nested(structure: Any) -> bool:
    """Return whether a value is a list, tuple, dict or the like rather than a leaf.

    Args:
        structure: anything.

    Example:
        >>> from keraslite import tree
        >>> tree.is_nested([1, 2]), tree.is_nested(1)
        (True, False)
    """
    return not optree.tree_is_leaf(structure, none_is_leaf=True, namespace=_OURS)


def map_structure(func: Callable[..., object], *structures: object, none_is_leaf: bool = True) -> Any:
    """Return a nest of `func(*leaves)` for the leaves of nests of one structure.

    Args:
        func: a function of one leaf of each nest.
        *structures: nests of one structure.
        none_is_leaf: whether `func` gets None too; True by default. Otherwise None stays None.

    Raises:
        ArgumentError: if the structures differ.

    Example:
        >>> from keraslite import tree
        >>> tree.map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
        {'a': 11, 'b': [22]}
    """
    if none_is_leaf:
        return map(func, *structures)
    return map(lambda *row: None if row[0] is None else func(*row), *structures)


def map_structure_up_to(shallow_structure: object, func: Callable[..., object], *structures: Any) -> Any:
    """Return a nest of `func(*parts)` for the parts of nests that stand where a shallow nest has leaves.

    Args:
        shallow_structure: the shallow nest, whose structure the result has.
        func: a function of one part of each nest.
        *structures: nests that begin like the shallow one.

    Example:
        >>> from keraslite import tree
        >>> tree.map_structure_up_to({"a": 0, "b": 0}, len, {"a": [1, 2], "b": [3]})
        {'a': 2, 'b': 1}
    """
    spec = structure(shallow_structure)
    rows = [spec.flatten_up_to(each) for each in structures]
    return unflatten(spec, [func(*row) for row in zip(*rows, strict=True)])


def map_shape_structure(func: Callable[[tuple[int | None, ...]], object], structure: Any) -> Any:
    """Return a nest of `func(shape)` for the shapes in a nest.

    Args:
        func: a function of a shape, a tuple.
        structure: a nest whose leaves are shapes: tuples and lists of ints and Nones.

    Example:
        >>> from keraslite import tree
        >>> tree.map_shape_structure(len, {"a": (None, 3), "b": (2,)})
        {'a': 2, 'b': 1}
    """

    def is_shape(x: object) -> bool:
        return isinstance(x, (list, tuple)) and all(isinstance(d, (int, type(None))) for d in x)

    return optree.tree_map(lambda x: func(tuple(x)), structure, is_leaf=is_shape, none_is_leaf=True, namespace=_OURS)


def pack_sequence_as(structure: Any, flat_sequence: Iterable[object]) -> Any:
    """Return a nest like another with given leaves.

    Args:
        structure: a nest: lists, tuples, dicts and registered objects, however deep, of leaves.
        flat_sequence: the leaves, in order.

    Raises:
        ArgumentError: if there are too many or too few leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.pack_sequence_as({"a": 0, "b": [0]}, [1, 2])
        {'a': 1, 'b': [2]}
    """
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


def assert_same_paths(a: object, b: object) -> None:
    """Raise an error unless two nests have the same paths to leaves.

    Args:
        a: a nest.
        b: a nest.

    Raises:
        ArgumentError: if the paths differ.

    Example:
        >>> from keraslite import tree
        >>> tree.assert_same_paths({"a": 1}, {"a": 2})
    """
    first, second = ({path for path, _ in flatten_with_path(each)} for each in (a, b))
    if first != second:
        raise ArgumentError(
            f"Two nests with the same paths are needed. They differ in {sorted(first ^ second, key=str)}."
        )


def lists_to_tuples(structure: object) -> Any:
    """Return the same nest with tuples in place of lists.

    Args:
        structure: a nest: lists, tuples, dicts and registered objects, however deep, of leaves.

    Example:
        >>> from keraslite import tree
        >>> tree.lists_to_tuples({"a": [1, [2]]})
        {'a': (1, (2,))}
    """
    return traverse(lambda x: tuple(x) if isinstance(x, list) and is_nested(x) else None, structure, top_down=False)


def traverse(func: Callable[[object], object], structure: object, top_down: bool = True) -> Any:
    """Replace each part of a nest by `func(part)` unless that is None. The nest itself and its leaves are parts too.

    Args:
        func: a function of a part. It returns `MAP_TO_NONE` to put None in a place.
        structure: a nest: lists, tuples, dicts and registered objects, however deep, of leaves.
        top_down: whether a part comes before the parts in it, which are then not visited if it is replaced; True by
            default.

    Example:
        >>> from keraslite import tree
        >>> tree.traverse(lambda x: -x if isinstance(x, int) else None, [1, {"a": 2}])
        [-1, {'a': -2}]
    """

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
