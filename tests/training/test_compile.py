"""The arguments of `compile`, and the names of results, as in Keras 3.15."""

from __future__ import annotations

import collections

import numpy as np
import pytest
from training_models import classes, classifier, engine, linear, regression, two_headed  # noqa: F401

import keraslite as keras
from keraslite.errors import ArgumentError, DataError, UnknownNameError

QUIET = {"verbose": 0}
MIXED = ["mse", "sparse_categorical_crossentropy"]
BY_NAME = {"a": "mse", "b": "sparse_categorical_crossentropy"}


def targets(samples: int = 6):
    x, a = regression(samples)
    return x, a, np.arange(samples) % 5


def results(model, y, **compiled):
    model.compile("sgd", **compiled)
    return model.evaluate(targets()[0], y, return_dict=True, **QUIET)


def expected_losses(model):
    x, a, b = targets()
    first, second = model.predict(x, **QUIET)
    return np.mean((first - a) ** 2), -np.mean(np.log(second[np.arange(len(b)), b]))


@pytest.mark.parametrize("as_dict", [False, True])
@pytest.mark.parametrize("loss", [MIXED, BY_NAME, tuple(MIXED)])
@pytest.mark.parametrize("metrics", [[["mae"], ["accuracy"]], {"a": "mae", "b": ["accuracy"]}, ["mae", "accuracy"]])
def test_two_outputs_by_list_and_by_name(engine, as_dict, loss, metrics):  # noqa: F811
    _, a, b = targets()
    model = two_headed(as_dict)
    y = {"a": a, "b": b} if as_dict or isinstance(loss, dict) else [a, b]
    found = results(model, y, loss=loss, metrics=metrics)
    assert list(found) == ["a_loss", "a_mae", "b_accuracy", "b_loss", "loss"]
    first, second = expected_losses(two_headed())
    assert found["a_loss"] == pytest.approx(first, rel=1e-5)
    assert found["b_loss"] == pytest.approx(second, rel=1e-5)
    assert found["loss"] == pytest.approx(first + second, rel=1e-5)
    assert model.metrics_names == ["loss", "a_loss", "b_loss", "a_mae", "b_accuracy"]
    values = model.evaluate(targets()[0], y, **QUIET)
    assert values == pytest.approx([found[name] for name in model.metrics_names])


def test_loss_weights(backend):
    _, a, b = targets()
    first, second = expected_losses(two_headed())
    found = results(two_headed(), [a, b], loss=BY_NAME, loss_weights={"a": 0.5, "b": 2})
    assert found["loss"] == pytest.approx(0.5 * first + 2 * second, rel=1e-5)
    assert found["a_loss"] == pytest.approx(first, rel=1e-5)
    found = results(two_headed(), [a, b], loss=MIXED, loss_weights=[0.5, 2])
    assert found["loss"] == pytest.approx(0.5 * first + 2 * second, rel=1e-5)


def test_outputs_without_a_loss_or_metric(engine):  # noqa: F811
    _, a, b = targets()
    first, _ = expected_losses(two_headed())
    found = results(two_headed(), [a, b], loss=["mse", None])
    assert found == pytest.approx({"loss": first}, rel=1e-5)
    found = results(two_headed(as_dict=True), {"a": a, "b": b}, loss={"a": "mse"}, metrics={"b": "accuracy"})
    assert list(found) == ["b_accuracy", "loss"]


@pytest.mark.parametrize("compiled", [
    {"loss": ["mse", None]}, {"loss": {"a": "mse"}}, {"loss": ["mse", None], "metrics": [["mae"], None]},
])  # fmt: skip
def test_one_target_for_the_only_output_with_a_loss(engine, compiled):  # noqa: F811
    _, a, b = targets()
    expected = results(two_headed(), [a, b], **compiled)
    for y in (a, [a]):
        assert results(two_headed(), y, **compiled) == expected
    with pytest.raises(DataError, match=r"`y` needs targets for each of the model's 2 outputs"):
        results(two_headed(), a, loss=["mse", None], metrics=["mae", "mae"])


def test_one_loss_for_all_outputs(engine):  # noqa: F811
    _, a, _ = targets()
    found = results(two_headed(), [a, np.zeros((6, 5))], loss="mse")
    assert list(found) == ["a_loss", "b_loss", "loss"]


