"""Steps that are recorded once and replayed without Python have the same results, and are dropped if they would not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from keraslite import layers, losses, ops, optimizers, transforms
from keraslite.backend import registry
from keraslite.errors import RecompilationWarning
from keraslite.models import Model, Sequential
from keraslite.random import SeedGenerator, uniform
from keraslite.utils import set_random_seed

pytestmark = pytest.mark.fast_path("replayed_steps")

G = np.random.default_rng(7)
X, Y = G.normal(size=(40, 12)).astype("float32"), G.integers(0, 3, 40)
TOKENS = G.integers(0, 20, (40, 6))


@pytest.fixture(autouse=True)
def replaying(request):
    """Engines that replay."""
    names = [name for name in registry.installed() if "replays" in registry.load(name).capabilities]
    if not names:
        pytest.skip("no engine here replays")
    with registry.use_backend(names[0]):
        yield


def dense():
    return Sequential([layers.Input((12,)), layers.Dense(8, "gelu"), layers.BatchNormalization(), layers.Dropout(0.3),
                       layers.Dense(3, kernel_regularizer="l2")])  # fmt: skip


def image():
    return Sequential([layers.Input((12,)), layers.Reshape((2, 6, 1)), layers.Conv2D(4, 2, padding="same"),
                       layers.MaxPooling2D((1, 2)), layers.Flatten(), layers.Dense(3)])  # fmt: skip


def text():
    return Sequential([layers.Input((6,)), layers.Embedding(20, 8, mask_zero=True),
                       layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
                       layers.GRU(5, recurrent_dropout=0.2), layers.Dense(3)])  # fmt: skip


def transformer():
    x = inputs = layers.Input((6,))
    x = layers.Embedding(20, 8)(x)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 4, dropout=0.1)(x, x)]))
    return Model(inputs, layers.Dense(3)(ops.mean(x, 1)))


def half():
    return Sequential([layers.Input((12,)), layers.Dense(8, "relu", dtype="mixed_bfloat16"), layers.Dense(3)])


MODELS = {"dense": (dense, X), "image": (image, X), "text": (text, TOKENS), "transformer": (transformer, TOKENS),
          "half": (half, X)}  # fmt: skip
OPTIMIZERS = {
    "adam": lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(1e-2, 3, 0.9), clipnorm=1.0, use_ema=True),
    "sgd": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=1e-2),
    "rmsprop": lambda: optimizers.RMSprop(centered=True, global_clipnorm=1.0, gradient_accumulation_steps=2),
    "lion": optimizers.Lion,
}  # fmt: skip


def made(build, optimizer="adam", **options):
    set_random_seed(3)
    model = build()
    model.compile(OPTIMIZERS[optimizer](), losses.SparseCategoricalCrossentropy(from_logits=True),
                  metrics=["accuracy"], **options)  # fmt: skip
    return model


def recordings(model, kind="train"):
    return getattr(model, f"_{kind}_program")()._call.programs


def replayed(model, kind="train"):
    return [program.ready for program in recordings(model, kind)]


def compare(name, optimizer):
    build, x = MODELS[name]
    runs = []
    for options in ({"run_eagerly": True}, {}):
        model = made(build, optimizer, **options)
        history = model.fit(x, Y, batch_size=16, epochs=4, verbose=0, class_weight={0: 1.0, 1: 2.0, 2: 0.5},
                            validation_data=(x, Y))  # fmt: skip
        runs.append((history.history, [v.numpy() for v in model.variables], model.predict(x, verbose=0)))
    assert replayed(model) == [True, True]  # whole batches and the last one
    assert all(replayed(model, "test"))
    (eager, weights, outputs), (history, others, predicted) = runs
    for key in eager:
        np.testing.assert_allclose(history[key], eager[key], rtol=2e-5, atol=2e-6)
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(predicted, outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_same_numbers_as_eager(name):
    compare(name, "adam")


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "lion"])
def test_same_numbers_with_other_optimizers(optimizer):
    compare("dense", optimizer)


def ready(build=dense, x=X):
    model = made(build)
    model.fit(x, Y, batch_size=20, epochs=2, verbose=0)
    assert replayed(model) == [True]
    return model


def test_values_that_are_assigned_are_seen():
    model = ready()
    model.optimizer = optimizer = model.optimizer
    model.compile(optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(X, Y, batch_size=20, epochs=2, verbose=0)
    assert replayed(model) == [True]
    model.optimizer.learning_rate = 0.0
    before = [v.numpy() for v in model.trainable_variables]
    model.fit(X, Y, batch_size=20, verbose=0)
    assert replayed(model) == [True]
    for a, v in zip(before, model.trainable_variables, strict=True):
        assert np.array_equal(a, v.numpy())
    assert optimizer is not model.optimizer


def test_new_weights_are_seen_in_predictions():
    model = ready()
    for _ in range(3):
        model.predict(X, verbose=0)
    assert replayed(model, "predict")[0]
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    assert not model.predict(X, verbose=0).any()


def test_a_changed_attribute_drops_what_was_recorded():
    model = ready()
    for _ in range(3):
        model.predict(X, verbose=0)
    model.layers[0].activation = ops.zeros_like
    model.layers[1].trainable = False
    predicted = model.predict(X, verbose=0)
    assert np.allclose(predicted, predicted[:1])  # nothing of the input comes through
    moving = model.layers[1].moving_mean.numpy()
    model.fit(X, Y, batch_size=20, epochs=3, verbose=0)
    assert np.array_equal(model.layers[1].moving_mean.numpy(), moving)


def test_dropout_draws_anew_and_as_eager():
    def drawing(seed):
        generator = SeedGenerator(seed)
        return lambda x: x * uniform((4,), seed=generator)

    eager, fn = drawing(5), transforms.jit(drawing(5), replay=True)
    x = ops.ones((4,))
    for _ in range(5):
        assert np.array_equal(ops.convert_to_numpy(fn(x)), ops.convert_to_numpy(eager(x)))
    assert fn.programs[0].ready


class Counting(layers.Layer):
    count = 0

    def call(self, x):
        type(self).count += 1
        return x


def test_code_of_users_runs_at_each_step():
    Counting.count = 0
    model = made(lambda: Sequential([layers.Input((12,)), Counting(), layers.Dense(3)]))
    Counting.count = 0
    model.fit(X, Y, batch_size=20, epochs=4, verbose=0)
    assert Counting.count >= 8
    assert not any(replayed(model))

    seen = []

    def loss(y, outputs):
        seen.append(True)
        return ops.mean(ops.square(outputs), -1)

    model = dense()
    model.compile("sgd", loss)
    model.fit(X, Y, batch_size=20, epochs=4, verbose=0)
    assert len(seen) >= 8


def test_what_looks_at_values_is_not_replayed():
    def branches(x):
        return x + 1 if float(ops.sum(x)) > 0 else x - 1

    def reads(x):
        return x * float(ops.convert_to_numpy(x)[0])

    def sized(x):
        return ops.nonzero(x)[0]

    for fn, inputs in ((branches, ([1.0], [-1.0])), (reads, ([2.0], [3.0])), (sized, ([1.0, 0], [1.0, 1]))):
        jitted = transforms.jit(fn, replay=True)
        for _ in range(3):
            for x in inputs:
                x = ops.convert_to_tensor(x)
                assert np.array_equal(ops.convert_to_numpy(jitted(x)), ops.convert_to_numpy(fn(x)))
        assert not any(program.ready for program in jitted.programs)


def test_functions_of_many_kinds():
    def several(x, y):
        parts = ops.split(x, 2, -1)
        top, index = ops.top_k(x, 2)
        return {"parts": parts, "top": (top, index), "same": x, "half": ops.cast(y, "float16"),
                "einsum": ops.einsum("bi,bj->bij", x, x), "number": 3, "constant": ops.arange(4)}  # fmt: skip

    jitted = transforms.jit(several, replay=True)
    for seed in range(4):
        x = ops.convert_to_tensor(np.random.default_rng(seed).normal(size=(3, 4)).astype("float32"))
        expected, received = several(x, x), jitted(x, x)
        assert received["number"] == 3
        for name in ("half", "einsum", "constant"):
            assert ops.dtype(received[name]) == ops.dtype(expected[name])
            assert np.array_equal(ops.convert_to_numpy(received[name]), ops.convert_to_numpy(expected[name]))
        for a, b in zip([*expected["parts"], *expected["top"]], [*received["parts"], *received["top"]], strict=True):
            assert np.array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))
    assert jitted.programs[0].ready


def test_threads_predict_together():
    model = ready(transformer, TOKENS)
    expected = model.predict(TOKENS, verbose=0)
    with ThreadPoolExecutor(16) as pool:
        for predicted in pool.map(lambda _: model.predict(TOKENS, verbose=0), range(64)):
            np.testing.assert_allclose(predicted, expected, rtol=1e-5, atol=1e-6)


def test_an_object_that_changes_all_the_time_is_said_once_and_recorded_when_that_ends():
    layer = layers.Dense(2)
    jitted = transforms.jit(lambda x: layer(x), replay=True)
    x = ops.ones((1, 2))

    def change():
        for i in range(60):
            layer.note = f"number {i // 3}"
            jitted(x)

    with pytest.warns(RecompilationWarning, match="was recorded 4 times in vain, since `note` of Dense") as warned:
        change()
    assert len(warned) == 1
    assert not any(program.ready for program in jitted.programs)
    assert np.array_equal(ops.convert_to_numpy(jitted(x)), ops.convert_to_numpy(layer(x)))
    for _ in range(300):
        jitted(x)
    assert jitted.programs[0].ready
    layer.kernel.assign(np.zeros((2, 2)))
    assert not ops.convert_to_numpy(jitted(x)).any()


def test_changes_of_other_objects_void_nothing():
    model, other = ready(), dense()
    (program,) = recordings(model)
    for i in range(20):
        other.layers[2].rate = i / 20
        model.fit(X, Y, batch_size=20, verbose=0)
    assert recordings(model) == (program,)
    assert program.ready


def test_every_optimizer_of_ours_is_replayed():
    for name, cls in vars(optimizers).items():
        if isinstance(cls, type) and issubclass(cls, optimizers.Optimizer) and cls is not optimizers.Optimizer:
            inner = {
                optimizers.LossScaleOptimizer: lambda: (optimizers.SGD(),),
                optimizers.MultiOptimizer: lambda: (optimizers.OptimizerMap(optimizers.SGD()),),
            }.get(cls, tuple)()
            model = Sequential([layers.Input((12,)), layers.Dense(3)])
            model.compile(cls(*inner), losses.SparseCategoricalCrossentropy(from_logits=True))
            model.fit(X, Y, batch_size=20, epochs=2, verbose=0)
            assert replayed(model) == [True], name


def test_a_model_that_changes_at_each_epoch_is_recorded_at_each_epoch():
    model = ready()
    for epoch in range(12):
        model.layers[2].rate = 0.1 + epoch / 50
        model.fit(np.tile(X, (4, 1)), np.tile(Y, 4), batch_size=16, verbose=0)
        assert replayed(model)[-1]


def torchs_own_normalization(epochs):
    torch = pytest.importorskip("torch")

    class Own(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = {"module": torch.nn.BatchNorm1d(12)}

        def call(self, x, training=False):
            return self.inner["module"].train(training)(x)

    layer = Own()
    net = Sequential([layer, layers.Dense(3)])
    net.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(X, Y, batch_size=10, epochs=epochs, shuffle=False, verbose=0)
    return layer.inner["module"]


def test_a_module_of_the_engine_within_a_users_layer_counts_each_step_once():
    module = torchs_own_normalization(3)
    assert int(module.num_batches_tracked) == 12
    expected = np.zeros(12)
    for batch in [*np.split(X, 4)] * 3:
        expected = 0.9 * expected + 0.1 * batch.mean(0)
    np.testing.assert_allclose(module.running_mean.numpy(), expected, rtol=1e-4, atol=1e-6)


def test_statistics_that_an_operator_writes_without_saying_so_are_replayed_once():
    torch = pytest.importorskip("torch")
    mean, variance = torch.zeros(12), torch.ones(12)
    run = transforms.jit(lambda x: torch.nn.functional.batch_norm(x, mean, variance, training=True), replay=True)
    batches = [torch.from_numpy(each) for each in np.split(X, 4)]
    expected = np.zeros(12)
    for batch in batches:
        run(batch)
        expected = 0.9 * expected + 0.1 * batch.numpy().mean(0)
        np.testing.assert_allclose(mean.numpy(), expected, rtol=1e-4, atol=1e-6)
    assert run.programs[0].ready
