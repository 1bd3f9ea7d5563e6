"""Draws how a random model is trained: loss, metrics, optimizer and fitting data."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from random_models import build
from random_models.drawing import Draw, made

SAMPLES = 4
STEPS = 3
#: By the last activation: losses, what the targets are, metrics. An epsilon of 0.01 in the optimizers below: where a
#: gradient is 0 but for rounding, theirs would be steps of full size in a random direction.
#: `Huber` without `delta`, which Keras's config does not hold.
LOSSES: dict[Any, list[tuple[Any, str]]] = {
    "softmax": [
        ("categorical_crossentropy", "one_hot"), ("sparse_categorical_crossentropy", "labels"),
        ("kl_divergence", "one_hot"), (made("losses.CategoricalCrossentropy", label_smoothing=0.1), "one_hot"),
        (made("losses.SparseCategoricalCrossentropy"), "labels"),
        (made("losses.CategoricalFocalCrossentropy", alpha=0.3, gamma=1.5), "one_hot"), ("mse", "one_hot"),
    ],
    "sigmoid": [
        ("binary_crossentropy", "binary"), (made("losses.BinaryCrossentropy", label_smoothing=0.2), "binary"),
        (made("losses.BinaryFocalCrossentropy", gamma=1.5), "binary"), ("mae", "binary"), ("poisson", "binary"),
    ],
    None: [
        ("mse", "normal"), ("mean_absolute_error", "normal"), (made("losses.Huber"), "normal"),
        ("log_cosh", "normal"), (made("losses.LogCosh"), "normal"), ("hinge", "signs"),
        (made("losses.MeanSquaredError", reduction="sum"), "normal"),
        (made("losses.CosineSimilarity", axis=-1), "normal"),
        (made("losses.BinaryCrossentropy", from_logits=True), "binary"), ("squared_hinge", "signs"),
    ],
}  # fmt: skip
METRICS: dict[Any, list[Any]] = {
    "softmax": ["accuracy", "mae", "acc"],
    "sigmoid": ["accuracy", made("metrics.BinaryAccuracy", threshold=0.4), "mse"],
    None: ["mae", "mse", made("metrics.RootMeanSquaredError"), made("metrics.MeanAbsoluteError", name="off"),
           "cosine_similarity"],
}  # fmt: skip


def _metrics(head: Any, target: str) -> list[Any]:
    return ["accuracy", "sparse_categorical_accuracy"] if target == "labels" else METRICS[head]


def optimizer(d: Draw, constrained: bool) -> Any:
    """An optimizer with some of its options."""
    rate: Any = d.real(0.01, 0.05)
    if d.chance(0.2):
        rate = d.one([
            made("optimizers.schedules.ExponentialDecay", initial_learning_rate=0.03, decay_steps=2, decay_rate=0.7),
            made("optimizers.schedules.CosineDecay", initial_learning_rate=0.03, decay_steps=3),
        ])  # fmt: skip
    name, options = d.one([
        ("SGD", {}), ("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.8, "nesterov": True}),
        ("Adam", {"epsilon": 0.01}), ("Adam", {"epsilon": 0.01, "amsgrad": True}), ("RMSprop", {"epsilon": 0.01}),
        ("AdamW", {"epsilon": 0.01, "weight_decay": 0.02}), ("Adagrad", {"epsilon": 0.01}),
        ("RMSprop", {"epsilon": 0.01, "momentum": 0.5, "centered": True}), ("Nadam", {"epsilon": 0.01}),
        ("Adamax", {"epsilon": 0.01}), ("Adadelta", {"epsilon": 0.01}),
    ])  # fmt: skip
    # Constraints act here once an update and before averages are taken, in Keras at every call and after.
    alone = [] if constrained else [{"use_ema": True}, {"gradient_accumulation_steps": 2}]
    more = d.one(
        [{}, {}, {}, {"clipnorm": 0.5}, {"clipvalue": 0.3}, {"global_clipnorm": 1.0}, {"name": "mine"}, *alone]
    )
    return made(f"optimizers.{name}", learning_rate=rate, **options, **more)


def compiled(d: Draw, spec: dict[str, Any]) -> dict[str, Any]:
    """What `compile` gets, the kinds of targets and weights for the outputs."""
    names = build.names(spec["out"])
    heads = spec.get("heads", {})
    chosen = [d.one(LOSSES[heads.get(name)]) for name in names]
    losses = [loss for loss, _ in chosen]
    one = isinstance(spec["out"], dict) and "t" in spec["out"]
    options: dict[str, Any] = {"optimizer": optimizer(d, "_constraint" in json.dumps(spec))}
    options["loss"] = losses[0] if one else _arranged(spec["out"], losses)
    if not one and d.chance(0.4):
        options["loss_weights"] = _arranged(spec["out"], [d.real(0.2, 2) for _ in names])
    for option, often in (("metrics", 0.5), ("weighted_metrics", 0.2)):
        if d.chance(often):
            picked = [d.some(_metrics(heads.get(name), kind), 2) for name, (_, kind) in zip(names, chosen, strict=True)]
            options[option] = picked[0] if one else _arranged(spec["out"], picked)
    return {"with": options, "targets": [kind for _, kind in chosen], "weights": one and d.chance(0.25)}


def _arranged(out: Any, values: list[Any]) -> Any:
    """A value for each output, in a list or a dict as the outputs are."""
    return dict(zip(sorted(out), values, strict=True)) if isinstance(out, dict) else values


def inputs(spec: dict[str, Any]) -> Any:
    """Arrays for the inputs, arranged as the model takes them."""
    random = np.random.default_rng([spec["seed"], 2])
    arrays = {one["name"]: _array(random, one) for one in spec["inputs"]}
    return build.like(spec["in"], iter([arrays[name] for name in build.names(spec["in"])]))


def _array(random: np.random.Generator, one: dict[str, Any]) -> np.ndarray:
    shape = (SAMPLES, *one["sizes"])
    if one["dtype"] == "int32":
        ids = random.integers(1, 9, shape)
        ids[..., 1:] *= random.random(ids[..., 1:].shape) < 0.7
        return ids.astype("int32")
    numbers = random.normal(size=shape)
    if one.get("padded"):
        numbers[0, -1:] = numbers[1, 1:] = 0
    return numbers.astype("float32")


def targets(spec: dict[str, Any], shapes: list[list[int]]) -> tuple[Any, Any]:
    """Targets for outputs of these shapes, arranged as the model gives them, and sample weights or None."""
    random = np.random.default_rng([spec["seed"], 3])
    arrays = [
        _target(random, kind, tuple(shape)) for kind, shape in zip(spec["compile"]["targets"], shapes, strict=True)
    ]
    weights = random.uniform(0.2, 2, SAMPLES).astype("float32") if spec["compile"]["weights"] else None
    if len(shapes[0]) > 2:
        weights = None  # Keras lines the weights of samples up with the last axis of losses of rank 2
    return build.like(spec["out"], iter(arrays)), weights


def _target(random: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    if kind == "labels":
        return random.integers(0, shape[-1], shape[:-1]).astype("int32")
    if kind == "one_hot":
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])]
    if kind in ("binary", "signs"):
        return (random.integers(0, 2, shape) * (2 if kind == "signs" else 1) - (kind == "signs")).astype("float32")
    return random.normal(size=shape).astype("float32")


def weights(described: list[Any], seed: int) -> list[np.ndarray]:
    """Values for weights given by path and shape: small, variances positive."""
    random = np.random.default_rng([seed, 4])
    return [
        np.abs(x) + 0.5 if "variance" in path or "stddev" in path else x
        for path, shape in described
        for x in [(0.4 * random.normal(size=shape)).astype("float32")]
    ]