def test_a_subclass_with_unnamed_outputs(engine):  # noqa: F811
    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(5, activation="softmax")

        def call(self, x):
            return self.first(x), self.second(x)

    _, a, b = targets()
    found = results(Two(), (a, b), loss=MIXED, metrics=[["mae"], ["accuracy"]])
    assert list(found) == ["accuracy", "loss", "mae", "mse_loss", "sparse_categorical_crossentropy_loss"]


def test_sample_weights_by_output(engine):  # noqa: F811
    x, a, b = targets()
    model = two_headed()
    model.compile("sgd", MIXED)
    zero, one = np.zeros(6), np.ones(6)
    first, second = expected_losses(two_headed())
    assert model.evaluate(x, [a, b], sample_weight=[one, zero], **QUIET)[0] == pytest.approx(first, rel=1e-5)
    assert model.evaluate(x, [a, b], sample_weight=2 * one, **QUIET)[0] == pytest.approx(2 * (first + second), rel=1e-5)


def test_objects_functions_and_names_of_one_output(engine):  # noqa: F811
    x, y = regression()

    def gap(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    model = linear(
        loss=keras.losses.MeanAbsoluteError(), metrics=["mae", gap, keras.metrics.MeanSquaredError(name="q")]
    )
    found = model.evaluate(x, y, return_dict=True, **QUIET)
    assert list(found) == ["gap", "loss", "mae", "q"]
    assert model.metrics_names == ["loss", "mae", "gap", "q"]
    assert found["loss"] == pytest.approx(found["mae"])
    assert found["gap"] == pytest.approx(found["mae"])
    assert linear(loss=gap).evaluate(x, y, **QUIET) == pytest.approx(found["mae"], rel=1e-5)
    assert linear(loss={"dense": "mae"}, metrics={"dense": ["mse"]}).evaluate(x, y, **QUIET)[0] == pytest.approx(
        found["mae"], rel=1e-5
    )
    assert linear(loss=["mae"]).evaluate(x, y, **QUIET) == pytest.approx(found["mae"], rel=1e-5)


@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_takes_the_form_that_fits(backend, name):
    x, y = classes()
    softmax = classifier(metrics=[name, "crossentropy"])
    predicted = softmax.predict(x, **QUIET)
    right = np.mean(predicted.argmax(-1) == y)
    for labels in (y, y[:, None]):
        found = softmax.evaluate(x, labels, return_dict=True, **QUIET)
        assert found[name] == pytest.approx(right)
        assert found["crossentropy"] == pytest.approx(found["loss"], rel=1e-4)
    one_hot = classifier(loss="categorical_crossentropy", metrics=[name])
    assert one_hot.evaluate(x, np.eye(3)[y], return_dict=True, **QUIET)[name] == pytest.approx(right)
    binary = linear(1, activation="sigmoid", loss="binary_crossentropy", metrics=[name])
    expected = np.mean((binary.predict(x, **QUIET)[:, 0] > 0.5) == (y > 0))
    assert binary.evaluate(x, (y > 0).astype("float32"), return_dict=True, **QUIET)[name] == pytest.approx(expected)


def test_metrics_of_layers_and_attributes_are_reported(engine):  # noqa: F811
    class Watching(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)
            self.largest = keras.metrics.Mean(name="largest")

        def call(self, x):
            y = self.dense(x)
            self.largest.update_state(keras.ops.max(y))
            return y

    x, y = regression()
    model = Watching()
    model.compile("sgd", "mse", metrics=["mae"])
    found = model.evaluate(x, y, return_dict=True, batch_size=20, **QUIET)
    assert list(found) == ["largest", "loss", "mae"]
    assert model.metrics_names == ["loss", "mae", "largest"]
    assert found["largest"] == pytest.approx(model.predict(x, **QUIET).max(), rel=1e-5)


def test_unknown_names_have_the_nearest_match(engine):  # noqa: F811
    for arguments, near in (
        ({"loss": "binary_crossentropie"}, "binary_crossentropy"),
        ({"loss": "mse", "optimizer": "adm"}, "Adam"),
        ({"loss": "mse", "metrics": ["mean_absolut_error"]}, "mean_absolute_error"),
        ({"loss": "mse", "metrics": {"dense": ["mean_absolut_error"]}}, "mean_absolute_error"),
    ):
        with pytest.raises(UnknownNameError, match=f"(?i)did you mean '{near}'"):
            linear(**arguments)


def test_unknown_outputs_have_the_nearest_match(engine):  # noqa: F811
    _, a, b = targets()
    model = two_headed()
    for arguments in ({"loss": {"a": "mse", "bb": "mse"}}, {"loss": "mse", "metrics": {"bb": "mae"}},
                      {"loss": "mse", "loss_weights": {"bb": 1.0}}):  # fmt: skip
        with pytest.raises(UnknownNameError, match=r"\['a', 'b'\].*'bb'.*Did you mean 'b'"):
            results(model, [a, np.zeros((6, 5))], **arguments)
    with pytest.raises(UnknownNameError, match=r"`y` needs the names of outputs.*'c'"):
        results(model, {"a": a, "c": b}, loss=MIXED)


def test_wrong_numbers_of_things(engine):  # noqa: F811
    x, a, b = targets()
    with pytest.raises(ArgumentError, match=r"`loss` needs one entry for each of the model's 2 outputs"):
        results(two_headed(), [a, b], loss=["mse"])
    with pytest.raises(ArgumentError, match=r"`metrics` needs one entry for each of the model's 2 outputs"):
        results(two_headed(), [a, b], loss=MIXED, metrics=["mae"])
    with pytest.raises(DataError, match=r"`y` needs (targets|one entry) for each of the model's 2 outputs"):
        results(two_headed(), a, loss=MIXED)
    with pytest.raises(DataError, match=r"output 'b'. Received None"):
        results(two_headed(), [a, None], loss=MIXED)
    with pytest.raises(DataError, match="targets"):
        linear().evaluate(x, **QUIET)
    with pytest.raises(ArgumentError, match="loss_weights"):
        linear(loss_weights="heavy")
    with pytest.raises(ArgumentError, match="metrics"):
        linear(metrics=3)


def named(model_names):
    x = keras.Input((4,))
    a, b = keras.layers.Dense(3, name="a")(x), keras.layers.Dense(5, activation="softmax", name="b")(x)
    return keras.Model(x, model_names(a, b))


ORDERS = [
    # outputs, metrics, weighted metrics, names of results, names of `evaluate`'s list
    (lambda a, b: [a, b], [["mae"], ["accuracy"]], [["mae"], ["accuracy"]],
     ["a_loss", "a_mae", "a_weighted_mae", "b_accuracy", "b_loss", "b_weighted_accuracy", "loss"],
     ["loss", "a_loss", "b_loss", "a_mae", "a_weighted_mae", "b_accuracy", "b_weighted_accuracy"]),
    (lambda a, b: [b, a], [["accuracy"], ["mae", "mape"]], [["accuracy"], ["mse"]],
     ["a_loss", "a_mae", "a_mape", "a_mse", "b_accuracy", "b_loss", "b_weighted_accuracy", "loss"],
     ["loss", "b_loss", "a_loss", "a_mae", "a_mape", "a_mse", "b_accuracy", "b_weighted_accuracy"]),
    (lambda a, b: {"z": b, "k": a}, {"z": "accuracy", "k": ["mae"]}, {"z": "accuracy"},
     ["k_loss", "k_mae", "loss", "z_accuracy", "z_loss", "z_weighted_accuracy"],
     ["loss", "k_loss", "z_loss", "k_mae", "z_accuracy", "z_weighted_accuracy"]),
    (lambda a, b: a, ["mape", "mae"], ["mae", "mse"],
     ["loss", "mae", "mape", "mse", "weighted_mae"], ["loss", "mape", "mae", "mse", "weighted_mae"]),
]  # fmt: skip


@pytest.mark.parametrize(("outputs", "metrics", "weighted", "names", "listed"), ORDERS)
def test_names_and_order_of_results(engine, outputs, metrics, weighted, names, listed):  # noqa: F811
    x, a, b = targets()
    model = named(outputs)
    chosen = outputs((a, "mse"), (b, "sparse_categorical_crossentropy"))
    pick = lambda i: (  # noqa: E731
        {key: part[i] for key, part in chosen.items()}
        if isinstance(chosen, dict)
        else [part[i] for part in chosen]
        if isinstance(chosen, list)
        else chosen[i]
    )
    model.compile("sgd", pick(1), metrics=metrics, weighted_metrics=weighted)
    history = model.fit(x, pick(0), validation_data=(x, pick(0)), **QUIET).history
    assert list(history) == sorted([*names, *(f"val_{name}" for name in names)])
    found = model.evaluate(x, pick(0), return_dict=True, **QUIET)
    assert list(found) == list(model.train_on_batch(x, pick(0), return_dict=True)) == names
    found = model.evaluate(x, pick(0), return_dict=True, **QUIET)
    assert model.metrics_names == listed
    assert model.evaluate(x, pick(0), **QUIET) == pytest.approx([found[name] for name in listed])


def test_results_of_a_users_own_step_are_sorted_and_the_loss_comes_first(engine):  # noqa: F811
    class Own(keras.Model):
        def test_step(self, data):
            return {"zeta": keras.ops.ones(()), "loss": keras.ops.ones(()) * 2, "alpha": keras.ops.zeros(())}

    model = Own()
    model.compile("sgd", "mse")
    x, a, _ = targets()
    assert list(model.evaluate(x, a, return_dict=True, **QUIET)) == ["alpha", "loss", "zeta"]
    assert model.evaluate(x, a, **QUIET) == [2, 0, 1]


Pair = collections.namedtuple("Pair", "a b")

STRUCTURES = {
    "one output in a dict": (lambda a, b: {"out": a}, "mse", "a", ["loss"]),
    "its loss by name": (lambda a, b: {"out": a}, {"out": "mse"}, "a", ["loss"]),
    "one output in a list": (lambda a, b: [a], ["mse"], "a", ["loss"]),
    "losses in lists for one": (lambda a, b: a, [["mse"]], "a", ["loss"]),
    "a namedtuple of losses": (lambda a, b: [a, b], Pair("mse", "mse"), ["a", "b"], ["a_loss", "b_loss", "loss"]),
    "of targets too": (lambda a, b: [a, b], Pair("mse", "mse"), Pair("a", "b"), ["a_loss", "b_loss", "loss"]),
    "nested lists": (lambda a, b: [a, [b, a * 2]], ["mse", ["mae", "mse"]], ["a", ["b", "a"]], None),
    "one loss for nested lists": (lambda a, b: [a, [b, a * 2]], "mse", ["a", ["b", "a"]], None),
    "nested dicts": (
        lambda a, b: {"a": a, "n": {"b": b}}, {"a": "mse", "n": {"b": "mae"}}, {"a": "a", "n": {"b": "b"}},
        ["a_loss", "loss", "n/b_loss"],
    ),
    "targets in a list": (lambda a, b: {"a": a, "b": b}, {"a": "mse", "b": "mae"}, ["a", "b"],
                          ["a_loss", "b_loss", "loss"]),
}  # fmt: skip


@pytest.mark.parametrize("case", STRUCTURES)
def test_structures_of_losses_targets_and_outputs(engine, case):  # noqa: F811
    outputs, loss, wanted, names = STRUCTURES[case]
    x, a, _ = targets()
    model = named(outputs)
    model.compile("sgd", loss)
    y = keras.tree.map_structure({"a": a, "b": np.zeros((6, 5))}.get, wanted)
    found = model.evaluate(x, y, return_dict=True, **QUIET)
    if names is None:
        assert [name.partition("/")[0] for name in found] == ["1", "1", "a_loss", "loss"]
        assert "1/b_loss" in found
    else:
        assert list(found) == names
    if len(found) > 1:
        assert found["loss"] == pytest.approx(sum(found.values()) - found["loss"], rel=1e-5)
    assert np.isfinite(model.fit(x, y, **QUIET).history["loss"][0])


def test_a_key_that_is_no_output_is_a_key_error_too(engine):  # noqa: F811
    _, a, b = targets()
    for kind in (KeyError, ValueError):
        with pytest.raises(kind, match=r"^`loss` needs the names of outputs, \['a', 'b'\]. Received 'zz'"):
            results(two_headed(), [a, b], loss={"a": "mse", "zz": "mse"})


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_inputs_that_may_be_left_out(backend, kind):
    class Sum(keras.layers.Layer):
        def call(self, first, second=None):
            return first if second is None else first + second

    def nest(a, b):
        return {"a": a, "b": b} if kind is dict else kind([a, b])

    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b", optional=True)
    model = keras.Model(nest(a, b), Sum()(a, b))
    model.compile("sgd", "mse")
    x, _, _ = targets()
    for second, expected in ((None, x), (x, 2 * x)):
        given = nest(x, second)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(model(given)), expected)
        np.testing.assert_allclose(model.predict(given, **QUIET), expected)
        np.testing.assert_allclose(model.predict(given, batch_size=2, **QUIET), expected)
        assert model.evaluate(given, expected, **QUIET) == pytest.approx(0)
    if kind is dict:
        np.testing.assert_allclose(model.predict({"a": x}, **QUIET), x)
    with pytest.raises(ArgumentError, match=r"needs its input 'a'. Received None.*optional=True"):
        model(nest(None, x))


