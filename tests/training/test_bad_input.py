"""Data that does not fit says so, naming what was received and what to do."""

from __future__ import annotations

import numpy as np
import pytest
from training_models import classes, classifier, engine, linear, regression  # noqa: F401

import keraslite as keras
from keraslite import ops, transforms
from keraslite.errors import ArgumentError, DataError, KerasliteError

QUIET = {"verbose": 0}


def test_x_and_y_of_different_lengths_names_both(engine):  # noqa: F811
    x, y = regression()
    model = linear()
    for run in (
        lambda: model.fit(x, y[:10]),
        lambda: model.evaluate(x, y[:10]),
        lambda: model.train_on_batch(x, y[:10]),
        lambda: model.fit(x, y[:10], validation_split=0.5),
    ):
        with pytest.raises(DataError, match=r"same number of samples. Received x: 20, y: 10"):
            run()
    with pytest.raises(DataError, match="sample_weight: 3"):
        model.fit(x, y, sample_weight=np.ones(3))


@pytest.mark.parametrize("bad", [-1, 3, 7])
def test_labels_out_of_range_in_fit_evaluate_and_train_on_batch(backend, bad):
    x, y = classes()
    y[17] = bad
    model = classifier()
    before = model.get_weights()[0]
    runs = [lambda: model.evaluate(x, y, batch_size=4, **QUIET), lambda: model.test_on_batch(x, y)]
    if backend != "numpy":
        runs += [
            lambda: model.fit(x, y, batch_size=20, **QUIET),
            lambda: model.train_on_batch(x, y),
            lambda: model.fit(x[:4], y[:4], validation_data=(x, y), **QUIET),
        ]
    for run in runs:
        with pytest.raises(
            DataError, match=rf"labels from 0 to 2, since the output has 3 classes. Received {bad} \(1 of"
        ):
            run()
    if backend == "numpy":
        np.testing.assert_array_equal(before, model.get_weights()[0])


def test_labels_out_of_range_from_generators_and_unbuilt_models(engine):  # noqa: F811
    x, y = classes()
    y[5] = 3

    def batches():
        for i in range(0, 20, 4):
            yield x[i : i + 4], y[i : i + 4]

    model = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(DataError, match=r"`fit` needs labels from 0 to 2.*Received 3"):
        model.fit(batches(), **QUIET)
    assert int(model.optimizer.iterations.numpy()) == 0  # batches are read ahead


