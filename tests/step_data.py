"""The data that a model's own steps get for each form of data. This runs in the test process and in real Keras."""

from __future__ import annotations

from typing import Any

import numpy as np

X, Y, W = np.ones((4, 3), "float32"), np.ones((4, 1), "float32"), np.ones(4, "float32")

#: What is passed as `x`, by the name of the form.
ARRAYS = {
    "array": X,
    "dict": {"a": X, "b": Y},
    "list": [X, Y],
    "list of one": [X],
    "tuple": (X, Y),
    "nest": {"a": [X, Y]},
}
#: What is made of batches, and the batches of that form which Keras takes.
BATCHES = {
    "generator": {"(x,)": (X,), "(x, y)": (X, Y), "(x, y, w)": (X, Y, W), "({},)": ({"a": X, "b": Y},)},
    "dataset": {"x": X, "(x,)": (X,), "(x, y)": (X, Y), "{}": {"a": X, "b": Y}},
    "indexed": {"x": X, "(x,)": (X,), "(x, y)": (X, Y), "[x, y]": [X, Y], "{}": {"a": X, "b": Y}, "[x]": [X]},
    "loader": {"(x,)": (X,), "(x, y)": (X, Y)},
}


def make(kind: str, batch: Any, keras: Any) -> Any:
    """Data of that kind with one batch."""
    if kind == "generator":
        return (each for each in [batch])
    if kind == "dataset":
        import tensorflow as tf

        return tf.data.Dataset.from_tensor_slices(batch).batch(4)
    if kind == "loader":
        import torch
        from torch.utils.data import DataLoader, TensorDataset

        return DataLoader(TensorDataset(*(torch.from_numpy(each) for each in batch)), batch_size=4)

    class Indexed(keras.utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return batch

    return Indexed()


def described(data: Any) -> str:
    """A nest with the shapes of its tensors; a list of a batch's parts counts as a tuple."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {described(value)}" for key, value in sorted(data.items())) + "}"
    if isinstance(data, (list, tuple)):
        return "(" + ", ".join(described(value) for value in data) + ")"
    return "None" if data is None else str([4, *data.shape[1:]])


def seen_by_steps(kinds: list[str], keras: Any = None) -> dict[str, str]:
    """What `train_step`, `test_step` and `predict_step` get, by form."""
    if keras is None:
        import keras
    found = {}

    def note(data: Any) -> Any:
        seen.append(described(data))
        return {"loss": keras.ops.zeros(())}

    class Watching(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2)
            self.built = True

        def call(self, x):
            return x

        def train_step(self, data):
            return note(data)

        def test_step(self, data):
            return note(data)

        def predict_step(self, data):
            note(data)
            return keras.ops.zeros((4, 1))

    forms = {name: (lambda x=x: x) for name, x in ARRAYS.items()}
    for kind in kinds:
        for name, batch in BATCHES[kind].items():
            forms[f"{kind} of {name}"] = lambda kind=kind, batch=batch: make(kind, batch, keras)
    for name, form in forms.items():
        model = Watching()
        model.compile("sgd")
        for run in ("fit", "evaluate", "predict"):
            if run == "fit" and keras.config.backend() == "numpy":
                continue
            seen: list[str] = []
            getattr(model, run)(form(), verbose=0)
            found[f"{run} {name}"] = seen[0]
    return found
