"""Several engines, threads and devices in one process."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, ops
from keraslite.backend import registry
from keraslite.errors import ArgumentError, MixedEnginesError

ENGINES = registry.installed()
X = np.linspace(-1, 1, 24 * 6 * 6).reshape(24, 6, 6, 1).astype("float32")


def net():
    """A model with state, randomness and an RNN, compiled."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization(),
        layers.Reshape((4, 12)), layers.GRU(4), layers.Dropout(0.5), layers.Dense(2, activation="softmax", name="head"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def plain():
    """A model that compiles quickly, with dropout and running means."""
    keras.utils.set_random_seed(6)
    model = keras.Sequential([
        keras.Input((6, 6, 1)), layers.Flatten(), layers.BatchNormalization(), layers.Dropout(0.2),
        layers.Dense(2, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def at_once(count, work):
    """`work(i)` in so many threads that start together; the first exception is raised."""
    results, raised, gate = [None] * count, [], threading.Barrier(count)

    def run(i):
        try:
            gate.wait()
            results[i] = work(i)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return results


def test_predict_from_16_threads_that_know_nothing_of_the_engine(backend):
    """A thread starts with the process default engine; the model's own is used."""
    model = net()
    parts = [X[i : i + 8 + i % 3] for i in range(16)]  # three batch shapes, so that programs are compiled at once too
    results = at_once(16, lambda i: [model.predict(parts[i], batch_size=4, verbose=0) for _ in range(3)])
    for part, several in zip(parts, results, strict=True):
        expected = model.predict(part, batch_size=4, verbose=0)
        for result in several:
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


def test_engine_and_policy_are_of_the_thread():
    default = keras.config.backend()

    def work(i):
        name, policy = ENGINES[i % len(ENGINES)], ["float32", "mixed_bfloat16"][i // len(ENGINES) % 2]
        before = keras.config.backend(), keras.config.dtype_policy().name
        with keras.use_backend(name), keras.dtype_policies.use_dtype_policy(policy):
            dense = layers.Dense(2)
            y = dense(np.ones((1, 3), "float32"))
            seen = registry.load(name).dtype_name(y), dense.kernel.engine.name, keras.config.backend()
        assert seen == ({"float32": "float32", "mixed_bfloat16": "bfloat16"}[policy], name, name)
        return before, (keras.config.backend(), keras.config.dtype_policy().name)

    for before, after in at_once(16, work):
        assert before == after == (default, "float32")


@pytest.mark.parametrize("first", [name for name in ENGINES if name != "numpy"])
@pytest.mark.parametrize("second", [name for name in ENGINES if name != "numpy"])
def test_mixing_engines_names_both(first, second):
    if first == second:
        return
    a, b = (registry.load(name).to_tensor(np.ones((2, 3), "float32"), None, None) for name in (first, second))
    mixtures = [lambda: ops.add(a, b), lambda: ops.concatenate([a, b]), lambda: layers.Add()([a, b])]
    for mixture in mixtures:
        with pytest.raises(MixedEnginesError, match=f"(?s)(?=.*'{first}')(?=.*'{second}')"):
            mixture()
    with keras.use_backend(first):
        dense = layers.Dense(2, name="here")
        dense(np.ones((1, 3), "float32"))
    for mixture in (lambda: dense(b), lambda: ops.matmul(b, dense.kernel), lambda: dense.kernel + b[:, :2][:1]):
        with pytest.raises(TypeError, match=f"(?s)(?=.*'{first}')(?=.*'{second}')"):
            mixture()


def built(layer):
    layer.build((None, 3))
    return layer


def called(layer):
    layer(np.ones((1, 3), "float32"))
    return layer


GIVEN = {
    "a layer without weights": lambda x: layers.ReLU()(x),
    "one that was called": lambda x: called(layers.ReLU())(x),
    "a user's layer": lambda x: Doubles()(x),
    "a new layer": lambda x: layers.Dense(2)(x),
    "a built layer": lambda x: built(layers.Dense(2))(x),
    "a called layer": lambda x: called(layers.Dense(2))(x),
    "by name": lambda x: called(layers.Dense(2))(inputs=x),
    "one of several": lambda x: layers.Add()([np.ones((2, 3), "float32"), x]),
    "beside a symbolic one": lambda x: layers.Add()([keras.Input((3,)), x]),
    "a new model": lambda x: keras.Sequential([layers.Flatten(), layers.Dense(2)])(x),
    "a model": lambda x: keras.Sequential([keras.Input((3,)), layers.Dense(2)])(x),
    "a variable": lambda x: keras.Variable(np.ones((2, 3), "float32")).assign(x),
    "weights": lambda x: called(layers.Dense(3, use_bias=False)).set_weights([keras.ops.concatenate([x, x[:1]])]),
    "a metric": lambda x: keras.metrics.Mean().update_state(x),
}


class Doubles(layers.Layer):
    def call(self, x):
        return x * 2


PAIRS = [(own, other) for own in ENGINES for other in ENGINES if other not in (own, "numpy")]


@pytest.mark.parametrize(("own", "other"), PAIRS)
@pytest.mark.parametrize("to", GIVEN)
def test_a_tensor_of_another_engine_is_refused_by_what_has_an_engine(own, other, to):
    tensor = registry.load(other).to_tensor(np.ones((2, 3), "float32"), None, None)
    with (
        keras.use_backend(own),
        pytest.raises(MixedEnginesError, match=f"(?s)(?=.*'{own}')(?=.*'{other}').*ops.convert_to_numpy"),
    ):
        GIVEN[to](tensor)


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_converting_and_data_for_training_take_tensors_of_any_engine(own, other):
    values = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    tensor = registry.load(other).to_tensor(values, None, None)
    engine = registry.load(own)
    with keras.use_backend(own):
        for x, dtype in ((ops.convert_to_tensor(tensor), "float32"), (ops.array(tensor, dtype="int32"), "int32")):
            assert isinstance(x, tuple(engine.tensor_types))
            assert engine.dtype_name(x) == dtype
            np.testing.assert_array_equal(ops.convert_to_numpy(x), values)
        with keras.use_backend(other):
            variable = keras.Variable(values)
        assert isinstance(ops.convert_to_tensor(variable), tuple(engine.tensor_types))
        model = keras.Sequential([keras.Input((3,)), layers.Dense(2)])
        expected = model.predict(values, verbose=0)
        np.testing.assert_allclose(model.predict(tensor, verbose=0), expected, rtol=1e-6)
        assert isinstance(model(ops.convert_to_tensor(tensor)), tuple(engine.tensor_types))


@pytest.mark.parametrize(("own", "other"), PAIRS)
def test_functions_run_where_their_tensors_are(own, other):
    tensor = registry.load(other).to_tensor(np.ones((2, 3), "float32"), None, None)
    calls = [
        lambda: ops.exp(tensor), lambda: keras.losses.mean_squared_error(tensor, tensor),
        lambda: keras.losses.MeanAbsoluteError()(tensor, tensor),
        lambda: keras.activations.relu(tensor, max_value=2.0), lambda: keras.activations.mish(tensor),
        lambda: keras.constraints.MaxNorm()(tensor), lambda: keras.regularizers.L2()(tensor),
        lambda: keras.regularizers.L1L2(l1=0.1)(tensor), lambda: keras.regularizers.L1L2()(tensor),
    ]  # fmt: skip
    with keras.use_backend(own):
        for call in calls:
            assert registry.engine_of(call()).name == other


def test_tensors_decide_the_engine(backend):
    tensor = registry.load(backend).to_tensor(np.ones(3, "float32"), None, None)
    with keras.use_backend("torch" if backend != "torch" and "torch" in ENGINES else "numpy"):
        result = ops.exp(tensor)
    if backend != "numpy":
        assert registry.engine_of(result).name == backend


@pytest.mark.parametrize("other", ENGINES)
def test_a_trained_model_moves_to_another_engine(differentiating_backend, other):
    model = plain()
    y = np.arange(24) % 2
    model.fit(X, y, batch_size=8, verbose=0)
    moved = model.to_backend(other)
    assert {v.engine.name for v in moved.variables} == {other}
    np.testing.assert_allclose(moved.predict(X, verbose=0), model.predict(X, verbose=0), atol=1e-5)
    assert moved.evaluate(X, y, verbose=0) == pytest.approx(model.evaluate(X, y, verbose=0), abs=1e-4)
    assert int(moved.optimizer.iterations.numpy()) == 3
    if other != "numpy":  # outside of any `use_backend(other)`
        moved.fit(X, y, batch_size=8, verbose=0)
        assert int(moved.optimizer.iterations.numpy()) == 6


def test_device(backend):
    with keras.device("cpu:0"):
        variable = keras.Variable(np.ones(3, "float32"))
        model = net()
        printed = io.StringIO()
        keras.config.explain(printed)
    engine = registry.load(backend)
    for each in (variable, *model.variables):
        assert engine.device_of(each.value) == "cpu:0", each.path
    assert re.search(r"device +cpu:0 +.*cpu:0", printed.getvalue())
    with pytest.raises(ArgumentError, match=f"'{backend}'.*cpu:0.*Received 'gpu:77'"), keras.device("gpu:77"):
        pass
    with pytest.raises(ArgumentError, match="Received 'cpuu:0'"), keras.device("cpuu"):
        pass


# A second processor, as JAX makes one up for tests.
ELSEWHERE = """
import os, sys
import numpy as np
import keraslite as keras
from keraslite.backend import registry

def places(model):
    return {registry.current().device_of(v.value) for v in model.variables}

x, y = np.ones((8, 3), "float32"), np.zeros(8)
with keras.device("cpu:1"):
    stack = [keras.layers.Dense(4), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *stack])
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    assert places(model) == {"cpu:1"}, places(model)
    model.save(sys.argv[1])
    expected = model.predict(x, verbose=0)
    keras.config.explain()
# The variables decide, outside of the block too.
assert np.allclose(model.predict(x, verbose=0), expected)
model.fit(x, y, verbose=0)
assert places(model) == {"cpu:1"}, places(model)
loaded = keras.models.load_model(sys.argv[1])
assert places(loaded) == {"cpu:0"}, places(loaded)
assert np.allclose(loaded.predict(x, verbose=0), expected, atol=1e-6)
loaded.fit(x, y, verbose=0)
"""


@pytest.mark.skipif("jax" not in ENGINES, reason="needs jax")
def test_a_model_of_one_device_loads_on_another(tmp_path):
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    done = subprocess.run([sys.executable, "-c", ELSEWHERE, str(tmp_path / "m.keras")], env=environment,
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(r"device +cpu:1 +of cpu:0, cpu:1", done.stdout)
