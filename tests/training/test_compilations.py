"""How often programs are compiled: once for each of them and each shape, as the engines count it."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager

import numpy as np
import pytest

from keraslite import layers, losses
from keraslite.backend import registry
from keraslite.errors import RecompilationWarning
from keraslite.models import Sequential
from keraslite.training import pace
from keraslite.training.pace import Pace
from keraslite.training.steps import Steps
from keraslite.utils import set_random_seed

pytestmark = pytest.mark.fast_path("replayed_steps", "step_loops")

G = np.random.default_rng(5)
X, Y = G.normal(size=(20, 6)).astype("float32"), G.integers(0, 3, 20)
PROGRAMS, SHAPES = ("train", "test", "predict"), 2  # whole batches of 8, and the last of 4


def made(dropout=0.2):
    rows = [layers.Input((6,)), layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(dropout)]
    model = Sequential([*rows[: None if dropout else 3], layers.Dense(3)], name="net")
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def ordinary(model):
    """Training for some epochs, evaluation and prediction; each shape in each program three times."""
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0, validation_data=(X, Y))
    model.evaluate(X, Y, batch_size=8, verbose=0)
    for _ in range(3):
        model.predict(X, batch_size=8, verbose=0)
    model.train_on_batch(X[:8], Y[:8])
    model.test_on_batch(X[:8], Y[:8])
    model.predict_on_batch(X[:4])


class JaxLog(logging.Handler):
    """Names of what JAX compiles."""

    def __init__(self):
        super().__init__()
        self.names = []

    def emit(self, record):
        text = record.getMessage()
        if text.startswith("Finished XLA compilation of "):
            self.names.append(text.split()[4])


@contextmanager
def counting(monkeypatch):
    """Gives a function: how many steps the engine compiled or recorded, and how many other programs."""
    engine = registry.current()
    if engine.name == "jax":
        jax = pytest.importorskip("jax")
        log, logger = JaxLog(), logging.getLogger("jax._src.dispatch")
        logger.addHandler(log)
        try:
            with jax.log_compiles():
                yield lambda: (log.names.count("jit(strong)"), len(log.names) - log.names.count("jit(strong)"))
        finally:
            logger.removeHandler(log)
    elif engine.name == "tensorflow":
        tf = pytest.importorskip("tensorflow")
        functions, function = [], tf.function

        def counted(*args, **kwargs):
            functions.append(function(*args, **kwargs))
            return functions[-1]

        monkeypatch.setattr(tf, "function", counted)
        yield lambda: (sum(each.experimental_get_tracing_count() for each in functions), 0)
    else:
        recordings, record = [], engine.record

        def recorded(*args):
            recordings.append(args)
            return record(*args)

        monkeypatch.setattr(engine, "record", recorded)
        yield lambda: (len(recordings), 0)


def test_one_compilation_for_each_program_and_shape(differentiating_backend, monkeypatch):
    with counting(monkeypatch) as compiled:
        model = made()
        ordinary(model)
        steps, others = compiled()
        assert steps == len(PROGRAMS) * SHAPES
        ordinary(model)
        assert compiled() == (steps, others)  # nor anything else


@pytest.mark.parametrize("kind", PROGRAMS)
def test_python_runs_once_for_each_shape(differentiating_backend, monkeypatch, kind):
    """And once more on engines without state of their own, to find out what is assigned."""
    runs, step = [], getattr(Steps, f"{kind}_step")

    def counted(self, data):
        runs.append(True)
        return step(self, data)

    monkeypatch.setattr(Steps, f"{kind}_step", counted)
    ordinary(made())
    capabilities = registry.current().capabilities
    if "compile" not in capabilities:
        pytest.skip("a step that is not all keraslite's own is not replayed")
    assert len(runs) == SHAPES + ("native_state" not in capabilities)


def test_the_loop_over_steps_is_one_program(differentiating_backend, monkeypatch):
    if registry.current().loop_compile is None:
        pytest.skip("no loops here")
    for name, value in (("_INVESTED", 0.0), ("_SHORT", 1e9), ("_MEASURED", 4), ("GROUP", 4)):
        monkeypatch.setattr(pace, name, value)
    judge = Pace._judge
    monkeypatch.setattr(Pace, "_judge", lambda self, seconds: judge(self, 0.0 if self.group > 1 else seconds))
    model = made(dropout=0)
    with counting(monkeypatch) as compiled:
        for _ in range(3):
            model.fit(np.tile(X, (2, 1)), np.tile(Y, 2), batch_size=2, epochs=3, verbose=0)
        abstract = "native_state" in registry.current().capabilities  # what a scan gives is traced by TensorFlow too
        assert compiled()[0] == 2 + abstract
    program = model._train_program()
    assert program.pace.group == 4
    assert len(program._call.programs) == len(program._loop.programs) == 1


def test_ordinary_training_is_not_reported(differentiating_backend):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = made()
        ordinary(model)
        model.fit(X, Y, batch_size=8, epochs=2, verbose=0, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
        model.evaluate(X, Y, batch_size=8, verbose=0, sample_weight=np.ones(20))


CALLS = {
    "training": lambda model, x, y: model.train_on_batch(x, y),
    "evaluation": lambda model, x, y: model.evaluate(x, y, verbose=0),
    "prediction": lambda model, x, y: model.predict(x, verbose=0),
}


SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize("kind", CALLS)
def test_the_ninth_size_of_batches_of_a_step_is_reported(differentiating_backend, kind):
    model = made()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for size in SIZES:
            assert len(caught) == (size > 9)
            for _ in range(3):
                CALLS[kind](model, X[:size], Y[:size])
    (found,) = caught
    assert found.category is RecompilationWarning
    assert found.filename == __file__
    text = str(found.message)
    assert text.startswith(f"The {kind} step of model 'net' was ")
    targets = {n: "" if kind == "prediction" else f" with ({n},)" for n in range(1, 10)}
    assert f"differ: {', '.join(f'({n}, 6){targets[n]}' for n in targets)}. Each new shape" in text
    assert "`drop_remainder=True`" in text
    assert text.endswith("Or do not compile it: `run_eagerly=True` in `compile`.")


def test_the_fourth_length_of_samples_is_reported(differentiating_backend):
    model = Sequential([layers.Dense(3)], name="net")
    model.build((None, None, 4))
    model.compile("sgd", "mse")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for length in range(1, 7):
            assert len(caught) == (length > 4)
            for _ in range(3):
                model.predict(np.ones((2, length, 4), "float32"), verbose=0)
    assert "(2, 1, 4), (2, 2, 4), (2, 3, 4), (2, 4, 4). Each new shape" in str(caught[0].message)


def test_sizes_of_batches_and_what_is_left_of_each_are_normal(differentiating_backend):
    model = made()
    for _ in range(3):
        model.fit(X, Y, batch_size=6, epochs=2, validation_split=0.25, verbose=0)  # 6, 6, 3 and validation in one of 5
        model.evaluate(X, Y, batch_size=6, verbose=0)
        model.evaluate(X, Y, batch_size=16, verbose=0)
        model.fit(X, Y, batch_size=16, verbose=0)
        for size in (6, 16):
            model.predict(X, batch_size=size, verbose=0)


def test_python_runs_a_few_times_for_many_steps_in_one_call():
    if "jax" not in registry.installed():
        pytest.skip("needs JAX")
    runs, found = [], []

    class Counted(Sequential):
        def train_step(self, data):
            runs.append(True)
            return super().train_step(data)

    with registry.use_backend("jax"):
        for steps in (1, 12):
            set_random_seed(1)
            model = Counted([layers.Input((6,)), layers.Dense(4), layers.Dropout(0.2), layers.Dense(1)])
            model.compile("adam", "mse", metrics=["mae"], steps_per_execution=steps)
            del runs[:]
            history = model.fit(np.tile(X, (3, 1))[:48], np.ones(48), batch_size=2, shuffle=False, epochs=2, verbose=0)
            found.append((history.history, model.get_weights()[0]))
            assert len(runs) <= 4
    (one, weights), (many, kept) = found
    assert many["loss"] == pytest.approx(one["loss"], rel=1e-5)
    assert many["mae"] == pytest.approx(one["mae"], rel=1e-5)
    np.testing.assert_allclose(kept, weights, rtol=1e-4)


def test_a_model_run_eagerly_is_not_reported(differentiating_backend):
    model = made()
    model.run_eagerly = True
    for size in range(1, 7):
        CALLS["training"](model, X[:size], Y[:size])


def test_a_model_that_is_just_called_is_not_reported(differentiating_backend):
    model = made()
    for size in range(1, 12):
        for _ in range(5):
            model(X[:size])
