"""Forecast a time series with intervals: windows of a series, and quantiles by a loss class of its own.

    python examples/cookbook/forecast.py [FILE]
    KERAS_BACKEND=torch python examples/cookbook/forecast.py

The file is a CSV whose last column has daily values. Without one, eight years are made up: a trend, a yearly and a
weekly pattern, and noise that lasts some days.

Result: the median forecast of the next 14 days has an error at least 15 % below that of repeating the last week, and
between 70 % and 90 % of the values lie in the interval that should hold 80 %.

Koenker & Bassett, "Regression Quantiles", 1978.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers, ops

PAST, FUTURE, QUANTILES = 56, 14, (0.1, 0.5, 0.9)


def read(path: Path | None) -> np.ndarray:
    """Daily values."""
    if path is not None:
        return np.array([float(line.rsplit(",", 1)[1]) for line in path.read_text().splitlines()[1:]])
    random, days = np.random.default_rng(0), np.arange(8 * 365)
    noise = np.zeros(len(days))
    for day in days[1:]:
        noise[day] = 0.7 * noise[day - 1] + random.normal(scale=1.5)
    week = np.array([0.0, 1.0, 2.0, 2.0, 4.0, -6.0, -8.0])
    return 50 + 0.02 * days + 12 * np.sin(2 * np.pi * days / 365.25) + week[days % 7] + noise


class QuantileLoss(keras.losses.Loss):
    """Targets `(batch, steps)` against quantiles of them, `(batch, steps, quantiles)`: the pinball loss."""

    def __init__(self, quantiles: Sequence[float], name: str = "quantile_loss", **options):
        super().__init__(name=name, **options)
        self.quantiles = tuple(quantiles)

    def call(self, y_true, y_pred):
        missed = ops.expand_dims(y_true, -1) - y_pred
        share = ops.array(self.quantiles, y_pred.dtype)
        return ops.mean(ops.maximum(share * missed, (share - 1) * missed), axis=-1)

    def get_config(self):
        return {**super().get_config(), "quantiles": self.quantiles}


def forecaster(units: int) -> keras.Model:
    """The past of a series, and the quantiles of its future as differences to the mean of its last four weeks."""
    past = keras.Input((PAST,))
    week = ops.mean(ops.reshape(past[:, -28:], (-1, 4, 7)), axis=1)  # (batch, 7)
    week = ops.tile(week, (1, FUTURE // 7))
    level = ops.mean(past[:, -28:], axis=1, keepdims=True)
    x = layers.Dense(units, activation="relu")(past - level)
    x = layers.Dense(units, activation="relu")(layers.Dropout(0.1)(x))
    x = layers.Reshape((FUTURE, len(QUANTILES)))(layers.Dense(FUTURE * len(QUANTILES))(x))
    return keras.Model(past, ops.expand_dims(week, -1) + x)


def windows(series: np.ndarray, start: int, end: int):
    """Pasts and futures whose forecast begins from `start` to `end`."""
    pasts = np.lib.stride_tricks.sliding_window_view(series, PAST + FUTURE)[start - PAST : end - PAST]
    return pasts[:, :PAST], pasts[:, PAST:]


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", help="daily values, in the last column of a CSV file")
    parser.add_argument("--quick", action="store_true", help="a few steps and a small goal")
    arguments = parser.parse_args(given)
    units, epochs, least_gain, least_inside = (8, 2, -0.5, 0.0) if arguments.quick else (32, 20, 0.15, 0.7)

    keras.utils.set_random_seed(0)
    series = read(arguments.file)
    split = int(0.75 * len(series))
    mean, spread = series[:split].mean(), series[:split].std()
    scaled = ((series - mean) / spread).astype("float32")
    x, y = windows(scaled, PAST, split - FUTURE)
    x_test, y_test = windows(scaled, split, len(series) - FUTURE)
    model = forecaster(units)
    model.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.1), QuantileLoss(QUANTILES))
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)

    forecast = np.sort(model.predict(x_test, verbose=0), axis=-1)  # (n, FUTURE, 3)
    low, median, high = (spread * forecast[..., i] for i in range(3))
    actual, repeated = spread * y_test, spread * np.tile(x_test[:, -7:], FUTURE // 7)
    error, naive = float(np.mean(np.abs(median - actual))), float(np.mean(np.abs(repeated - actual)))
    inside = float(np.mean((low <= actual) & (actual <= high)))

    print(f"engine: {keras.config.backend()}")
    print(f"mean absolute error {error:.2f}; repeating the last week: {naive:.2f}; in the interval: {inside:.2f}")
    gain = 1 - error / naive
    assert gain >= least_gain, f"Expected an error at least {least_gain} below that of repeating, got {gain:.2f}."
    assert least_inside <= inside <= 1.6 - least_inside, f"Expected about 0.8 in the interval, got {inside:.2f}."


if __name__ == "__main__":
    main()
