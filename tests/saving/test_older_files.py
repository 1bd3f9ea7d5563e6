"""Weight files of version 0.1.0, which have layers that add losses, and layers that are attributes, at other paths."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, ops
from keraslite.errors import WeightsMismatchError

X = np.linspace(-1, 1, 12).reshape(4, 3).astype("float32")


class Block(layers.Layer):
    """A layer in it adds a loss, then it does so itself; all are named alike."""

    def __init__(self, **options):
        super().__init__(**options)
        self.inner = layers.Dense(3, activity_regularizer="l2", name="inner")
        self.out = layers.Dense(3)

    def call(self, x):
        y = self.out(self.inner(x))
        self.add_loss(ops.sum(ops.square(y)))
        return y


class Net(Model):
    """Calls its layers in another order than that of their names."""

    def __init__(self):
        super().__init__(name="net")
        self.z, self.a = Block(), Block()
        self.blocks = [Block(), layers.Dense(3, activity_regularizer="l1")]
        self.zz = layers.Dense(3)

    def call(self, x):
        return self.zz(self.blocks[1](self.a(self.blocks[0](self.z(x)))))


def subclassed():
    net = Net()
    net(X)
    return net


SUBCLASSED = {
    "z/inner": "_loss_layers/dense", "z": "_loss_layers/block", "blocks/block/inner": "_loss_layers/dense_1",
    "blocks/block": "_loss_layers/block_1", "a/inner": "_loss_layers/dense_2", "a": "_loss_layers/block_2",
    "blocks/dense": "_loss_layers/dense_3", "layers/dense_1": "zz",
}  # fmt: skip


def sequential():
    return Sequential([
        Input((3,)), layers.Dense(3), layers.Dense(3, activity_regularizer="l2"), layers.Dense(3),
        layers.Dense(3, activity_regularizer="l2"),
    ])  # fmt: skip


STACKED = {"layers/dense_1": "_loss_layers/dense", "layers/dense_3": "_loss_layers/dense_1"}


def nested():
    """Its inner model was called by itself; it and another layer are attributes of the outer one."""
    x = Input((3,))
    inner = Sequential([layers.Dense(3, activity_regularizer="l2"), layers.Dense(3)], name="inner")
    y = layers.Dense(3, name="last")(layers.Dense(3, name="middle")(inner(x)))
    return Model(x, y)


NESTED = {
    "layers/sequential/layers/dense": "layers/sequential/_loss_layers/dense", "layers/sequential": "encoder",
    "layers/dense_1": "heads/dense",
}  # fmt: skip


def move(path, moves):
    """Put groups where the older version had them."""
    with h5py.File(path, "a") as file:
        for now, before in moves.items():
            if now in file:
                file.move(now, before)


CASES = {"subclassed": (subclassed, SUBCLASSED), "sequential": (sequential, STACKED), "nested": (nested, NESTED)}


@pytest.mark.parametrize("case", CASES)
def test_values_come_to_their_layers(case, backend, tmp_path):
    make, moves = CASES[case]
    path = tmp_path / "net.weights.h5"
    net, other = make(), make()
    for each in (net, other) if case == "nested" else ():
        rename(each)
    net.save_weights(path)
    move(path, moves)
    other.load_weights(path)
    for a, b in zip(net.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def rename(net):
    """Names from a config are the same in the model that was saved and the one that is made of it."""
    for i, layer in enumerate(net.layers):
        layer.name = f"layer_{i}"


def test_what_is_not_clear_is_an_error(tmp_path):
    path = tmp_path / "net.weights.h5"
    net = sequential()
    net.save_weights(path)
    move(path, {**STACKED, "layers/dense_2": "_loss_layers/dense_2"})
    with pytest.raises(WeightsMismatchError, match="unexpected: _loss_layers/dense_2"):
        sequential().load_weights(path)
    net.save_weights(path)
    move(path, {"layers/dense_2": "lost", "layers/dense": "found"})
    with pytest.raises(WeightsMismatchError, match="unexpected: lost"):
        sequential().load_weights(path)
