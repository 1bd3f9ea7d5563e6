from __future__ import annotations

from collections import namedtuple

import pytest

from keraslite import tree
from keraslite.errors import ArgumentError

Pair = namedtuple("Pair", ["a", "b"])


def test_flatten_and_back():
    nest = {"b": [1, None], "a": (Pair(2, 3), [])}
    leaves, structure = tree.flatten(nest)
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
