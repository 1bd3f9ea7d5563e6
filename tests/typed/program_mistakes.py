"""Mistakes that a checker sees: each line has one."""

from __future__ import annotations

import numpy as np

import keraslite as keras
from keraslite import callbacks, layers, losses, ops, optimizers

x = np.zeros((4, 3), "float32")
model = keras.Sequential([layers.Dense(2)])

# ---- mistakes
layers.Dense("3")  # error: reportArgumentType
layers.Dense(3, activation=5)  # error: reportArgumentType
layers.Conv2D(3, 3, padding="smae")  # error: reportArgumentType
layers.Conv2D(3, 3, stride=2)  # error: reportCallIssue
layers.LSTM(3, return_sequence=True)  # error: reportCallIssue
layers.Dropout("0.5")  # error: reportArgumentType
layers.Embedding(10)  # error: reportCallIssue
layers.MaxPooling2D(pool_sizes=2)  # error: reportCallIssue
model.compile(optimiser="adam")  # error: reportCallIssue
model.fit(x, x, batch_size="32")  # error: reportArgumentType
optimizers.Adam(lr=0.1)  # error: reportCallIssue
optimizers.SGD(momentum="0.9")  # error: reportArgumentType
losses.BinaryCrossentropy(from_logit=True)  # error: reportCallIssue
callbacks.EarlyStopping(patience="3")  # error: reportArgumentType
keras.Input(shape="3")  # error: reportArgumentType
ops.add(x)  # error: reportCallIssue
ops.add(x, "1")  # error: reportArgumentType
ops.sum(x, axes=1)  # error: reportCallIssue
ops.softmax(x, axis="last")  # error: reportArgumentType
ops.reshape(x, "12")  # error: reportArgumentType
ops.cast(x, 32)  # error: reportArgumentType
print(ops.matmul(x, x).foo)  # error: reportAttributeAccessIssue
print(model.layers[0].wieghts)  # error: reportAttributeAccessIssue
