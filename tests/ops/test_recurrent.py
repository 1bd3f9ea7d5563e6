"""A whole LSTM or GRU as one op, which engines fuse: it agrees with its steps, and so do all derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms, tree
from keraslite.backend import registry
from keraslite.ops.recurrent import gru, gru_step, lstm, lstm_step

G = np.random.default_rng(0)
BATCH, TIME, FEATURES, UNITS = 3, 5, 4, 6
MASK = np.array([[True] * 5, [True, False, True, False, False], [False] * 5])
WEIGHTS = [G.normal(size=shape).astype("float32") for shape in ((BATCH, TIME, UNITS), (BATCH, UNITS), (BATCH, UNITS))]


def draw(gates, states, *bias):
    shapes = [(BATCH, TIME, FEATURES), *[(BATCH, UNITS)] * states, (FEATURES, gates * UNITS), (UNITS, gates * UNITS)]
    return [G.normal(scale=0.5, size=shape).astype("float32") for shape in (*shapes, (*bias, gates * UNITS))]


def lstm_by_steps(inputs, h, c, kernel, recurrent_kernel, bias, mask):
    outputs = []
    for i in range(TIME):
        new = lstm_step(inputs[:, i] @ kernel + bias + h @ recurrent_kernel, c)
        h, c = (ops.where(mask[:, i, None], x, y) for x, y in zip(new, (h, c), strict=True))
        outputs.append(h)
    return ops.stack(outputs, axis=1), h, c


def gru_by_steps(inputs, h, kernel, recurrent_kernel, bias, mask):
    outputs = []
    for i in range(TIME):
        new = gru_step(inputs[:, i] @ kernel + bias[0], h @ recurrent_kernel + bias[1], h)
        h = ops.where(mask[:, i, None], new, h)
        outputs.append(h)
    return ops.stack(outputs, axis=1), h


GIVEN = {"lstm": draw(4, 2), "gru": draw(3, 1, 2)}
WHOLE, BY_STEPS = {"lstm": lstm, "gru": gru}, {"lstm": lstm_by_steps, "gru": gru_by_steps}
#: The op, and its mask.
KINDS = {"lstm": ("lstm", None), "masked lstm": ("lstm", MASK), "gru": ("gru", None), "masked gru": ("gru", MASK)}


def runs(kind):
    """The op and its steps, as functions of the same tensors."""
    name, mask = KINDS[kind]

    def whole(*given):
        return WHOLE[name](*given, mask=mask, return_sequences=True)

    def by_steps(*given):
        return BY_STEPS[name](*given, np.ones_like(MASK) if mask is None else mask)

    return (whole, by_steps), [ops.convert_to_tensor(x) for x in GIVEN[name]]


def loss_of(run):
    return lambda *given: sum(ops.sum(ops.multiply(w, y) * y) for w, y in zip(WEIGHTS, run(*given), strict=False))


def gradients_of(run):
    return lambda *given: transforms.grad(loss_of(run), argnums=tuple(range(len(given))))(*given)


def slopes_of(run):
    def squares(*given):
        return sum(ops.sum(ops.square(g)) for g in gradients_of(run)(*given))

    return lambda *given: transforms.grad(squares, argnums=tuple(range(len(given))))(*given)


WAYS = {
    "outputs": lambda run: run,
    "compiled": lambda run: transforms.jit(run),
    "gradients": gradients_of,
    "gradients compiled": lambda run: transforms.jit(gradients_of(run)),
    "gradients of gradients": slopes_of,
    "forward mode": lambda run: lambda *given: transforms.jvp(loss_of(run), given, tuple(map(np.ones_like, given))),
    "mapped": lambda run: lambda x, *rest: transforms.vmap(lambda shift: run(x + shift, *rest)[1])(ops.arange(2.0)),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_all_steps_at_once(kind, way, differentiating_backend):
    if not {"lstm", "gru"} & set(registry.current().kernels) and kind != "masked lstm":
        pytest.skip("the steps are what it is made of here")
    (whole, by_steps), given = runs(kind)
    found, expected = (tree.leaves(WAYS[way](run)(*given)) for run in (whole, by_steps))
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(x), ops.convert_to_numpy(y), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("kind", ["lstm", "masked gru"])
def test_all_steps_at_once_by_xla(kind):
    tf = pytest.importorskip("tensorflow")
    with registry.use_backend("tensorflow"):
        (whole, by_steps), given = runs(kind)
        found = tf.function(gradients_of(whole), jit_compile=True)(*given)
        expected = gradients_of(by_steps)(*given)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("kind", ["masked lstm", "masked gru"])
def test_a_masked_step_may_hold_anything(kind, backend):
    name, mask = KINDS[kind]
    x, *rest = GIVEN[name]
    hidden = np.where(mask[..., None], x, np.nan)
    found, expected = (WHOLE[name](inputs, *rest, mask=mask, return_sequences=True) for inputs in (hidden, x))
    for y, z in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(y), ops.convert_to_numpy(z))
