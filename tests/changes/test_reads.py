"""Only changes of attributes that a program has read count, on every engine, and the reason is reported."""

from __future__ import annotations

import io
import time
import warnings

import numpy as np
import pytest

from keraslite import callbacks, config, layers, losses, ops, optimizers, regularizers, transforms
from keraslite.backend import registry
from keraslite.errors import ArgumentError, RecompilationWarning
from keraslite.models import Model, Sequential
from keraslite.utils import unpack_x_y_sample_weight

pytestmark = pytest.mark.fast_path("replayed_steps", "compiled_calls")

X, Y = np.ones((16, 3), "float32"), np.ones((16, 2), "float32")


class Scaled(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2, kernel_initializer="ones")
        self.scale, self.epoch, self.factors, self.log = 1.0, 0, [1.0], []

    def call(self, x):
        self.seen = self.dense(x)
        return self.seen * self.scale * self.factors[0]


class Keeping(callbacks.Callback):
    """Writes to the model what no step looks at, and calls it."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.epoch = epoch
        self.model.log = [epoch]
        self.model(X)


def stack():
    return Sequential([layers.Input((3,)), layers.Dense(2, kernel_regularizer=regularizers.L2(0.0))])


def fitted(model, **more):
    model.compile(optimizers.SGD(0.0), losses.MeanSquaredError())
    model.fit(X, Y, batch_size=8, epochs=6, verbose=0, **more)
    return model


def programs(model, kind="train"):
    return getattr(model, f"_{kind}_program")()._call.programs


@pytest.mark.parametrize("make", [Scaled, stack], ids=["subclass", "stack"])
def test_attributes_that_no_step_reads_void_nothing(differentiating_backend, make):
    model = make()
    model.epoch, model.log = 0, []
    fitted(model)
    before = programs(model)
    fit = {"batch_size": 8, "epochs": 6, "verbose": 0, "callbacks": [Keeping()]}
    model.fit(X, Y, **fit)
    assert programs(model) == before
    assert "__getattribute__" not in vars(type(model))


def test_values_of_variables_and_states_of_callbacks_void_nothing(differentiating_backend):
    model = stack()
    model.stopping = callbacks.EarlyStopping("loss", patience=50)
    fitted(model)
    before = programs(model)
    scheduling = callbacks.LearningRateScheduler(lambda epoch, rate: 0.0 * epoch)
    model.fit(X, Y, batch_size=8, epochs=6, verbose=0, callbacks=[scheduling, model.stopping])
    model.optimizer.learning_rate = 0.0
    model.fit(X, Y, batch_size=8, verbose=0)
    assert programs(model) == before


def test_attributes_that_a_step_reads_count_at_the_next_step(differentiating_backend):
    model = fitted(Scaled())

    def loss():
        return model.fit(X, Y, batch_size=8, verbose=0).history["loss"][0]

    assert loss() == 4.0
    model.scale = 2.0
    assert loss() == 25.0
    model.factors[0] = 2.0
    assert loss() == 121.0
    model.dense.activation = ops.zeros_like
    assert loss() == 1.0


def test_an_object_that_only_the_function_knows(differentiating_backend):
    penalty, loss, rate = regularizers.L2(1.0), losses.Huber(1.0), optimizers.schedules.ExponentialDecay(1.0, 1, 0.5)
    step = transforms.jit(lambda x, i: (penalty(x), loss(x, x + 3), rate(i)), replay=True)

    def values():
        return [round(float(v), 4) for v in step(ops.convert_to_tensor(X), ops.convert_to_tensor(np.int32(1)))]

    assert [values() for _ in range(4)][-1] == [48.0, 2.5, 0.5]
    penalty.l2, loss.delta, rate.decay_rate = 2.0, 2.0, 0.25
    assert values() == [96.0, 4.0, 0.25]


def test_a_compiled_step_that_is_made_again_and_again_is_said_once(differentiating_backend):
    if "compile" not in registry.current().capabilities:
        pytest.skip("nothing is compiled here")
    model = fitted(Scaled())

    def losses_of_scales():
        for i in range(8):
            model.scale = 1.0 + i
            assert model.fit(X, Y, verbose=0).history["loss"] == [(3.0 * (1.0 + i) - 1.0) ** 2]

    with pytest.warns(RecompilationWarning, match="compiled 4 times in vain, since `scale` of Scaled") as warned:
        losses_of_scales()
    assert len(warned) == 1


def explained(subject):
    text = io.StringIO()
    config.explain_fast_paths(subject, file=text)
    return text.getvalue()


def taken(text, path):
    """The verdicts of the lines about a path."""
    return [line.split(f"  {path} ")[1].split()[0] for line in text.splitlines() if f"  {path} " in line]


def main_path():
    return "compiled" if "compile" in registry.current().capabilities else "replayed_steps"


def test_a_built_in_model_is_explained(differentiating_backend):
    model = stack()
    assert taken(explained(model), "compiled_calls") == ["not"]
    fitted(model)
    model.evaluate(X, Y, batch_size=4, verbose=0)
    for _ in range(6):
        model(ops.convert_to_tensor(X))
    text = explained(model)
    assert "yes" in taken(text, main_path())
    assert taken(text, "compiled_calls")[0] == "yes"
    assert taken(text, "silent_steps") == ["yes", "yes"]
    assert taken(text, "fetch_ahead") == ["no", "no"]
    assert "the data is in memory" in text
    model.layers[0].kernel_regularizer.l2 = 1.0
    model.fit(X, Y, batch_size=8, epochs=3, verbose=0)
    assert "made 2 times, the last time because `l2` of L2 was set" in explained(model)


def test_what_speaks_against_a_fast_path_is_named(differentiating_backend):
    class Doubled(layers.Layer):
        def call(self, x):
            return x * (2 + 0 * time.time())

    class Watching(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            pass

    model = Sequential([layers.Input((3,)), Doubled(), layers.Dense(2)])
    fitted(model, callbacks=[Watching()])
    for _ in range(4):
        model(ops.convert_to_tensor(X))
    text = explained(model)
    assert "Watching" in text
    assert f"code of {__name__} runs in it" in text
    assert taken(text, "compiled_calls") == ["no"]
    if main_path() == "replayed_steps":
        assert taken(text, "replayed_steps") == ["no"]
        assert "`time` of `time`" in text
    model.compile("sgd", "mse", run_eagerly=True)
    model.fit(X, Y, verbose=0)
    assert "run_eagerly=True" in explained(model)


class Gan(Model):
    def __init__(self):
        super().__init__()
        self.generator = Sequential([layers.Input((2,)), layers.Dense(3)])
        self.discriminator = Sequential([layers.Input((3,)), layers.Dense(1)])

    def compile(self, first, second):
        super().compile()
        self.first, self.second = first, second

    def train_step(self, data):
        x = unpack_x_y_sample_weight(data)[0]
        noise = x[:, :2]

        def judged():
            return ops.mean(self.discriminator(x)) - ops.mean(self.discriminator(self.generator(noise)))

        def fooled():
            return ops.mean(self.discriminator(self.generator(noise)))

        parts = ((judged, self.discriminator, self.first), (fooled, self.generator, self.second))
        logs = {}
        for fn, model, optimizer in parts:
            variables = model.trainable_variables
            logs[model.name], gradients = transforms.value_and_grad(fn, variables)()
            optimizer.apply(gradients, variables)
        return logs


def test_a_gan_with_two_optimizers_is_explained(differentiating_backend):
    gan = Gan()
    gan.compile(optimizers.SGD(0.1), optimizers.Adam(0.1))
    gan.fit(X, batch_size=8, epochs=3, verbose=0)
    text = explained(gan)
    assert taken(text, main_path()) == ["yes"]
    weight = gan.discriminator.get_weights()[0]
    gan.first.momentum = 0.0
    gan.first.learning_rate, gan.second.learning_rate = 0.0, 0.0
    gan.fit(X, batch_size=8, verbose=0)
    assert np.array_equal(gan.discriminator.get_weights()[0], weight)


def test_in_a_search_every_model_keeps_its_programs(differentiating_backend):
    models = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for units in range(1, 21):
            model = Sequential([layers.Input((3,)), layers.Dense(units), layers.Dropout(units / 100), layers.Dense(2)])
            models.append(fitted(model))
        for model in models[:3]:
            model.fit(X, Y, batch_size=8, verbose=0)
    for model in models:
        assert taken(explained(model), main_path()) == ["yes"]
        assert not model._train_program()._call._remade


def test_a_jitted_function_is_explained(differentiating_backend):
    step = transforms.jit(lambda x: x + 1, replay=True)
    assert taken(explained(step), "compiled") == ["not"]
    for _ in range(3):
        step(ops.convert_to_tensor(X))
    assert taken(explained(step), main_path()) == ["yes"]


def test_only_what_has_fast_paths_is_explained():
    with pytest.raises(ArgumentError, match="needs a model or a jitted function. Received int 3"):
        config.explain_fast_paths(3)


def test_an_engine_that_compiles_nothing_says_so():
    with registry.use_backend("numpy"):
        model = Sequential([layers.Dense(2)])
        model(X)
        lines = explained(model).splitlines()
    assert lines[0].split() == ["program", "fast", "path", "taken", "reason"]
    assert lines[1].split(maxsplit=3) == ["model(x)", "compiled_calls", "no", "numpy runs it in Python"]
