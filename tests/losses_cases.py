"""Every loss with arguments and data. New losses are found automatically and need an entry."""

from __future__ import annotations

import numpy as np

from keraslite import losses

CLASSES = {
    name: value
    for name, value in vars(losses).items()
    if isinstance(value, type) and issubclass(value, losses.Loss) and value is not losses.Loss
}

# Arguments besides `reduction`, `name` and `dtype`: each set is tried.
ARGUMENTS = {
    "BinaryCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.2}, {"axis": [-1]}],
    "BinaryFocalCrossentropy": [
        {}, {"apply_class_balancing": True, "alpha": 0.4}, {"gamma": 1.0, "from_logits": True},
        {"label_smoothing": 0.1, "axis": -1},
    ],
    "CategoricalCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.2}, {"axis": 1}],
    "CategoricalFocalCrossentropy": [
        {}, {"alpha": 0.5, "gamma": 1.0}, {"from_logits": True, "label_smoothing": 0.1}, {"alpha": [0.1, 0.2, 0.3]},
        {"axis": 1},
    ],
    "CategoricalGeneralizedCrossEntropy": [{}, {"q": 0.3}],
    "Circle": [{}, {"gamma": 8.0, "margin": 0.2}, {"remove_diagonal": False}],
    "CosineSimilarity": [{}, {"axis": 1}],
    "Dice": [{}, {"axis": (1, 2)}],
    "Huber": [{}, {"delta": 0.3}],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True}, {"ignore_class": 1}, {"axis": -1}],
    "SparseCategoricalFocalCrossentropy": [
        {}, {"alpha": 0.5, "gamma": 1.0}, {"from_logits": True}, {"alpha": [0.1, 0.2, 0.3]}, {"ignore_class": 1},
        {"axis": 1},
    ],
    "Tversky": [{}, {"alpha": 0.3, "beta": 0.9}, {"axis": (1, 2)}],
}  # fmt: skip
OTHER_SHAPES = ("CTC", "Circle")  # whose targets have shapes of their own
LABELS = ("SparseCategoricalCrossentropy", "SparseCategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy")


def arguments_of(name):
    return ARGUMENTS.get(name, [{}])


ALL = [(name, arguments) for name in CLASSES for arguments in arguments_of(name)]
IDS = [f"{name}-{'-'.join(f'{k}={v}' for k, v in arguments.items())}" for name, arguments in ALL]


def data(name, shape=(4, 3, 3), seed=0):
    """Targets and predictions fit for the loss, float32."""
    random = np.random.default_rng(seed)
    pred = random.uniform(0.05, 0.95, shape).astype("float32")
    if name == "CTC":
        return random.integers(0, shape[-1], (shape[0], 2)).astype("int32"), pred
    if name == "Circle":
        pred = pred.reshape(shape[0], -1)
        return np.arange(shape[0]) % 2, pred / np.linalg.norm(pred, axis=-1, keepdims=True)
    if name in LABELS:
        return random.integers(0, shape[-1], shape[:-1]).astype("int32"), pred
    if name.startswith("Categorical"):
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])], pred
    if "Hinge" in name or name.startswith("Binary"):
        return random.integers(0, 2, shape).astype("float32"), pred
    return random.uniform(0.05, 0.95, shape).astype("float32"), pred
