from __future__ import annotations

from collections import namedtuple

import pytest

from keraslite import errors, tree
from keraslite.errors import ArgumentError

Pair = namedtuple("Pair", ["a", "b"])


def test_flatten_and_back():
    nest = {"b": [1, None], "a": (Pair(2, 3), [])}
    leaves, structure = tree.split(nest)
    assert leaves == [2, 3, 1, None]
    assert tree.unflatten(structure, leaves) == nest
    assert structure == tree.structure(nest)
    assert tree.leaves(None) == [None]


def test_map():
    assert tree.map(lambda x, y: x + y, (1, [2]), (10, [20])) == (11, [22])
    with pytest.raises(ArgumentError, match=r"`tree.map` needs nests of one structure"):
        tree.map(lambda x, y: x, [1, 2], [1])


def test_a_broken_function_is_not_a_structure_error():
    def fails(x):
        raise KeyError(x)

    with pytest.raises(KeyError):
        tree.map(fails, [1])


def test_map_with_path():
    assert tree.map_with_path(lambda path, x: (path, x), {"a": [5]}) == {"a": [(("a", 0), 5)]}


def test_keras_names():
    nest = {"b": [1, (2, None)], "a": 3}
    assert tree.flatten(nest) == [3, 1, 2, None]
    assert tree.flatten_with_path(nest)[1] == (("b", 0), 1)
    assert tree.is_nested(nest)
    assert not tree.is_nested(None)
    assert tree.map_structure(lambda x: x and x + 1, nest) == {"b": [2, (3, None)], "a": 4}
    assert tree.map_structure(lambda x: x + 1, nest, none_is_leaf=False) == {"b": [2, (3, None)], "a": 4}
    assert tree.map_structure_up_to([0, 0], lambda x: x, [[1, 2], {"c": 3}]) == [[1, 2], {"c": 3}]
    assert tree.map_shape_structure(len, {"x": (None, 3), "y": [1]}) == {"x": 2, "y": 1}
    assert tree.pack_sequence_as(nest, "wxyz") == {"b": ["x", ("y", "z")], "a": "w"}
    assert tree.lists_to_tuples([1, {"a": [2]}]) == (1, {"a": (2,)})
    assert tree.traverse(lambda x: tree.MAP_TO_NONE if x == 1 else None, [1, 2]) == [None, 2]
    tree.assert_same_structure(nest, {"b": [0, (0, 0)], "a": 0})
    tree.assert_same_paths([1, 2], (3, 4))
    with pytest.raises(errors.ArgumentError, match="one structure"):
        tree.assert_same_structure([1], (1,))
    with pytest.raises(errors.ArgumentError, match="same paths"):
        tree.assert_same_paths([1], [1, 2])
    with pytest.raises(errors.ArgumentError, match="4 leaves"):
        tree.pack_sequence_as(nest, [1])
