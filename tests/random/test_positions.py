"""`random.position`: draws that depend on where a sample stands in its data."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops, random
from keraslite.errors import ArgumentError
from keraslite.random import generators, positions


def drawn(generator, index, epoch=0, count=1):
    with random.position(index, epoch):
        return [float(random.uniform((), seed=generator)) for _ in range(count)]


def test_a_draw_depends_on_seed_epoch_index_and_turn(backend):
    generator, other = random.SeedGenerator(1), random.SeedGenerator(2)
    values = [
        *drawn(generator, 0, count=2), *drawn(generator, 1), *drawn(generator, 0, 1), *drawn(other, 0),
    ]  # fmt: skip
    assert len(set(values)) == 5
    assert drawn(generator, 0, count=2) == values[:2]
    assert drawn(random.SeedGenerator(1), 1) == values[2:3]
    assert generator.state.numpy().tolist() == [1, 0]
    float(random.uniform((), seed=generator))
    assert drawn(generator, 0) == values[:1]  # whatever was drawn before
    assert generator.state.numpy().tolist() == [1, 1]


def test_indices_may_be_tensors(backend):
    generator = random.SeedGenerator(1)
    assert drawn(generator, ops.convert_to_tensor(5)) == drawn(generator, 5) == drawn(generator, np.int64(5))


def test_positions_nest_and_end(backend):
    generator = random.SeedGenerator(1)
    outer = drawn(generator, 3, count=2)
    with random.position(3):
        first = float(random.uniform((), seed=generator))
        drawn(generator, 4)
        second = float(random.uniform((), seed=generator))
    assert [first, second] == outer
    assert positions.current() is None


def test_dropout_and_the_global_generator_follow(backend):
    layer, x = layers.Dropout(0.5), np.ones((8, 8), "float32")
    calls = []
    for _ in range(2):
        with random.position(2):
            calls.append([ops.convert_to_numpy(layer(x, training=True)), float(random.uniform(()))])
    np.testing.assert_array_equal(calls[0][0], calls[1][0])
    assert calls[0][1] == calls[1][1]


@pytest.mark.parametrize(("index", "epoch"), [(-1, 0), (0, -1), (0.5, 0), ("a", 0), (0, None)])
def test_what_is_no_position(index, epoch):
    with pytest.raises(ArgumentError, match="non-negative integer"), random.position(index, epoch):
        pass


def test_an_index_is_one_number(backend):
    if backend != "numpy":
        with pytest.raises(ArgumentError, match="one number"), random.position(ops.zeros((2,), "int32")):
            pass


def test_portable_draws_need_no_setting(backend):
    with generators.portable():
        values = ops.convert_to_numpy(random.uniform((3,), seed=1))
        gammas = [ops.convert_to_numpy(random.gamma((4000,), alpha, seed=1)) for alpha in (0.3, 2.5)]
    for alpha, found in zip((0.3, 2.5), gammas, strict=True):
        assert (found > 0).all()
        np.testing.assert_allclose([found.mean(), found.var()], [alpha, alpha], rtol=0.15)
    np.testing.assert_allclose(values, [0.70394367, 0.05771494, 0.58952564], rtol=1e-6)