@pytest.mark.one_engine
@pytest.mark.parametrize("method", ["compute_loss", "train_step"])
def test_labels_are_for_the_method_that_reads_them(differentiating_backend, method):
    """A method of the user's own may leave out what has no label, although a loss for class indices was given."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        known = ops.cast(y >= 0, "float32")
        terms = keras.losses.sparse_categorical_crossentropy(ops.maximum(y, 0), y_pred)
        return ops.sum(known * terms) / ops.sum(known)

    def train_step(self, data):
        def loss(x, y):
            return compute_loss(self, x, y, self(x, training=True))

        value, gradients = transforms.value_and_grad(loss, self.trainable_variables)(*data)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": value}

    own = type("Own", (keras.Model,), {method: {"compute_loss": compute_loss, "train_step": train_step}[method]})
    x, y = classes()
    inputs = keras.Input((4,))
    model = own(inputs, keras.layers.Dense(3, activation="softmax")(inputs))
    model.compile("sgd", "sparse_categorical_crossentropy")
    losses = model.fit(x, np.where(np.arange(20) < 10, y, -1), batch_size=20, epochs=2, **QUIET).history["loss"]
    assert losses[1] < losses[0]


def test_ignored_classes_and_columns_of_labels_are_fine(differentiating_backend):
    x, y = classes()
    y[3] = -1
    model = classifier(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=-1), metrics=None)
    assert np.isfinite(model.fit(x, y[:, None], **QUIET).history["loss"][0])
    y[3] = 5
    with pytest.raises(DataError, match="Received 5"):
        model.fit(x, y[:, None], **QUIET)


def test_labels_of_one_of_two_outputs_are_checked(engine):  # noqa: F811
    from training_models import two_headed

    x, a = regression(6)
    model = two_headed()
    model.compile("sgd", {"a": "mse", "b": "sparse_categorical_crossentropy"})
    with pytest.raises(DataError, match=r"output 'b' has 5 classes. Received 9"):
        model.fit(x, [a, np.full(6, 9)], **QUIET)


@pytest.mark.parametrize("kind", ["strings", "objects", "bytes", "dates"])
def test_arrays_that_are_not_numbers(engine, kind):  # noqa: F811
    x, y = regression(4)
    bad = {
        "strings": np.array(["cat", "dog", "cat", "bird"]),
        "objects": np.array([1, None, "x", 2], dtype=object),
        "bytes": np.array([b"a", b"b", b"c", b"d"]),
        "dates": np.array(["2020-01-01"] * 4, dtype="datetime64[D]"),
    }[kind]
    model = linear()
    for run, name in (
        (lambda: model.fit(x, bad), "y"),
        (lambda: model.fit(bad, y), "x"),
        (lambda: model.predict(bad), "x"),
        (lambda: model.train_on_batch(x, bad), "y"),
    ):
        with pytest.raises(DataError, match=rf"`{name}` to hold numbers. Received an array of dtype .*shape \(4,\)"):
            run()
    with pytest.raises(DataError, match="numbers"):
        model.fit(iter([(x, bad)]), **QUIET)


def test_lists_of_strings_and_ragged_lists(engine):  # noqa: F811
    model = linear()
    with pytest.raises(DataError, match="numbers"):
        model.predict(["a", "b"])
    with pytest.raises(DataError, match=r"`x`.*pad_sequences"):
        model.predict([[1, 2, 3, 4], [1, 2]])


def test_a_wrong_last_dimension_names_the_model(backend):
    model = linear()
    with pytest.raises(ValueError, match=r"(?s)sequential.*4.*5"):
        model.predict(np.ones((2, 5), "float32"), **QUIET)


@pytest.mark.parametrize("wrong", [(20, 2), (20,), (20, 3, 3), (20, 1)])
def test_targets_of_another_shape_name_the_loss_and_the_output(differentiating_backend, wrong):
    x, _ = regression()
    y = np.ones(wrong, "float32")
    received = rf"`y_true` of shape \({str(wrong)[1:-1]}\) and `y_pred` of shape \(20, 3\) for output 'dense'"
    for loss in ("mse", "MeanSquaredError", keras.losses.MeanSquaredError()):
        model = linear(loss=loss)
        for run in (
            lambda model=model: model.fit(x, y, batch_size=20, **QUIET),
            lambda model=model: model.evaluate(x, y, batch_size=20, **QUIET),
            lambda model=model: model.train_on_batch(x, y),
        ):
            with pytest.raises(ArgumentError, match=rf"`MeanSquaredError` needs .* of one shape. Received {received}"):
                run()


@pytest.mark.parametrize(
    "name",
    ["MeanSquaredError", "MeanAbsoluteError", "MeanSquaredLogarithmicError", "Huber", "LogCosh", "Poisson", "Hinge",
     "BinaryCrossentropy", "KLDivergence", "CosineSimilarity"],
)  # fmt: skip
def test_shapes_that_only_broadcast_are_no_targets_for_a_loss_or_metric(backend, name):
    one, many = np.ones((8, 1), "float32"), np.full((8, 3), 0.5, "float32")
    measures = [getattr(keras.losses, name)()]
    metric = "LogCoshError" if name == "LogCosh" else name
    measures += [getattr(keras.metrics, metric)()] if hasattr(keras.metrics, metric) else []
    for measure in measures:
        for y_true, y_pred in ((many, one), (one, many), (many[:1], many), (many[0], many)):
            with pytest.raises(ArgumentError, match="needs `y_true` and `y_pred` of one shape"):
                measure(y_true, y_pred)
        assert np.isfinite(float(measure(one[:, 0], one)))  # a last axis of size 1 may be missing
    assert np.isfinite(float(measures[0](1.0, one)))  # a number goes with all
    for metric in (keras.metrics.RootMeanSquaredError(), keras.metrics.BinaryAccuracy()):
        with pytest.raises(ArgumentError, match="of one shape"):
            metric(many, one)


def test_targets_broadcast_over_outputs_are_refused_in_training(differentiating_backend):
    x, y = regression()
    model = linear(1)
    for run in (lambda: model.fit(x, y, **QUIET), lambda: model.evaluate(x, y, **QUIET)):
        with pytest.raises(ArgumentError, match=r"\(20, 3\) and `y_pred` of shape \(20, 1\)"):
            run()


def test_a_second_positional_argument_of_a_model_is_no_input(backend):
    x, y = regression()
    with pytest.raises(ArgumentError, match=r"`training` needs to be True.*shape \(20, 3\).*one list, tuple or dict"):
        linear()(x, y)
    np.testing.assert_array_equal(*(keras.ops.convert_to_numpy(linear()(x, flag)) for flag in (False, np.False_)))


def test_targets_of_another_shape_for_one_of_two_outputs_and_an_own_loss(engine):  # noqa: F811
    from training_models import two_headed

    def squared(y_true, y_pred):
        return keras.ops.square(keras.ops.subtract(y_true, y_pred))

    x, a = regression(6)
    model = two_headed()
    model.compile("sgd", {"a": "mse", "b": squared})
    with pytest.raises(ArgumentError, match=r"`MeanSquaredError` needs.*\(6, 2\).*\(6, 3\) for output 'a'"):
        model.fit(x, [a[:, :2], np.ones((6, 5))], **QUIET)
    with pytest.raises(ArgumentError, match=r"`squared` needs.*\(6, 4\).*\(6, 5\) for output 'b'. `subtract` needs"):
        model.fit(x, [a, np.ones((6, 4))], **QUIET)
    with pytest.raises(ArgumentError, match=r"`sample_weight`"):
        model.fit(x, [a, np.ones((6, 1))], sample_weight=[np.ones((6, 2)), np.ones(6)], **QUIET)


def test_missing_and_extra_inputs_by_name(engine):  # noqa: F811
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model([a, b], keras.layers.Dense(3)(keras.layers.Concatenate()([a, b])))
    model.compile("sgd", "mse")
    x, y = regression()
    with pytest.raises(DataError, match=r"inputs \['a', 'b'\].*missing \['b'\], unexpected \['c'\]"):
        model.fit({"a": x[:, :2], "c": x[:, 2:]}, y, **QUIET)


def test_no_data_at_all(engine):  # noqa: F811
    model = linear()
    for run in (lambda: model.fit(None), lambda: model.evaluate(None), lambda: model.predict(None)):
        with pytest.raises(DataError, match="needs data"):
            run()
    with pytest.raises(DataError, match="at least one sample"):
        model.fit(np.ones((0, 4)), np.ones((0, 3)))
    with pytest.warns(UserWarning, match="ended early"), pytest.raises(DataError, match="without a single batch"):
        model.fit(iter([]), **QUIET)


def test_targets_beside_a_dataset(engine):  # noqa: F811
    x, y = regression()
    model = linear()
    with pytest.raises(ArgumentError, match=r"`y` to be left out"):
        model.fit(iter([(x, y)]), y)
    with pytest.raises(ArgumentError, match="validation_split"):
        model.fit(iter([(x, y)]), validation_split=0.5)
    with pytest.raises(ArgumentError, match=r"`evaluate` takes no argument 'batchsize'"):
        model.evaluate(x, y, batchsize=3)


def test_class_weight_needs_one_output_and_indices(engine):  # noqa: F811
    x, y = classes()
    for bad in ({"a": 1.0}, {-1: 2.0}, {}, [1.0]):
        with pytest.raises(ArgumentError, match="class_weight"):
            classifier().fit(x, y, class_weight=bad, **QUIET)
    with pytest.raises(ArgumentError, match="Received both"):
        classifier().train_on_batch(x, y, sample_weight=np.ones(20), class_weight={0: 1.0})


class GivesNothing(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(2)

    def call(self, x):
        self.dense(x)


class GivesALossAlone(GivesNothing):
    def call(self, x):
        self.add_loss(keras.ops.mean(self.dense(x) ** 2))


def test_a_model_whose_call_returns_nothing_is_named(backend):
    x, model = np.ones((4, 3), "float32"), GivesNothing()
    with pytest.raises(ArgumentError, match="GivesNothing 'gives_nothing.*' needs a `call` that gives its outputs"):
        model.predict(x, verbose=0)


def test_a_model_whose_call_returns_nothing_trains_on_added_losses_alone(differentiating_backend):
    x, y = np.ones((4, 3), "float32"), np.ones((4, 2), "float32")
    with pytest.raises(ArgumentError, match="GivesNothing .* Does it return nothing"):
        fitted(GivesNothing(), "mse", x, y)
    assert fitted(GivesALossAlone(), None, x).history["loss"][0] > 0


def fitted(model, loss, *data):
    model.compile("sgd", loss)
    return model.fit(*data, verbose=0)


# ---- generators --------------------------------------------------------------------------------------------------


def test_batches_without_samples_are_left_out(differentiating_backend):
    x, y = regression(12)
    whole = [(x[i : i + 4], y[i : i + 4]) for i in (0, 4, 8)]
    empty = x[:0], y[:0]

    def run(*batches, epochs=1):
        model = linear()
        history = model.fit((batch for batch in batches), steps_per_epoch=3, epochs=epochs, **QUIET).history
        return [*history["loss"], *model.get_weights()[0].ravel()]

    with pytest.warns(UserWarning, match=r"`fit`: the data has a batch without samples, after 1 others. It is left"):
        found = run(whole[0], empty, whole[1], empty, whole[2])
    assert found == run(*whole)
    batches = [empty, (keras.ops.convert_to_tensor(x), y), {"a": x[:0]}]
    with pytest.warns(UserWarning, match="without samples"):
        assert linear().predict((batch for batch in batches), **QUIET).shape == (12, 3)


def test_a_generator_for_validation_serves_all_epochs(engine):  # noqa: F811
    x, y = regression()
    room = np.empty((5, 4), "float32")

    def batches():
        for i in range(0, 20, 5):
            room[:] = x[i : i + 5]
            yield room, y[i : i + 5]

    expected = linear().fit(x, y, epochs=3, validation_data=(x, y), **QUIET).history["val_loss"]
    found = linear().fit(x, y, epochs=3, validation_data=batches(), **QUIET).history["val_loss"]
    assert found == pytest.approx(expected, rel=1e-5)
    with pytest.warns(UserWarning, match="`validation`: the data ended early"):
        history = linear().fit(x, y, epochs=4, validation_data=batches(), validation_steps=3, **QUIET)
    assert (len(history.history["loss"]), len(history.history["val_loss"])) == (4, 2)


CHANGES = {
    "no targets": (lambda x, y: x, "needs targets for output"),
    "another width": (lambda x, y: (x[:, :3], y), r"input .* of shape \(None, 4\). Received shape \(5, 3\)"),
    "another number of inputs": (lambda x, y: ([x, x], y), "needs 1 input.* Received 2"),
    "inputs by another name": (lambda x, y: ({"a": x}, y), r"needs a dict with the keys.* unknown \['a'\]"),
    "another number of targets": (lambda x, y: (x, [y, y]), r"one entry for the model's one output. Received 2\."),
    "targets by another name": (lambda x, y: (x, {"a": y}), "needs the names of outputs.* Received 'a'"),
    "other targets": (lambda x, y: (x, y[:, :2]), "for output 'dense"),
    "texts": (lambda x, y: (np.array(["a"] * 5), y), "to hold numbers.*'a'"),
    "None": (lambda x, y: None, "needs to yield batches. Received None"),
    "four parts": (lambda x, y: (x, y, y, y), "Received a tuple of 4"),
}


@pytest.mark.one_engine
@pytest.mark.parametrize("change", CHANGES)
def test_a_generator_that_changes_what_it_yields(differentiating_backend, change):
    x, y = regression()
    make, message = CHANGES[change]

    def batches():
        for i in range(0, 15, 5):
            yield x[i : i + 5], y[i : i + 5]
        yield make(x[15:], y[15:])

    with pytest.raises(KerasliteError, match=message):
        linear().fit(batches(), **QUIET)


def test_weights_may_come_and_go(differentiating_backend):
    x, y = regression()
    weights = [np.full(5, 2.0), None, np.full(5, 0.5), None]

    def losses(given):
        parts = [(x[i : i + 5], y[i : i + 5]) for i in range(0, 20, 5)]
        batches = (part if weight is None else (*part, weight) for part, weight in zip(parts, given, strict=True))
        return linear().fit(batches, **QUIET).history["loss"]

    ones = [np.ones(5) if each is None else each for each in weights]
    assert losses(weights) == pytest.approx(losses(ones), rel=1e-6)
