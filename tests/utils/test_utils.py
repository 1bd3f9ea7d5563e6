"""The functions of `keras.utils`."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from keraslite import layers, ops
from keraslite.errors import ArgumentError
from keraslite.utils import clear_session, normalize, pad_sequences, to_categorical


def test_to_categorical():
    assert to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert to_categorical(np.array([[1], [0]]), 2).tolist() == [[0, 1], [1, 0]]
    assert to_categorical([[0, 1]], 2).shape == (1, 2, 2)
    assert to_categorical([0, 1]).dtype == np.float32
    with pytest.raises(ArgumentError, match="from 0 to 1. Received 5"):
        to_categorical([0, 5], 2)
    with pytest.raises(ArgumentError, match="Received -1"):
        to_categorical([-1, 0])
    with pytest.raises(ArgumentError, match="indices"):
        to_categorical(["a"])


def test_to_categorical_of_tensors(differentiating_backend):
    found = to_categorical(ops.convert_to_tensor([[0], [2]]), 3)
    assert ops.convert_to_numpy(found).tolist() == [[1, 0, 0], [0, 0, 1]]


def test_normalize():
    np.testing.assert_allclose(normalize(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
    np.testing.assert_allclose(normalize([3.0, 4.0]), [0.6, 0.8])
    np.testing.assert_allclose(normalize(np.array([[1.0, 3.0]]), order=1), [[0.25, 0.75]])


def test_pad_sequences():
    sequences = [[1], [2, 3], [4, 5, 6]]
    assert pad_sequences(sequences).tolist() == [[0, 0, 1], [0, 2, 3], [4, 5, 6]]
    assert pad_sequences(sequences, padding="post", value=-1).tolist() == [[1, -1, -1], [2, 3, -1], [4, 5, 6]]
    assert pad_sequences(sequences, maxlen=2).tolist() == [[0, 1], [2, 3], [5, 6]]
    assert pad_sequences(sequences, maxlen=2, truncating="post").tolist() == [[0, 1], [2, 3], [4, 5]]
    assert pad_sequences([[[1.0, 2.0]], []], dtype="float32").shape == (2, 1, 2)
    with pytest.raises(ArgumentError, match="padding"):
        pad_sequences(sequences, padding="left")
    with pytest.raises(ArgumentError, match="list of sequences"):
        pad_sequences([1, 2])
    with pytest.raises(ArgumentError, match="one shape"):
        pad_sequences([[[1, 2]], [[1]]])


@pytest.mark.parametrize("free_memory", [True, False])
def test_clear_session(free_memory):
    clear_session()
    assert [layers.Dense(1).name for _ in range(2)] == ["dense", "dense_1"]
    cycle = Cycle()
    seen = weakref.ref(cycle)
    gc.disable()  # nobody but `clear_session` looks for garbage
    try:
        del cycle
        clear_session(free_memory=free_memory)
        assert (seen() is None) is free_memory
    finally:
        gc.enable()
    assert layers.Dense(1).name == "dense"


class Cycle:
    """Garbage as soon as nobody holds it, though it is referred to."""

    def __init__(self):
        self.itself = self
