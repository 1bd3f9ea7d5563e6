"""Random losses, metrics, optimizers and schedules: arguments and data from a seed, compared with Keras's.

The values of Keras come from its PyTorch, which is quickest with small calls; losses come with their gradients.
"""

from __future__ import annotations

from typing import Any

import keras_peer
import numpy as np

import keraslite
from random_models import build, compare, metric_choices, optimizer_choices
from random_models.drawing import Draw, made, pair
from random_models.source import written

KINDS = ("losses", "metrics", "optimizers", "schedules")
#: Name: arguments that may be varied (a function of a draw each), and the kind of data.
LOSSES: dict[str, tuple[dict[str, Any], str]] = {
    "MeanSquaredError": ({}, "real"), "MeanAbsoluteError": ({}, "real"), "LogCosh": ({}, "real"),
    "MeanAbsolutePercentageError": ({}, "real"), "MeanSquaredLogarithmicError": ({}, "real"),
    "Huber": ({"delta": lambda d: d.real(0.1, 3)}, "real"), "CosineSimilarity": ({"axis": None}, "real"),
    "Hinge": ({}, "signs"), "SquaredHinge": ({}, "signs"), "CategoricalHinge": ({}, "one_hot"),
    "Poisson": ({}, "positive"), "KLDivergence": ({}, "positive"), "Dice": ({}, "binary"),
    "BinaryCrossentropy": ({"from_logits": None, "label_smoothing": lambda d: d.real(0, 0.5)}, "binary"),
    "BinaryFocalCrossentropy": ({
        "from_logits": None, "label_smoothing": lambda d: d.real(0, 0.5), "gamma": lambda d: d.real(0, 4),
        "alpha": lambda d: d.real(0, 1), "apply_class_balancing": lambda d: d.chance(0.5)}, "binary"),
    "CategoricalCrossentropy": (
        {"from_logits": None, "label_smoothing": lambda d: d.real(0, 0.5)}, "one_hot"),
    "CategoricalFocalCrossentropy": ({
        "from_logits": None, "label_smoothing": lambda d: d.real(0, 0.5), "gamma": lambda d: d.real(0, 4),
        "alpha": lambda d: d.real(0, 1)}, "one_hot"),
    "SparseCategoricalCrossentropy": ({"from_logits": None, "ignore_class": lambda d: d.one([0, 1, -1])}, "labels"),
    "CategoricalGeneralizedCrossEntropy": ({"q": lambda d: d.real(0.1, 0.95)}, "labels"),
}  # fmt: skip
REDUCTIONS = ["sum_over_batch_size", "sum", "mean", "none", None, "mean_with_sample_weight"]


def draw(kind: str, seed: int) -> dict[str, Any]:
    """What to make and call, as plain data but for arrays."""
    d = Draw(seed, 10 + KINDS.index(kind))
    return {"losses": _loss, "metrics": metric_choices.draw, "optimizers": optimizer_choices.draw,
            "schedules": optimizer_choices.schedule}[kind](d)  # fmt: skip


def _loss(d: Draw) -> dict[str, Any]:
    name = d.one(list(LOSSES))
    choices, kind = LOSSES[name]
    shape = [d.whole(1, 5) for _ in range(d.whole(2, 4))]
    shape[-1] = max(2, shape[-1])
    options: dict[str, Any] = {}
    for option, choice in choices.items():
        if d.chance(0.5):
            options[option] = d.chance(0.7) if option == "from_logits" else -1 if choice is None else choice(d)
    if name == "CosineSimilarity" and "axis" in options:
        options["axis"] = d.one([-1, 1, len(shape) - 1])
    if name == "Dice" and d.chance(0.3):
        options["axis"] = d.one([[1], pair(*range(1, len(shape))), [-1]])
    if d.chance(0.6):
        options["reduction"] = d.one(REDUCTIONS[:-1])  # weights as broadcast, in Keras as given
    true, pred = data(d, kind, shape, options.get("from_logits", False))
    if name == "CategoricalGeneralizedCrossEntropy":
        true = true.reshape(shape[:-1])  # Keras reads a column of labels as one-hot rows
    return {"make": made(f"losses.{name}", **options), "args": [true, pred, _weights(d, name, shape)]}


