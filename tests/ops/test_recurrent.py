"""A whole LSTM as one op, which engines fuse: it agrees with its steps, and so do all derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.ops.recurrent import lstm, lstm_step

G = np.random.default_rng(0)
BATCH, TIME, FEATURES, UNITS = 3, 5, 4, 6
SHAPES = [(BATCH, TIME, FEATURES), (BATCH, UNITS), (BATCH, UNITS), (FEATURES, 4 * UNITS), (UNITS, 4 * UNITS),
          (4 * UNITS,)]  # fmt: skip
GIVEN = [G.normal(scale=0.5, size=shape).astype("float32") for shape in SHAPES]
ALL = tuple(range(len(GIVEN)))
WEIGHTS = [G.normal(size=shape).astype("float32") for shape in ((BATCH, TIME, UNITS), (BATCH, UNITS), (BATCH, UNITS))]


def by_steps(inputs, h, c, kernel, recurrent_kernel, bias):
    outputs = []
    for i in range(TIME):
        h, c = lstm_step(inputs[:, i] @ kernel + bias + h @ recurrent_kernel, c)
        outputs.append(h)
    return ops.stack(outputs, axis=1), h, c


def fused(*given):
    return lstm(*given, return_sequences=True)


def loss_of(run):
    return lambda *given: sum(ops.sum(ops.multiply(w, y) * y) for w, y in zip(WEIGHTS, run(*given), strict=True))


def slope_of(run):
    def squares(*given):
        return sum(ops.sum(ops.square(g)) for g in transforms.grad(loss_of(run), argnums=ALL)(*given))

    return transforms.grad(squares, argnums=ALL)


WAYS = {
    "outputs": lambda run: run,
    "compiled": lambda run: transforms.jit(run),
    "gradients": lambda run: transforms.grad(loss_of(run), argnums=ALL),
    "gradients compiled": lambda run: transforms.jit(transforms.grad(loss_of(run), argnums=ALL)),
    "gradients of gradients": slope_of,
    "forward mode": lambda run: lambda *given: transforms.jvp(loss_of(run), given, tuple(map(np.ones_like, given))),
    "mapped": lambda run: lambda x, *rest: transforms.vmap(lambda shift: run(x + shift, *rest)[1])(ops.arange(2.0)),
}


@pytest.mark.parametrize("way", WAYS)
def test_lstm(way, differentiating_backend):
    given = [ops.convert_to_tensor(x) for x in GIVEN]
    found, expected = (tree.leaves(WAYS[way](run)(*given)) for run in (fused, by_steps))
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(x), ops.convert_to_numpy(y), rtol=2e-4, atol=2e-5)


def test_lstm_by_xla():
    tf = pytest.importorskip("tensorflow")
    with registry.use_backend("tensorflow"):
        program = tf.function(transforms.grad(loss_of(fused), argnums=ALL), jit_compile=True)
        found = program(*map(tf.constant, GIVEN))
        expected = transforms.grad(loss_of(by_steps), argnums=ALL)(*GIVEN)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)
