"""Classify the rows of a table of numbers and texts with `FeatureSpace`; the saved model takes raw rows.

    python examples/table_with_features.py                (a made-up table of passengers)
    python examples/table_with_features.py titanic.csv    (columns: survived, age, fare, sex, class)

Writes `passengers.keras` into `--output` (here).
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import keraslite as keras
from keraslite import layers
from keraslite.utils import FeatureSpace

PREDICT = """
import json, sys, numpy as np, keraslite as keras
model = keras.models.load_model(sys.argv[1])
row = {name: np.array([[value]]) for name, value in json.loads(sys.argv[3]).items()}
np.save(sys.argv[2], model.predict(row, verbose=0))
"""


def read(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Columns by name, and who survived. Rows without an age are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["age"]]
    columns: dict[str, np.ndarray] = {name: np.array([float(row[name]) for row in rows]) for name in ("age", "fare")}
    columns |= {name: np.array([row[name] for row in rows]) for name in ("sex", "class")}
    return columns, np.array([float(row["survived"]) for row in rows], "float32")


def made_up(count: int = 1500) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Passengers of whom women, children and the first class survive more often."""
    random = np.random.default_rng(0)
    columns = {
        "age": random.uniform(1, 80, count).round(),
        "fare": random.exponential(30, count).round(2),
        "sex": random.choice(["female", "male"], count),
        "class": random.choice(["First", "Second", "Third"], count, p=[0.25, 0.25, 0.5]),
    }
    score = 2.5 * (columns["sex"] == "female") + 2 * (columns["age"] < 12) + 1.5 * (columns["class"] == "First") - 2
    survived = random.uniform(size=count) < 1 / (1 + np.exp(-2 * score))
    return columns, survived.astype("float32")


def feature_space() -> FeatureSpace:
    """What becomes of each column, and a cross of two."""
    return FeatureSpace(
        {
            "age": FeatureSpace.float_discretized(num_bins=8),
            "fare": FeatureSpace.float_normalized(),
            "sex": FeatureSpace.string_categorical(num_oov_indices=0),
            "class": FeatureSpace.string_categorical(),
        },
        crosses=[FeatureSpace.cross(("sex", "class"), crossing_dim=16)],
        output_mode="concat",
    )


def train(columns: dict[str, np.ndarray], survived: np.ndarray, epochs: int) -> tuple[keras.Model, float]:
    """A model of raw rows, and its accuracy on the last fifth of them."""
    split = len(survived) * 4 // 5
    training = {name: column[:split] for name, column in columns.items()}
    held_out = {name: column[split:] for name, column in columns.items()}
    space = feature_space()
    space.adapt(training)
    encoded = space.get_encoded_features()
    hidden = layers.Dense(16, activation="relu")(encoded)
    outputs = layers.Dense(1, activation="sigmoid")(layers.Dropout(0.2)(hidden))
    model = keras.Model(space.get_inputs(), outputs)
    model.compile(keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=["accuracy"])
    model.fit(training, survived[:split], epochs=epochs, validation_data=(held_out, survived[split:]), verbose=2)
    return model, model.evaluate(held_out, survived[split:], verbose=0)[1]


def check_in_new_process(file: Path, expected: np.ndarray, row: dict[str, float | str]) -> None:
    """Load the file in a new process and compare what it predicts."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "predictions.npy")
        subprocess.run([sys.executable, "-c", PREDICT, str(file), str(output), json.dumps(row)], check=True)
        np.testing.assert_array_equal(np.load(output), expected)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", help="a CSV file")
    parser.add_argument("--output", type=Path, default=Path.cwd(), help="folder for the model")
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()

    keras.utils.set_random_seed(0)
    columns, survived = read(arguments.file) if arguments.file else made_up()
    model, accuracy = train(columns, survived, arguments.epochs)

    file = arguments.output / "passengers.keras"
    model.save(file)
    row = {"age": 8.0, "fare": 30.0, "sex": "female", "class": "Second"}
    prediction = model.predict({name: np.array([[value]]) for name, value in row.items()}, verbose=0)
    check_in_new_process(file, prediction, row)
    print(f"engine: {keras.config.backend()}")
    print(f"held-out accuracy: {accuracy:.3f}")
    print(f"{row} survives with probability {prediction[0, 0]:.2f}")
    print(f"model: {file} (a new process predicts the same from the raw row)")


if __name__ == "__main__":
    main()
