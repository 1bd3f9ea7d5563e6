"""A program that trains, for tests that kill it: `python resumed_run.py ENGINE FOLDER KIND KILL_AT`.

It prints results of epochs, and at its end a digest of all weights and of the optimizer's state.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys

import numpy as np


def build(keras):
    layers = keras.layers
    keras.utils.set_random_seed(5)
    model = keras.Sequential([
        keras.Input((6,)), layers.Dense(8, "tanh"), layers.BatchNormalization(), layers.Dropout(0.3), layers.Dense(3),
    ])  # fmt: skip
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.05, 7, 0.9), use_ema=True),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def arguments(keras, kind):
    """Further arguments of `fit`, and what `BackupAndRestore` is given."""
    random = np.random.default_rng(0)
    x = random.normal(size=(96, 6)).astype("float32")
    y = (x[:, 0] > 0).astype("int32") + (x[:, 1] > 0)
    data = {"x": x, "y": y, "batch_size": 8}
    if kind == "steps":  # epochs that are not passes
        return {**data, "steps_per_epoch": 7, "epochs": 5}, {"save_freq": 2}
    if kind == "batches":
        return {**data, "epochs": 3, "class_weight": {0: 2.0}, "validation_split": 0.25}, {"save_freq": 3}
    if kind == "generator":

        def batches():
            while True:
                for start in range(0, 96, 8):
                    yield x[start : start + 8], y[start : start + 8]

        return {"x": batches(), "steps_per_epoch": 5, "epochs": 5}, {"save_freq": 2}
    if kind == "checkpoint":  # of `ModelCheckpoint`, which is given these arguments
        return {**data, "epochs": 3, "validation_split": 0.25}, {"save_freq": 4, "max_to_keep": 2, "resume": True}
    if kind == "long":  # there is time to end it
        return {**data, "epochs": 10_000}, {}
    return {**data, "epochs": 5, "validation_data": (x, y)}, {"double_checkpoint": True}


def saving(keras, kind, folder):
    """The callback that saves the state."""
    options = arguments(keras, kind)[1]
    if kind == "checkpoint":
        return keras.callbacks.ModelCheckpoint(os.path.join(folder, "{epoch}-{batch}.ckpt"), **options)
    return keras.callbacks.BackupAndRestore(folder, **options)


def digest(model):
    values = [v.numpy() for v in [*model._listed(seeds=True), *model.optimizer.variables]]
    return hashlib.sha256(b"".join(np.ascontiguousarray(v).tobytes() for v in values)).hexdigest()


def told(keras, kill_at):
    """A callback that prints results, and kills the process at its event of that number."""

    class Told(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.count = 0

        def happens(self):
            self.count += 1
            if self.count == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def on_epoch_begin(self, epoch, logs=None):
            print("epoch", epoch, flush=True)
            self.happens()

        def on_epoch_end(self, epoch, logs=None):
            print("logs", epoch, sorted((logs or {}).items()), flush=True)
            self.happens()

        def on_test_end(self, logs=None):
            self.happens()

        def on_train_end(self, logs=None):
            self.happens()

    class ToldOfBatches(Told):
        def on_train_batch_end(self, batch, logs=None):
            self.happens()

    return Told, ToldOfBatches


def main(engine, folder, kind, kill_at):
    import keraslite as keras

    with keras.use_backend(engine):
        model = build(keras)
        fit, backup = arguments(keras, kind)
        by_epochs, by_batches = told(keras, int(kill_at))
        callbacks = [by_epochs() if "save_freq" not in backup else by_batches()]
        callbacks.append(keras.callbacks.EarlyStopping("loss", patience=50))
        if folder != "-":
            callbacks.append(saving(keras, kind, folder))
        model.fit(**fit, verbose=0, callbacks=callbacks)
        print("digest", digest(model), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