def data(d: Draw, kind: str, shape: list[int], logits: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Targets and predictions."""
    g = d.generator
    dtype = d.one(["float32", "float32", "float32", "float64", "int32"])
    scale = d.one([1.0, 1.0, 4.0])
    if kind in ("real", "signs") or logits:
        pred = g.normal(size=shape) * scale
    else:
        pred = g.uniform(0.0 if d.chance(0.1) else 0.02, 0.98, shape)
    if kind in ("one_hot", "labels"):
        labels = g.integers(0, shape[-1], shape[:-1])
        true = labels if kind == "labels" else np.eye(shape[-1])[labels]
        if kind == "labels" and d.chance(0.2):
            true = true[..., None]
        if not logits and d.chance(0.7):
            pred = pred / pred.sum(-1, keepdims=True)
        dtype = "int32" if kind == "labels" else dtype
    elif kind in ("binary", "signs"):
        true = g.integers(0, 2, shape)
        true = 2 * true - 1 if kind == "signs" and d.chance(0.5) else true
    else:
        true = g.uniform(0, 1, shape) if kind == "positive" else g.normal(size=shape) * scale
        dtype = "float32" if dtype == "int32" else dtype
    return true.astype(dtype), pred.astype("float32")


def _weights(d: Draw, name: str, shape: list[int]) -> Any:
    """Sample weights, or None; not of shape (batch,) for values of rank 2, which Keras lines up with the last axis."""
    if d.chance(0.5):
        return None
    values = shape[:-1]
    if name == "Dice":  # one value, or as many as are left of `axis`
        return None
    forms = [values, [*values[:1], *[1] * (len(values) - 1)]]
    return d.generator.uniform(0, 2, d.one(forms)).astype("float32")


def source(spec: dict[str, Any]) -> str:
    """A line that makes the object, and its data."""
    rest = {key: value for key, value in spec.items() if key != "make"}
    with np.printoptions(threshold=30, precision=5):
        return f"{written(spec['make'])}\n{rest!r}"


def run(k: Any, spec: dict[str, Any]) -> Any:
    """What the object gives; runs on both sides."""
    try:
        thing = build.value(k, spec["make"])
        found = {"value": _called(k, thing, spec)}
        if spec["make"]["make"].startswith("losses.") and k.config.backend() == "torch":
            found["gradient"] = _gradient(k, thing, spec["args"])
        config = thing.get_config()
        return {**found, "config": {key: x for key, x in config.items() if _plain(x)}}
    except Exception as error:  # which side refuses, and why, is what is asked for
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:400]}


def _plain(x: Any) -> bool:
    return x is None or isinstance(x, (bool, int, float, str)) or (isinstance(x, list) and all(map(_plain, x)))


def _called(k: Any, thing: Any, spec: dict[str, Any]) -> Any:
    if "batches" in spec:
        return metric_choices.run(k, thing, spec)
    if "gradients" in spec:
        return optimizer_choices.run(k, thing, spec)
    if "steps" in spec:
        return [np.asarray([float(k.ops.convert_to_numpy(thing(step))) for step in spec["steps"]])]
    return [k.ops.convert_to_numpy(thing(*spec["args"]))]


def _gradient(k: Any, loss: Any, args: list[Any]) -> list[np.ndarray]:
    """Of the sum of the values by the predictions, on PyTorch."""
    true, pred, weights = args
    x = k.ops.convert_to_tensor(pred)
    x.requires_grad_(True)
    k.ops.sum(loss(true, x, weights)).backward()
    return [x.grad.detach().cpu().numpy()]


def keras_run(spec: dict[str, Any]) -> Any:
    """`run` by real Keras."""
    import keras

    keras.utils.clear_session(free_memory=False)
    return run(keras, spec)


def compared(kind: str, seed: int, engine: str) -> tuple[list[str], list[str]]:
    """What is wrong here, and what only Keras refuses, or both."""
    spec = draw(kind, seed)
    theirs = keras_peer.call("random_models.formulas:keras_run", backend="torch", spec=spec)
    with keraslite.use_backend(engine):
        keraslite.utils.clear_session(free_memory=False)
        ours = run(keraslite, spec)
    if "error" in theirs:
        return [], [
            f"{'both refuse' if 'error' in ours else 'Keras refuses'}: {theirs['error']} // {ours.get('error')}"
        ]
    if "error" in ours:
        return [ours["error"]], []
    wrong = compare.arrays("values", build.flat(ours["value"]), build.flat(theirs["value"]), loose=False)
    if "gradient" in ours:
        wrong += compare.arrays("gradient", ours["gradient"], theirs["gradient"], loose=False)
    shared = [name for name in ours["config"] if name in theirs["config"]]
    if kind == "metrics":
        shared.remove("dtype")  # None is floatx, which Keras writes down
    wrong += compare.configs(*({name: side["config"][name] for name in shared} for side in (ours, theirs)))
    return wrong, []