def test_a_models_own_loss_stays_where_compile_gets_none(engine):  # noqa: F811
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.loss = keras.layers.Dense(3), keras.losses.MeanSquaredError()

        def call(self, x):
            return self.dense(x)

        def test_step(self, data):
            return {"loss": self.loss(data[1], self(data[0]))}

    class Method(keras.Model):
        def loss(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.square(y_true - y_pred))

    x, a, _ = targets()
    model = Own()
    own = model.loss
    model.compile("sgd")
    model.compile("sgd")
    assert model.loss is own
    assert model.evaluate(x, a, **QUIET) == pytest.approx(np.mean((model.predict(x, **QUIET) - a) ** 2), rel=1e-5)
    model.compile("sgd", "mae")
    assert model.loss == "mae"
    model.compile("sgd")
    assert model.loss is None  # what `compile` put there goes with the next one
    method = Method()
    method.compile("sgd")
    method.compile("sgd")
    assert callable(method.loss)
    assert keras.Sequential().loss is None


def test_arguments_of_compile_are_checked(engine):  # noqa: F811
    for bad in ({"steps_per_execution": 0}, {"jit_compile": "yes"}, {"optimizer": 3}):
        with pytest.raises((ArgumentError, UnknownNameError)):
            linear(**bad)


def test_config_of_compile_goes_there_and_back(engine):  # noqa: F811
    x, y = regression()
    model = linear(
        optimizer=keras.optimizers.SGD(0.2, momentum=0.5), loss=keras.losses.Huber(delta=0.5), loss_weights=[2.0],
        metrics=["mae", keras.metrics.MeanSquaredError(name="q")], weighted_metrics=["mae"], steps_per_execution=2,
    )  # fmt: skip
    config = model.get_compile_config()
    assert list(config) == [
        "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution",
        "jit_compile",
    ]  # fmt: skip
    assert config["metrics"][0] == "mae"
    assert config["metrics"][1]["class_name"] == "MeanSquaredError"
    copy = linear()
    copy.compile_from_config(config)
    assert copy.optimizer.momentum == 0.5
    assert copy.optimizer.built
    assert copy.steps_per_execution == 2
    assert copy.evaluate(x, y, **QUIET) == pytest.approx(model.evaluate(x, y, **QUIET))
    assert keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).get_compile_config() == {}


