"""Regression on a table: disease progression after a year from ten measurements.

    python examples/table_regression.py

Uses the diabetes data that scikit-learn ships (Efron et al., 2004). Writes `table_regression.png`
into `--output` (here).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split

import keraslite as keras
from keraslite import layers

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib import ticker


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path.cwd(), help="folder for the picture")
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    x, y = load_diabetes(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x.astype("float32"), y.astype("float32"), random_state=0)
    mean, deviation = x_train.mean(axis=0), x_train.std(axis=0)
    x_train, x_test = (x_train - mean) / deviation, (x_test - mean) / deviation

    model = keras.Sequential(
        [
            layers.Input((10,)),
            layers.Dense(64, activation="relu", kernel_regularizer=keras.regularizers.L2(1e-2)),
            layers.Dense(32, activation="relu"),
            layers.Dense(1, bias_initializer=keras.initializers.Constant(float(y_train.mean()))),
        ]
    )
    model.compile(keras.optimizers.Adam(1e-3), loss="mse", metrics=["mae"])
    callbacks = [
        keras.callbacks.EarlyStopping(patience=20, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau(patience=8),
    ]
    fit = {"epochs": 150, "batch_size": 16, "verbose": 0}
    history = model.fit(x_train, y_train, validation_split=0.2, callbacks=callbacks, **fit).history
    _, error = model.evaluate(x_test, y_test, verbose=0)
    baseline = np.abs(y_test - y_train.mean()).mean()

    figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
    axis.plot(history["mae"], label="training")
    axis.plot(history["val_mae"], label="validation")
    axis.set(xlabel="epoch", ylabel="mean absolute error", yscale="log")
    axis.yaxis.set_major_formatter(ticker.ScalarFormatter())  # 60, not 6x10^1
    axis.yaxis.set_minor_formatter(ticker.ScalarFormatter())
    axis.legend()
    figure.savefig(arguments.output / "table_regression.png", dpi=120)
    plt.close(figure)
    print(f"engine: {keras.config.backend()}")
    print(f"mean absolute error: {error:.1f} after {len(history['loss'])} epochs (always the mean: {baseline:.1f})")
    print(f"curves: {arguments.output / 'table_regression.png'}")


if __name__ == "__main__":
    main()
