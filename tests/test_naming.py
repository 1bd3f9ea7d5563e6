"""Automatic names of objects."""

from __future__ import annotations

import threading

import pytest

from keraslite import naming


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("Dense", "dense"),
        ("MaxPooling2D", "max_pooling2d"),
        ("Conv2DTranspose", "conv2d_transpose"),
        ("LSTM", "lstm"),
        ("SimpleRNN", "simple_rnn"),
        ("GlobalAveragePooling1D", "global_average_pooling1d"),
        ("MultiHeadAttention", "multi_head_attention"),
    ],
)
def test_snake_case(name, snake):
    assert naming.to_snake_case(name) == snake


def test_names_count_up_until_they_are_reset():
    naming.reset_names()
    assert [naming.auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    others = []
    thread = threading.Thread(target=lambda: others.append(naming.auto_name("Dense")))
    thread.start()
    thread.join()
    assert others == ["dense"]
    naming.reset_names()
    assert naming.auto_name("Dense") == "dense"
