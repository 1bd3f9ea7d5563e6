"""Code that people paste from tutorials, with `keraslite` instead of `keras`, on every engine."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    return random.random((40, 28, 28, 1)).astype("float32"), random.integers(0, 10, size=(40,))


def test_dense_with_input_dim(differentiating_backend):
    from keraslite.layers import Dense
    from keraslite.models import Sequential

    model = Sequential()
    model.add(Dense(64, activation="relu", input_dim=100))
    model.add(Dense(10, activation="softmax"))
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(0)
    data = random.random((50, 100))
    labels = keras.utils.to_categorical(random.integers(10, size=(50, 1)), num_classes=10)
    history = model.fit(data, labels, epochs=2, batch_size=16, validation_split=0.1, verbose=0)
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert len(history.history["loss"]) == 2
    loss, accuracy = model.evaluate(data, labels, verbose=0)
    assert loss > 0
    assert 0 <= accuracy <= 1
    assert model.predict(data, verbose=0).shape == (50, 10)


def test_convnet_with_input_shape(differentiating_backend, images):
    from keraslite.layers import Conv2D, Dense, Flatten, MaxPooling2D
    from keraslite.models import Sequential

    x, y = images
    model = Sequential([
        Conv2D(8, (3, 3), activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D((2, 2)),
        Conv2D(8, (3, 3), activation="relu"),
        MaxPooling2D((2, 2)),
        Flatten(),
        Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=1, batch_size=20, verbose=0)
    assert model.count_params() == 80 + 584 + 2010
    assert model.layers[0].name.rsplit("_", 1)[0] == "conv2d"


def test_embedding_with_input_length(differentiating_backend):
    from keraslite.layers import LSTM, Dense, Embedding
    from keraslite.models import Sequential

    model = Sequential()
    with pytest.warns(DeprecationWarning, match="input_length"):
        model.add(Embedding(50, 8, input_length=12))
    model.add(LSTM(8))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["acc"])
    random = np.random.default_rng(0)
    x, y = random.integers(0, 50, size=(20, 12)), random.integers(0, 2, size=(20, 1))
    history = model.fit(x, y, epochs=2, batch_size=10, validation_split=0.1, verbose=0)
    assert np.isfinite(history.history["val_acc"]).all()


def test_two_inputs(differentiating_backend):
    from keraslite import Input, Model
    from keraslite.layers import Concatenate, Dense

    a, b = Input(shape=(4,)), Input(shape=(3,))
    x = Concatenate()([Dense(5, activation="relu")(a), b])
    model = Model(inputs=[a, b], outputs=Dense(1)(x))
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x = [random.random((16, 4)), random.random((16, 3))]
    assert len(model.fit(x, random.random(16), epochs=1, verbose=0).history["loss"]) == 1
    assert model.predict(x, verbose=0).shape == (16, 1)


def test_subclass_called_on_an_input(backend):
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden = keras.layers.Dense(4, activation="relu")
            self.out = keras.layers.Dense(2)

        def call(self, inputs):
            return self.out(self.hidden(inputs))

    net = Net()
    outputs = net(keras.Input((3,)))
    assert outputs.shape == (None, 2)
    assert [v.shape for v in net.weights] == [(3, 4), (4,), (4, 2), (2,)]


def test_loss_from_logits_and_column_labels(differentiating_backend):
    model = keras.Sequential([keras.layers.Dense(16, activation="relu"), keras.layers.Dense(3)])
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    random = np.random.default_rng(0)
    x = random.normal(size=(90, 5)).astype("float32")
    y = x[:, :3].argmax(axis=1)[:, None]  # a column
    history = model.fit(x, y, epochs=15, batch_size=30, verbose=0)
    assert history.history["accuracy"][-1] > history.history["accuracy"][0]
    results = model.evaluate(x, y, verbose=0)
    assert isinstance(results, list)
    assert len(results) == 2


def test_functional_with_callbacks_and_files(differentiating_backend, tmp_path):
    inputs = keras.Input(shape=(6,), name="features")
    outputs = keras.layers.Dense(1)(keras.layers.Dropout(0.2)(keras.layers.Dense(8, activation="relu")(inputs)))
    model = keras.Model(inputs=inputs, outputs=outputs, name="regressor")
    model.compile(
        optimizer=keras.optimizers.SGD(0.01, momentum=0.9), loss="mse", metrics=[keras.metrics.MeanAbsoluteError()]
    )
    best = tmp_path / "best.keras"
    callbacks = [
        keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(best, save_best_only=True),
        keras.callbacks.ReduceLROnPlateau(patience=1),
    ]
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 6))
    model.fit(x, x.sum(axis=1), validation_split=0.25, epochs=3, callbacks=callbacks, verbose=0)
    loaded = keras.models.load_model(best)
    assert loaded.name == "regressor"
    assert loaded.predict(x, verbose=0).shape == (64, 1)
