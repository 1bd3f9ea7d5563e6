"""When and by what the first value of a Variable is made."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import keraslite as keras
from keraslite import initializers, ops
from keraslite.backend import registry
from keraslite.errors import ArgumentError, DTypeError, UnknownNameError
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.random import SeedGenerator
from keraslite.transforms import grad, jit, vmap
from keraslite.variable import Variable


class Counted(initializers.RandomUniform):
    """Counts how often it draws."""

    drawn = 0

    def draw(self, generator, shape, dtype):
        self.drawn += 1
        return super().draw(generator, shape, dtype)


def make(initializer, shape=(3, 4), **options) -> Variable:
    return Variable(initializer, shape=shape, dtype="float32", **options)


def test_drawn_when_first_read(backend):
    initializer = Counted(seed=1)
    weight = make(initializer)
    weight.trainable = False
    assert (weight.shape, weight.dtype, initializer.drawn) == ((3, 4), "float32", 0)
    np.testing.assert_array_equal(weight.numpy(), Counted(seed=1).host((3, 4)))
    assert weight.numpy() is not None
    assert initializer.drawn == 1


def test_never_drawn_where_assigned_before(backend):
    initializer = Counted(seed=1)
    weight = make(initializer)
    value = ops.ones((3, 4))
    weight.assign(value)
    weight.assign_add(value)
    assert ops.convert_to_numpy(value).max() == 1
    assert weight.numpy().tolist() == np.full((3, 4), 2).tolist()
    assert initializer.drawn == 0


def test_loading_draws_nothing(backend, tmp_path):
    def model(seed):
        kernel = Counted(seed=seed)
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, kernel_initializer=kernel)]), kernel

    saved, _ = model(1)
    saved.save_weights(tmp_path / "one.weights.h5")
    loaded, kernel = model(2)
    loaded.load_weights(tmp_path / "one.weights.h5")
    x = np.ones((2, 3), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), saved.predict(x, verbose=0))
    assert kernel.drawn == 0


def test_seeds_are_taken_in_order_of_creation(backend):
    def pair():
        keras.utils.set_random_seed(3)
        shared = initializers.RandomNormal(seed=SeedGenerator(5))
        return [make(initializers.GlorotUniform()), make(shared), make(shared)]

    first, second = pair(), pair()
    expected = [v.numpy() for v in first]
    backwards = [v.numpy() for v in reversed(second)][::-1]
    for a, b in zip(expected, backwards, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(expected[1], expected[2])


TRANSFORMS = {
    "jit": lambda weight, x: jit(lambda x: ops.sum(weight * x))(x),
    "grad": lambda weight, x: grad(lambda x: ops.sum(weight * x))(x),
    "second": lambda weight, x: grad(lambda x: ops.sum(grad(lambda x: ops.sum(weight * x * x))(x) * x))(x),
    "vmap": lambda weight, x: vmap(lambda row: ops.sum(weight * row))(x),
}


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_first_read_within_a_transform(backend, kind):
    engine = registry.current()
    if kind in ("grad", "second") and "gradients" not in engine.capabilities:
        pytest.skip("no gradients")
    weight = make(initializers.RandomUniform(seed=1), shape=(4,))
    TRANSFORMS[kind](weight, ops.ones((2, 4)))
    expected = initializers.RandomUniform(seed=1).host((4,))
    np.testing.assert_array_equal(weight.numpy(), expected)
    weight.assign(weight.value * 2)
    np.testing.assert_array_equal(weight.numpy(), expected * 2)
    assert isinstance(weight.value, tuple(engine.tensor_types))


def test_two_threads_get_one_storage(backend):
    for _ in range(20):
        weight = make(initializers.RandomUniform(seed=1), shape=(64, 64))
        barrier, storages = threading.Barrier(4), []

        def read(weight=weight, barrier=barrier, storages=storages):
            barrier.wait()
            storages.append(weight.storage)

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(storages) == 4
        assert all(storage is storages[0] for storage in storages)


def test_what_is_wrong_is_said_at_once(backend):
    with pytest.raises(ArgumentError, match="two dimensions"):
        make(initializers.Orthogonal(), shape=(3,))
    with pytest.raises(ArgumentError, match=r"to give shape \(3, 4\)"):
        make(lambda shape, dtype: np.ones(3, dtype))

    class Wrong(initializers.RandomUniform):
        def host(self, shape, dtype=None):
            return np.ones(2, "float32")

    with pytest.raises(ArgumentError, match=r"to give shape \(3, 4\)"):
        make(Wrong())
    if "float8_e4m3fn" not in registry.current().dtype_names.values():
        with pytest.raises(DTypeError):
            Variable(initializers.Zeros(), shape=(2,), dtype="float8_e4m3fn")


def test_a_draw_of_a_wrong_shape_names_the_variable(backend):
    class Wrong(initializers.RandomUniform):
        def draw(self, generator, shape, dtype):
            return np.ones(2, "float32")

    weight = make(Wrong(), name="kernel")
    for _ in range(2):
        with pytest.raises(ArgumentError, match=r"'kernel' needs to give shape \(3, 4\)"):
            weight.numpy()


def test_an_initializer_may_read_another_weight(backend):
    other = make(initializers.Ones())

    class Twice(initializers.RandomUniform):
        def draw(self, generator, shape, dtype):
            return other.numpy() * 2

    assert make(Twice()).numpy().tolist() == np.full((3, 4), 2).tolist()


def test_symbolic_calls_read_no_values(backend):
    """And compute nothing from weights: ops on them give symbolic tensors."""
    initializer, seen = Counted(seed=1), []

    class Scaled(keras.layers.Layer):
        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], 2), initializer=initializer, name="kernel")
            self.count = self.add_weight(shape=(), initializer="zeros", dtype="int32", trainable=False)

        def call(self, x):
            seen.append(self.kernel / ops.sqrt(ops.sum(ops.square(self.kernel))))
            self.count.assign_add(1)
            return x @ seen[-1]

    model = keras.Sequential([keras.Input((3,)), Scaled(dtype="mixed_float16")])
    assert initializer.drawn == 0
    assert isinstance(seen[0], SymbolicTensor)
    assert seen[0].dtype == "float16"
    model(np.ones((1, 3), "float32"))
    assert initializer.drawn == 1
    assert int(model.layers[0].count) == 1


def test_values_can_still_be_asked_for_in_a_symbolic_call(backend):
    class Switched(keras.layers.Layer):
        def build(self, input_shape):
            self.power = self.add_weight(shape=(), initializer="ones", trainable=False)

        def call(self, x):
            return x if float(self.power) == 1 else x * x

    assert keras.Sequential([keras.Input((3,)), Switched()]).output_shape == (None, 3)


@pytest.mark.parametrize(
    ("name", "cls"), [("uniform", "RandomUniform"), ("he_normal", "HeNormal"), ("zeros", "Zeros"), ("Ones", "Ones")]
)
def test_an_initializer_by_name(backend, name, cls):
    keras.utils.set_random_seed(1)
    variable = Variable(name, shape=(3, 4))
    assert (variable.shape, variable.dtype) == ((3, 4), "float32")
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(variable.numpy(), Variable(getattr(initializers, cls)(), shape=(3, 4)).numpy())
    assert Variable(name, (2,), "float16").dtype == "float16"


def test_a_shape_may_be_an_int(backend):
    assert Variable([1.0, 2.0], shape=2).shape == Variable("ones", shape=2).shape == (2,)
    with pytest.raises(ArgumentError, match=r"needs a value of shape \(3,\)"):
        Variable([1.0, 2.0], shape=3)


def test_names_of_nothing():
    with pytest.raises(UnknownNameError, match="Did you mean 'glorot_uniform'"):
        Variable("glorot_unifrom", shape=(2,))
    with pytest.raises(ArgumentError, match="needs `shape`"):
        Variable("uniform")
    for name in ("a/b", 5):
        with pytest.raises(ArgumentError, match="`name` to be a string without '/'"):
            Variable(np.ones(2), name=name)


def test_assigned_before_it_is_read_in_a_compiled_step(backend):
    """What is assigned while a graph is built is no first value."""

    class Last(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="last")
            self.kept = self.add_weight(shape=(2,), initializer="zeros", name="kept")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.kept.assign(ops.mean(y_true, axis=0))

        def result(self):
            return ops.sum(self.kept)

    class Seen(keras.layers.Layer):
        def build(self, shape):
            self.seen = self.add_weight(shape=(3,), trainable=False, name="seen")

        def call(self, x):
            self.seen.assign(ops.mean(x, axis=0))
            return x

    model = keras.Sequential([keras.Input((3,)), Seen(), keras.layers.Dense(2)])
    model.compile("sgd", "mse", metrics=[Last()])
    x, y = np.full((4, 3), 2, "float32"), np.full((4, 2), 3, "float32")
    trains = "gradients" in registry.current().capabilities
    logs = model.fit(x, y, epochs=2, verbose=0).history if trains else model.evaluate(x, y, verbose=0, return_dict=True)
    assert np.ravel(logs["last"])[-1] == 6
    assert not trains or model.layers[0].seen.numpy().tolist() == [2, 2, 2]


def test_made_in_a_compiled_function_by_an_initializer_that_computes(backend):
    kept = []

    @keras.transforms.jit
    def scaled(x):
        if not kept:
            kept.append(Variable(lambda shape, dtype: ops.ones(shape, dtype) * 2, shape=(3,), dtype="float32"))
            kept.append(Variable(np.zeros(3, "float32")))
        kept[1].assign(x)
        return x * kept[0]

    for value in (1.0, 2.0):
        x = np.full(3, value, "float32")
        assert ops.convert_to_numpy(scaled(x)).tolist() == (2 * x).tolist()
        assert [v.numpy().tolist() for v in kept] == [[2, 2, 2], x.tolist()]


def test_repr_is_one_line(backend):
    kernel = Variable(np.arange(6, dtype="float32").reshape(2, 3), name="kernel")
    text = "<Variable path=kernel, shape=(2, 3), dtype=float32, value=[[0., 1., 2.], [3., 4., 5.]]>"
    assert repr(kernel) == text
    assert repr(Variable(np.ones((50, 50)), dtype="bfloat16", name="large")).count("1") < 40
    seen = []

    @jit
    def within(x):
        seen.append(repr(kernel))
        return kernel + x

    within(1.0)
    assert seen
    assert all("\n" not in line and line.startswith("<Variable path=kernel, ") for line in seen)
