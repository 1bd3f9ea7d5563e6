"""`Runs`: the places of runs of words, of which each is a token of a vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keraslite.layers.preprocessing.packed import Packed
from keraslite.layers.preprocessing.word_table import Slots, WordTable

__all__ = ["Runs"]


class Runs:
    """A tree of the words of tokens: "a b" is below "a". It is walked for all runs of many texts at once.

    Args:
        tokens: the place of each token in UTF-8; a space divides the words of one.
    """

    def __init__(self, tokens: dict[bytes, int]):
        words: dict[bytes, int] = {}
        nodes: dict[tuple[int, int], int] = {}
        places: dict[int, int] = {}
        split = [(token.split(b" "), place) for token, place in tokens.items()]
        for parts, _ in split:
            for part in parts:
                words.setdefault(part, len(words))
        for parts, place in split:
            node = words[parts[0]]  # the first nodes are those of the words
            for part in parts[1:]:
                node = nodes.setdefault((node, words[part]), len(words) + len(nodes))
            places[node] = place
        self._words = WordTable(words)
        edges = np.array(list(nodes), np.uint64).reshape(-1, 2)
        self._edges = Slots([_edge(*edges.T)], np.arange(len(words), len(words) + len(nodes)))
        self._places = np.full(len(words) + len(nodes), -1, np.int64)
        self._places[list(places)] = list(places.values())

    def find(self, packed: Packed, lengths: np.ndarray, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """The places of all runs of words of each text.

        Args:
            packed: the words of all texts.
            lengths: the number of words of each text.
            sizes: the numbers of words of the runs, in the order in which they stand for each text.

        Returns:
            The place of each run, -1 for one that is no token, and the number of runs of each text.
        """
        words = self._words.find(packed)
        firsts = np.cumsum(lengths) - lengths
        counts = [np.maximum(lengths - (size - 1), 0) for size in sizes]
        total = np.sum(counts, axis=0)
        result = np.full(int(total.sum()), -1, np.int64)
        begins = np.cumsum(total) - total + np.cumsum([np.zeros_like(total), *counts[:-1]], axis=0)
        moves = [np.repeat(begin - firsts, lengths) for begin in begins]  # from the first word of a run to the run
        behind = np.repeat(firsts + lengths, lengths) - np.arange(len(words))  # words from each one on
        at = np.flatnonzero(words >= 0)
        nodes = words[at]
        for size in range(1, max(sizes) + 1):
            if size > 1:
                at, nodes = self._one_more(words, at, nodes, behind, size)
            for each, move in zip(sizes, moves, strict=True):
                if each == size:
                    result[at + move[at]] = self._places[nodes]
        return result, total

    def _one_more(
        self, words: np.ndarray, at: np.ndarray, nodes: np.ndarray, behind: np.ndarray, size: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """The runs with one word more than those that begin at some words: where they begin, and their nodes."""
        fits = behind[at] >= size
        at, nodes = at[fits], nodes[fits]
        word = words[at + (size - 1)]
        known = word >= 0
        at, nodes, word = at[known], nodes[known], word[known]
        found = self._edges.find([_edge(nodes.astype(np.uint64), word.astype(np.uint64))])
        there = found >= 0
        return at[there], found[there]


def _edge(node: np.ndarray, word: np.ndarray) -> np.ndarray:
    """A node and a word below it as one number."""
    return (node << np.uint64(32)) | word
