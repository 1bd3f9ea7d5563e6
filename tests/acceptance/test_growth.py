"""Steps leave nothing behind: after hundreds of steps, as many objects are alive as before.

`python -m benchmarks.growth` looks at ten thousand of them, and at memory.
"""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from keraslite import config, layers, losses, ops, optimizers
from keraslite.callbacks import LambdaCallback
from keraslite.models import Sequential
from keraslite.transforms import jit, value_and_grad

G = np.random.default_rng(8)
X, Y = G.normal(size=(38, 5)).astype("float32"), G.integers(0, 3, 38)  # ten batches of 4, the last of which has 2
WARM, STEPS = 60, 150
SLOW = ("ops and gradients",)  # Python at every step


def made():
    model = Sequential([layers.Input((5,)), layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.1),
                        layers.Dense(3, "softmax")])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(*callbacks):
    model = made()
    return lambda steps: model.fit(X, Y, batch_size=4, epochs=steps // 10, verbose=0, callbacks=list(callbacks),
                                   validation_data=(X, Y), validation_freq=2)  # fmt: skip


def each(call):
    def run(steps):
        for _ in range(steps):
            call()

    return run


def on_model(call):
    model, x = made(), ops.convert_to_tensor(X[:4])
    return each(lambda: call(model, x))


def evaluate():
    model = made()
    return lambda steps: [model.evaluate(X, Y, batch_size=4, verbose=0) for _ in range(steps // 10)]


def own_step(wrap):
    model, optimizer = made(), optimizers.SGD(0.01)
    variables = model.trainable_variables
    optimizer.build(variables)
    x, y = ops.convert_to_tensor(X[:4]), ops.convert_to_tensor(Y[:4])

    def loss(x, y):
        return ops.mean(losses.sparse_categorical_crossentropy(y, model(x, training=True)))

    def step(x, y):
        value, gradients = value_and_grad(loss, variables)(x, y)
        optimizer.apply(gradients, variables)
        return value

    step = wrap(step)
    return each(lambda: step(x, y))


LOOPS = {
    "fit": fit,
    "fit with a callback": lambda: fit(LambdaCallback(on_train_batch_end=lambda step, logs: logs["loss"])),
    "train_on_batch": lambda: on_model(lambda model, x: model.train_on_batch(X[:4], Y[:4])),
    "evaluate": evaluate,
    "predict": lambda: on_model(lambda model, x: model.predict(X[:1], verbose=0)),
    "model(x)": lambda: on_model(lambda model, x: model(x)),
    "ops and gradients": lambda: own_step(lambda step: step),
    "jit": lambda: own_step(jit),
    "jit with replay": lambda: own_step(lambda step: jit(step, replay=True)),
}


def live():
    """Objects, but for references to what is gone: JAX keeps up to 8,192 of those in a cache."""
    gc.collect()
    gc.collect()
    return sum(not (type(x) is weakref.ReferenceType and x() is None) for x in gc.get_objects())


@pytest.mark.one_engine
@pytest.mark.parametrize("loop", LOOPS)
def test_no_more_objects_after_more_steps(differentiating_backend, loop):
    config.enable_fast_paths(False, "step_loops")  # a program that is compiled in between is no leak
    run = LOOPS[loop]()
    run(WARM)
    gc.collect()
    gc.freeze()  # `live` is quick, and does not count what other tests have left
    try:
        run(WARM // 3)
        before = live()
        steps = STEPS // 3 if loop in SLOW else STEPS
        run(steps)
        assert live() - before < steps / 10
    finally:
        gc.unfreeze()
