"""Mistakes that people make: each message names the layer or argument, what was needed and received, and what to do."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import layers, models
from keraslite.errors import KerasliteError

X, Y = np.ones((6, 4), "float32"), np.zeros(6, "int32")


def ones(*shape):
    return np.ones(shape, "float32")


def net(units: int = 3, **compiled):
    model = keras.Sequential(
        [keras.Input((4,), name="x"), layers.Dense(units, activation="softmax", name="head")], name="net"
    )
    model.compile(**{"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **compiled})
    return model


def pair():
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    model = keras.Model({"a": a, "b": b}, layers.Dense(1)(layers.Concatenate()([a, b])), name="pair")
    model.compile("sgd", "mse")
    return model


def image_net(loss):
    model = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(2, 3, name="conv")])
    model.compile("sgd", loss)
    return model


class Forgetful(keras.Layer):
    def call(self, x):
        x * 2


def unbuilt():
    return keras.Sequential([layers.Dense(3)], name="u")


def gray_net():
    x = keras.Input((8, 6, 1), name="x")
    return keras.Model(x, layers.Flatten()(x), name="images")


def twice(layer, *shapes):
    """The layer called on one shape, then on another."""
    for shape in shapes:
        layer(ones(*shape))


RANK = r"needs an input with (at least )?\d axes. Received shape \(.*\). Reshape the input"
SIZE = r"needs an input of size 3 along axis -1. Received shape \(.*, 5\). Change the input, or make the layer anew"
BUILD = r"Call (the model|it) on data, or `build\(input_shape\)`"
INPUT = r"Model 'net' needs its input 'x' of shape \(None, 4\). Received shape \({}\). Change the data"
ONE_IMAGE = r"Model 'images' needs its input 'x' of shape \(None, 8, 6, 1\). Received shape \({}\)."
KEYS = r"Model 'pair' needs .*\['a', 'b'\]. Received .*missing {}, un\w+ {}"
LABELS = (
    r"`{}` needs labels from 0 to 2, since the output has 3 classes. Received 7 .*Give the last layer as many units"
)
LENGTHS = r"`{}` needs all arrays .* same number of samples. Received x: 6, y: 3. Cut them"
NUMBERS = r"`{}` to hold numbers. Received an array of dtype {}.*Convert it"

MISTAKES = {
    # wrong rank
    "dense": (lambda: layers.Dense(3, name="d")(ones(2)), "Dense layer 'd' " + RANK),
    "conv": (lambda: layers.Conv2D(3, 3, name="c")(ones(2, 8, 8)), "Conv2D layer 'c' " + RANK),
    "conv, drawn": (lambda: layers.Conv2D(3, 3, name="c")(keras.Input((8, 8))), "Conv2D layer 'c' " + RANK),
    "lstm": (lambda: layers.LSTM(3, name="l")(ones(2, 8)), "LSTM layer 'l' " + RANK),
    "lstm, drawn": (lambda: layers.LSTM(3, name="l")(keras.Input((8,))), "LSTM layer 'l' " + RANK),
    "pooling": (lambda: layers.MaxPooling2D(name="p")(ones(2, 3)), "MaxPooling2D layer 'p' " + RANK),
    "attention": (lambda: layers.MultiHeadAttention(2, 2)(ones(2, 3), ones(2, 3)),
                  r"MultiHeadAttention layer .* needs .* at least 3. Received shapes \(2, 3\).* Give them the axes"),
    "model": (lambda: net().predict(ones(2, 5, 4, 3)), INPUT.format("2, 5, 4, 3")),
    # wrong last dimension
    "dense, last": (lambda: twice(layers.Dense(3, name="d"), (2, 3), (2, 5)), "Dense layer 'd' " + SIZE),
    "conv, last": (lambda: twice(layers.Conv1D(3, 3, name="d"), (2, 8, 3), (2, 8, 5)), "Conv1D layer 'd' " + SIZE),
    "batch norm, last": (lambda: twice(layers.BatchNormalization(name="d"), (2, 3), (2, 5)), "layer 'd' " + SIZE),
    "gru, last": (lambda: twice(layers.GRU(3, name="d"), (2, 8, 3), (2, 8, 5)), "GRU layer 'd' " + SIZE),
    "bidirectional, last": (lambda: twice(layers.Bidirectional(layers.LSTM(3), name="d"), (2, 8, 3), (2, 8, 5)),
                            "LSTM layer 'd/.*' " + SIZE),
    "model, last": (lambda: net().evaluate(ones(6, 5), Y, verbose=0), INPUT.format("6, 5")),
    # not built
    "save": (lambda: unbuilt().save("never.keras"), "'u'.*not built. " + BUILD),
    "save weights": (lambda: unbuilt().save_weights("never.weights.h5"),
                     "'u'.*" + BUILD),
    "count": (lambda: unbuilt().count_params(),
              "Sequential layer 'u' has no.*" + BUILD),
    "count a layer": (lambda: layers.Dense(3, name="d").count_params(), "Dense layer 'd' has no weights.*" + BUILD),
    # data
    "lengths": (lambda: net().evaluate(X, Y[:3]), LENGTHS.format("evaluate")),
    "labels": (lambda: net().evaluate(X, Y + 7, verbose=0), LABELS.format("evaluate")),
    "labels of a batch": (lambda: net().test_on_batch(X, Y + 7), LABELS.format("test_on_batch")),
    "strings": (lambda: net().predict(np.array(["a", "b"])), NUMBERS.format("x", "<U1")),
    "objects": (lambda: net().evaluate(X, np.array([None] * 6)), NUMBERS.format("y", "object")),
    "strings at a layer": (lambda: layers.Dense(2, name="d")(np.array([["a"]])),
                           "'d' needs numbers. Received .*<U1. Encode"),
    "missing key": (lambda: pair().predict({"a": ones(3, 2)}, verbose=0), KEYS.format(r"\['b'\]", r"\[\]")),
    "extra key": (lambda: pair()({k: ones(3, 2) for k in "abc"}),
                  KEYS.format(r"\[\]", r"\['c'\]") + ". Rename the keys"),
    "list of samples": (lambda: net().evaluate(list(ones(40, 4)), np.zeros(40, "int32")),
                        r"Received x\[0\]: 4, x\[1\]: 4, x\[2\]: 4, ... \(41 arrays\), x\[39\]: 4, y: 40. If "
                        r"x is a list of 40 samples, make one array of them: `np.stack\(x\)`"),
    "one sample": (lambda: net().predict(X[0], verbose=0),
                   r"'x' of shape \(None, 4\). Received shape \(4,\). Give it an axis for the samples: `x\[None\]`"),
    "one image": (lambda: gray_net()(ones(8, 6, 1)), ONE_IMAGE.format("8, 6, 1") + r" Give it an axis .* `x\[None\]`"),
    "one image, predict": (lambda: gray_net().predict(ones(8, 6, 1), verbose=0), ONE_IMAGE.format("8, 6, 1")),
    "transposed images": (lambda: gray_net()(ones(2, 6, 8)), ONE_IMAGE.format("2, 6, 8") + " Change the data"),
    "transposed images, squeezed": (lambda: gray_net()(ones(2, 6, 8, 1, 1)), ONE_IMAGE.format("2, 6, 8, 1, 1")),
    "no targets": (lambda: net().evaluate(X, verbose=0),
                   r"targets.*Received None. Pass `y`, or `validation_data=\(x, y\)` where"),
    "two classes, one unit": (lambda: net(1).evaluate(X, Y + 1, verbose=0), "the loss `binary_crossentropy`. Give the"),
    "not flattened": (lambda: image_net("sparse_categorical_crossentropy").evaluate(ones(2, 5, 5, 1), Y[:2]),
                      r"\(2, 3, 3, 2\) for output 'conv'. Put `Flatten` or a pooling layer"),
    "not flattened, one-hot": (lambda: image_net("mse").evaluate(ones(2, 5, 5, 1), ones(2, 2), verbose=0),
                               r"\(2, 3, 3, 2\) for output 'conv'. Put `Flatten` or a pooling layer"),
    "call without return": (lambda: keras.Sequential([Forgetful(), layers.Dense(1, name="d")])(X),
                            "needs layers that give a tensor. Received None from Forgetful layer .*Does its"),
    # layers
    "a layer, no list": (lambda: keras.Sequential(layers.Dense(2)), "`Sequential` needs a list of layers.*into a list"),
    "a class": (lambda: keras.Sequential([layers.Dense]), r"the class Dense. Create an object.*`Dense\(...\)`"),
    # names and numbers
    "loss": (lambda: net(loss="sparse_categorical_crosentropy"),
             "a loss. Received.* mean 'sparse_categorical_crossentropy'"),
    "optimizer": (lambda: net(optimizer="adan"), "an optimizer. Received 'adan'. Did you mean 'Adam'"),
    "metric": (lambda: net(metrics=["acuracy"]), "a metric. Received 'acuracy'. Did you mean 'accuracy'"),
    "activation": (lambda: layers.Dense(3, activation="rely"), "an activation. Received 'rely'. Did you mean 'relu'"),
    "units": (lambda: layers.Dense(-3), "`Dense` needs `units` to be a positive integer. Received units=-3"),
    "filters": (lambda: layers.Conv2D(0, 3), "`Conv2D` needs `filters` to be a positive integer. Received filters=0"),
}  # fmt: skip

TRAINING_MISTAKES = {
    "lengths": (lambda: net().fit(X, Y[:3]), LENGTHS.format("fit")),
    "labels": (lambda: net().fit(X, Y + 7, verbose=0), LABELS.format("fit")),
    "labels of a batch": (lambda: net().train_on_batch(X, Y + 7), LABELS.format("train_on_batch")),
    "last dimension": (lambda: net().fit(ones(6, 5), Y, verbose=0), INPUT.format("6, 5")),
    "strings": (lambda: net().fit(X, np.array(list("abcabc"))), NUMBERS.format("y", "<U1")),
    "missing key": (lambda: pair().fit({"a": X[:, :2]}, X[:, :1], verbose=0), KEYS.format(r"\['b'\]", r"\[\]")),
    "extra key": (lambda: pair().fit(dict.fromkeys("abc", X[:, :2]), X[:, :1], verbose=0),
                  KEYS.format(r"\[\]", r"\['c'\]")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake(backend, name):
    mistake, message = MISTAKES[name]
    with pytest.raises(KerasliteError, match=f"(?s){message}"):
        mistake()


@pytest.mark.parametrize("name", TRAINING_MISTAKES)
def test_mistake_in_training(differentiating_backend, name):
    mistake, message = TRAINING_MISTAKES[name]
    with pytest.raises(KerasliteError, match=f"(?s){message}"):
        mistake()


@pytest.mark.parametrize("end", ["m.keras", "m.weights.h5"])
def test_files_that_are_no_models(backend, end, tmp_path):
    path = tmp_path / end
    model = net()
    load = models.load_model if end == "m.keras" else model.load_weights
    model.save(path) if end == "m.keras" else model.save_weights(path)
    whole = path.read_bytes()
    before = model.get_weights()
    for content in (whole[: len(whole) // 2], whole[:-30], b"", b"something else" * 100):
        path.write_bytes(content)
        with pytest.raises(KerasliteError, match=rf"{end}.* Save (the model|the weights) again"):
            load(path)
    for kept, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)
    with pytest.raises(KerasliteError, match=r"gone.*, where there is none.*Check the path"):
        load(tmp_path / end.replace("m.", "gone."))


def test_weights_of_another_shape(backend, tmp_path):
    path = tmp_path / "m.weights.h5"
    net(5).save_weights(path)
    model = net(3)
    before = model.get_weights()
    message = (
        r"(?s)do not fit 'net'; nothing was loaded.*"
        r"'net/head/kernel' needs shape \(4, 3\). Received \(4, 5\).*skip_mismatch"
    )
    with pytest.raises(KerasliteError, match=message):
        model.load_weights(path)
    for kept, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_a_loss_that_is_not_finite(differentiating_backend, capsys):
    model = net(1, loss="mse")
    history = model.fit(
        X, np.full(6, np.nan), batch_size=2, epochs=3, callbacks=[keras.callbacks.TerminateOnNaN()], verbose=0
    )
    assert len(history.epoch) == 1
    assert "Batch 0: Invalid loss" in capsys.readouterr().out


def test_training_on_numpy():
    with keras.use_backend("numpy"):
        for run in (net().fit, net().train_on_batch):
            message = r"`\w+` needs an engine that has gradients.*Received engine 'numpy'.*(KERAS_BACKEND|pip install)"
            with pytest.raises(NotImplementedError, match=message):
                run(X, Y)


def test_attributes_of_other_versions():
    model, optimizer = net(), keras.optimizers.Adam()
    for owner, name, text in (
        (model, "predict_classes", r"`Sequential` has no 'predict_classes'. Use `predict\(x\).argmax\(axis=-1\)`"),
        (model, "to_yaml", "`Sequential` has no 'to_yaml'. Use `to_json`."),
        (optimizer, "lr", "`Adam` has no 'lr'. Use `learning_rate`."),
    ):
        assert not hasattr(owner, name)
        with pytest.raises(AttributeError, match=text):
            getattr(owner, name)
    with pytest.raises(AttributeError, match="`Adam` has no 'lr'. Use `learning_rate`."):
        optimizer.lr = 0.1  # Keras sets it without any effect

    class Own(keras.optimizers.SGD):
        def __init__(self, lr):
            super().__init__(lr)
            self.lr = lr

    assert Own(0.5).lr == 0.5