def test_losses_with_several_values_per_sample_are_weighed_by_samples(backend):
    x, y = np.ones((6, 5, 2), "float32"), np.arange(30, dtype="float32").reshape(6, 5, 1)
    model = keras.Sequential([keras.Input((5, 2)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse")
    assert model.evaluate(x, y, batch_size=4, **QUIET) == pytest.approx(np.mean(y**2), rel=1e-5)


def test_masked_steps_count_neither_in_loss_nor_metrics(differentiating_backend):
    tokens = np.array([[1, 2, 0], [3, 0, 0]])
    model = keras.Sequential([keras.Input((3,), dtype="int32"), keras.layers.Embedding(4, 2, mask_zero=True),
                              keras.layers.Dense(1, kernel_initializer="ones")])  # fmt: skip
    model.compile(keras.optimizers.SGD(0.0), "mse", metrics=["mse"])
    y = np.arange(6, dtype="float32").reshape(2, 3, 1)
    error = (model.predict(tokens, **QUIET) - y)[tokens > 0] ** 2
    for found in (
        model.evaluate(tokens, y, return_dict=True, **QUIET),
        model.train_on_batch(tokens, y, return_dict=True),
    ):
        assert found["loss"] == pytest.approx(error.mean(), rel=1e-5)
        assert found["mse"] == pytest.approx(error.mean(), rel=1e-5)
