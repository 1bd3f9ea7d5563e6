"""A user's program, as `test_names_and_types.py` has it checked: no line may be an error but those that say so."""

from __future__ import annotations

from typing import assert_type

import numpy as np

import keraslite as keras
from keraslite import activations, callbacks, initializers, layers, losses, metrics, ops, optimizers, regularizers

x = np.zeros((4, 8, 3), "float32")

# ---- what things are
model = keras.Sequential([keras.Input((8, 3)), layers.LSTM(4), layers.Dense(1)])
assert_type(model, keras.Sequential)
inputs = keras.Input((8, 3), dtype="float32")
assert_type(inputs, keras.KerasTensor)
assert_type(keras.Model(inputs, layers.Dense(2)(inputs)), keras.Model)
assert_type(keras.Model(inputs=inputs, outputs={"a": inputs}, name="m"), keras.Model)
assert_type(keras.models.clone_model(model), keras.Model)
assert_type(model.fit(x, x, epochs=2, callbacks=[callbacks.EarlyStopping(patience=1)]), callbacks.History)
assert_type(model.layers, list[keras.Layer])
assert_type(model.get_layer("dense"), keras.Layer)
assert_type(model.weights, list[keras.Variable])
assert_type(model.count_params(), int)
assert_type(model.to_json(), str)
assert_type(model.summary(), None)
assert_type(layers.Dense(2), layers.Dense)
assert_type(optimizers.Adam(), optimizers.Adam)
assert_type(metrics.AUC(), metrics.AUC)
assert_type(keras.Variable(1.0), keras.Variable)
assert_type(keras.random.SeedGenerator(1), keras.random.SeedGenerator)
assert_type(keras.config.floatx(), str)
with keras.use_backend("numpy"), keras.device("cpu"):
    loss, accuracy = model.evaluate(x, x, verbose=0)
    print(model.predict(x).shape, loss)


# ---- classes of one's own
class Scale(keras.Layer):
    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="ones", name="kernel")

    def call(self, inputs, training=None):
        return ops.relu(ops.matmul(inputs, self.kernel)) * 2 + 1


class Pair(keras.Layer):
    def build(self, query_shape, value_shape):
        super().build(query_shape)

    def call(self, query, value, mask=None):
        return query + value

    def compute_mask(self, query, value=None, mask=None):
        return mask


@keras.saving.register_keras_serializable()
class Net(keras.Model):
    def __init__(self):
        super().__init__(name="net")
        self.head = Scale(3)

    def call(self, inputs, training=False):
        return self.head(inputs)

    def train_step(self, data):
        return super().train_step(data)

    def test_step(self, state, data):
        return {"loss": self.compute_loss(*data)}, state


class Distance(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.mean(ops.square(y_true - y_pred), axis=-1)


class Watch(callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print(epoch, self.model.name)


assert_type(Net(), Net)
assert_type(Scale(2), Scale)
Net().compile(optimizers.SGD(0.1), Distance(), metrics=["mae", metrics.MeanAbsoluteError()])
Net().fit(x, x, callbacks=[Watch(), callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None)])
Net().save("net.keras")

# ---- arguments in all their forms
layers.Dense(2, ops.relu, kernel_initializer=initializers.HeNormal(), kernel_regularizer=regularizers.L2(0.1))
layers.Conv2D(2, (3, 3), 2, "same", activation="relu", kernel_initializer="he_normal")
layers.LSTM(3, recurrent_initializer=initializers.Orthogonal(), activation=activations.relu, return_sequences=True)
layers.MaxPooling2D((2, 2), strides=(1, 1))
layers.BatchNormalization(axis=-1, gamma_initializer=initializers.Ones(), momentum=1)
layers.LayerNormalization(axis=[1, 2])
layers.Embedding(2, 3, embeddings_initializer=initializers.Constant(1.0), mask_zero=True)
layers.Bidirectional(layers.GRU(3), merge_mode=None)
layers.PReLU(alpha_initializer=initializers.Zeros(), shared_axes=[1])
layers.Softmax(axis=[1, 2])
layers.ZeroPadding2D(((1, 1), (2, 2)))
layers.RNN([layers.LSTMCell(3), layers.GRUCell(4)])
layers.Dropout(0, noise_shape=(None, 1), seed=1)
optimizers.Adam(optimizers.schedules.CosineDecay(0.1, 100), clipnorm=1, weight_decay=1e-3)
metrics.AUC(thresholds=[0.1], curve="PR")
ops.sum(x, axis=[0, 1])
ops.zeros([2, 3], dtype=np.float32)
ops.reshape(x, [-1, 3])
ops.cast(x, float)
ops.tensordot(x, x, ((0,), (0,)))
ops.conv(x, x, (1,), "same")
ops.image.resize(x, (2, 2), fill_value=1)
ops.nn.softmax(ops.numpy.add(x, 1))
ops.linalg.norm(x, axis=(0, 1))
keras.random.normal([2, 3], 0, 1, seed=1)

# ---- mistakes that are seen
layers.Dense()  # error: reportCallIssue
model.fit(x, x, epoch=2)  # error: reportCallIssue
ops.summ(x)  # error: reportAttributeAccessIssue
layers.Dense("2")  # error: reportArgumentType
print(model.layers.name)  # error: reportAttributeAccessIssue
