"""Sequences of different lengths in rows of one length."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops
from keraslite.errors import ArgumentError
from keraslite.utils import pack_sequences


@pytest.mark.parametrize("seed", range(5))
def test_every_element_is_there_once_and_rows_are_full(seed):
    draw = np.random.default_rng(seed)
    sequences = [draw.integers(1, 100, draw.integers(0, 9)) for _ in range(60)]
    packed = pack_sequences(sequences, 8)
    found = {}
    for values, segments, positions, indices in zip(*packed, strict=True):
        assert sorted(set(segments.tolist()) - {0}) == list(range(1, len(indices) + 1))
        for segment, index in enumerate(indices, 1):
            there = segments == segment
            assert positions[there].tolist() == list(range(len(sequences[index])))
            found[index] = values[there].tolist()
        assert not values[segments == 0].any()
    assert found == {i: each.tolist() for i, each in enumerate(sequences) if len(each)}
    free = np.sort((packed.segments == 0).sum(1))
    assert (free[1:-1] + free[:-2] < 8).all()  # no two rows fit into one, but for the last
    assert len(packed.values) <= 1.25 * sum(map(len, sequences)) / 8 + 1


def test_elements_that_are_arrays_and_longer_sequences():
    frames = [np.full((n, 2), n, "float32") for n in (5, 2, 0)]
    with pytest.raises(ArgumentError, match=r"at most 3 elements. Received 5 at 0. Set `split=True`"):
        pack_sequences(frames, 3, "float32")
    packed = pack_sequences(frames, 3, "float32", value=-1, split=True)
    assert packed.values.shape == (3, 3, 2)
    assert packed.indices == [[0], [0], [1]]
    assert packed.values[2].tolist() == [[2, 2], [2, 2], [-1, -1]]
    assert pack_sequences([], 3).values.shape == (0, 3)
    for bad in ([[1], [[2]]], [3]):
        with pytest.raises(ArgumentError, match="elements of one shape"):
            pack_sequences(bad, 3)
    with pytest.raises(ArgumentError, match="maxlen"):
        pack_sequences([[1]], 0)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_in_a_row_is_that_of_each_sequence(backend, causal):
    draw = np.random.default_rng(0)
    sequences = [draw.normal(size=(n, 4)).astype("float32") for n in (3, 2, 4, 1)]
    packed = pack_sequences(sequences, 5, "float32")
    assert len(packed.values) == 2
    layer = layers.MultiHeadAttention(2, 3)
    found = ops.convert_to_numpy(layer(packed.values, packed.values, attention_mask=packed.attention_mask(causal)))
    for row, indices in enumerate(packed.indices):
        for segment, index in enumerate(indices, 1):
            alone = sequences[index][None]
            expected = ops.convert_to_numpy(layer(alone, alone, use_causal_mask=causal))[0]
            np.testing.assert_allclose(found[row][packed.segments[row] == segment], expected, rtol=1e-5, atol=1e-6)
