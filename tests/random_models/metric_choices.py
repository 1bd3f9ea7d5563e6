"""Random metrics with batches of data."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models.drawing import Draw, made

CLASSES = 3


def draw(d: Draw) -> dict[str, Any]:
    """A metric and the batches it sees."""
    name = d.one([*_CHOICES])
    options, kind = _CHOICES[name](d)
    if d.chance(0.3):
        options["name"] = "mine"
    batches = [_batch(d, kind, options) for _ in range(d.whole(1, 3))]
    return {"make": made(f"metrics.{name}", **options), "batches": batches}


def run(k: Any, metric: Any, spec: dict[str, Any]) -> Any:
    """Results after each batch, and the state at the end, cleared state after a reset."""
    found = []
    for batch in spec["batches"]:
        metric.update_state(*batch)
        found.append(_numbers(k, metric.result()))
    states = [k.ops.convert_to_numpy(v) for v in metric.variables]
    metric.reset_state()
    return [found, states, [k.ops.convert_to_numpy(v) for v in metric.variables]]


def _numbers(k: Any, result: Any) -> Any:
    if isinstance(result, dict):
        return {key: k.ops.convert_to_numpy(x) for key, x in result.items()}
    return k.ops.convert_to_numpy(result)


def _batch(d: Draw, kind: str, options: dict[str, Any]) -> list[Any]:
    g, samples = d.generator, d.whole(1, 7)
    shape = [samples, CLASSES]
    pred = g.uniform(0, 1, shape).astype("float32")
    if d.chance(0.2):
        pred = np.clip(np.round(pred, 1), 0.1, 1)  # ties, and values at thresholds; Keras loses 0 where they are even
    if options.get("from_logits"):
        pred = pred * 6 - 3
    labels = g.integers(0, CLASSES, samples)
    weights = None if d.chance(0.5) else g.uniform(0, 2, samples).astype("float32")
    one_hot = np.eye(CLASSES, dtype="float32")
    if kind == "values":
        return [pred, weights if weights is None or d.chance(0.5) else g.uniform(0, 2, shape).astype("float32")]
    true = {
        "real": lambda: g.normal(size=shape).astype("float32"), "labels": lambda: labels.astype("int32"),
        "label pairs": lambda: labels.astype("int32"), "one_hot": lambda: one_hot[labels],
        "binary": lambda: g.integers(0, 2, shape).astype(d.one(["float32", "int32"])),
        "signs": lambda: (2 * g.integers(0, 2, shape) - 1).astype("float32"),
        "positive": lambda: g.uniform(0.05, 1, shape).astype("float32"), "both one_hot": lambda: one_hot[labels],
    }[kind]()  # fmt: skip
    if kind == "label pairs":
        pred = g.integers(0, CLASSES, samples).astype("int32")
    if kind == "both one_hot" and options.get("sparse_y_pred"):
        pred = g.integers(0, CLASSES, samples).astype("int32")
    return [true, pred, weights]


def _mean(kind: str, **more: Any) -> Any:
    """A metric without options, or with those of which each is drawn half of the time."""
    return lambda d: ({name: choice(d) for name, choice in more.items() if d.chance(0.5)}, kind)


def _counts(d: Draw) -> Any:
    thresholds = [d.real(0.05, 0.95), sorted(d.real(0.05, 0.95) for _ in range(d.whole(2, 3)))]
    return ({"thresholds": d.one(thresholds)} if d.chance(0.7) else {}), "binary"


def _ratio(d: Draw) -> Any:
    options, kind = _counts(d)
    if d.chance(0.3):
        options["class_id"] = d.whole(0, 2)
    if d.chance(0.3):
        options["top_k"] = d.whole(1, 3)
        options.pop("thresholds", None)
    return options, kind


def _auc(d: Draw) -> Any:
    options: dict[str, Any] = {}
    for name, choice in {
        "num_thresholds": d.whole(3, 50), "curve": d.one(["ROC", "PR"]),
        "summation_method": d.one(["interpolation", "minoring", "majoring"]), "multi_label": d.chance(0.5),
        "from_logits": d.chance(0.5),
    }.items():  # fmt: skip
        if d.chance(0.4):
            options[name] = choice
    if d.chance(0.2):
        options["thresholds"] = sorted({d.real(0.05, 0.95) for _ in range(4)})
        options.pop("num_thresholds", None)
    if options.get("multi_label") and d.chance(0.4):
        options["num_labels"] = CLASSES
    return options, "binary"


def _point(argument: str) -> Any:
    def choose(d: Draw) -> Any:
        options: dict[str, Any] = {argument: d.real(0.1, 0.95)}
        if d.chance(0.5):
            options["num_thresholds"] = d.whole(2, 40)
        if d.chance(0.3):
            options["class_id"] = d.whole(0, 2)
        return options, "binary"

    return choose


def _score(d: Draw) -> Any:
    options = {"average": d.one([None, "micro", "macro", "weighted"])}
    if d.chance(0.5):
        options["threshold"] = d.real(0.1, 0.9)
    return options, "binary" if "threshold" in options else "one_hot"


def _f_beta(d: Draw) -> Any:
    options, kind = _score(d)
    return ({**options, "beta": d.real(0.2, 3)} if d.chance(0.6) else options), kind


def _iou(d: Draw) -> Any:
    options: dict[str, Any] = {"num_classes": CLASSES, "target_class_ids": d.some([0, 1, 2], 3)}
    return ({**options, "ignore_class": d.one([0, 2, -1])} if d.chance(0.3) else options), "label pairs"


def _mean_iou(d: Draw) -> Any:
    options: dict[str, Any] = {"num_classes": CLASSES}
    return ({**options, "ignore_class": d.one([0, 2, -1])} if d.chance(0.3) else options), "label pairs"


def _one_hot_iou(d: Draw) -> Any:
    options = {"num_classes": CLASSES, "target_class_ids": d.some([0, 1, 2], 3)}
    return ({**options, "sparse_y_pred": True} if d.chance(0.3) else options), "both one_hot"


def _smoothing(d: Draw) -> float:
    return d.real(0, 0.5)


def _logits(d: Draw) -> bool:
    return True


_CHOICES: dict[str, Any] = {
    "Mean": _mean("values"), "Sum": _mean("values"), "MeanSquaredError": _mean("real"),
    "RootMeanSquaredError": _mean("real"), "MeanAbsoluteError": _mean("real"), "LogCoshError": _mean("real"),
    "MeanAbsolutePercentageError": _mean("real"), "MeanSquaredLogarithmicError": _mean("positive"),
    "CosineSimilarity": _mean("real", axis=lambda d: d.one([-1, 1])), "Poisson": _mean("positive"),
    "KLDivergence": _mean("positive"), "Hinge": _mean("signs"), "SquaredHinge": _mean("signs"),
    "CategoricalHinge": _mean("one_hot"), "Accuracy": _mean("label pairs"),
    "BinaryAccuracy": _mean("binary", threshold=lambda d: d.real(0.1, 0.9)),
    "CategoricalAccuracy": _mean("one_hot"), "SparseCategoricalAccuracy": _mean("labels"),
    "TopKCategoricalAccuracy": _mean("one_hot", k=lambda d: d.whole(1, CLASSES)),
    "SparseTopKCategoricalAccuracy": _mean("labels", k=lambda d: d.whole(1, CLASSES)),
    "BinaryCrossentropy": _mean("binary", from_logits=_logits, label_smoothing=_smoothing),
    "CategoricalCrossentropy": _mean("one_hot", from_logits=_logits, label_smoothing=_smoothing),
    "SparseCategoricalCrossentropy": _mean("labels", from_logits=_logits),
    "TruePositives": _counts, "TrueNegatives": _counts, "FalsePositives": _counts, "FalseNegatives": _counts,
    "Precision": _ratio, "Recall": _ratio, "AUC": _auc, "PrecisionAtRecall": _point("recall"),
    "RecallAtPrecision": _point("precision"), "SensitivityAtSpecificity": _point("specificity"),
    "SpecificityAtSensitivity": _point("sensitivity"), "F1Score": _score, "FBetaScore": _f_beta,
    "IoU": _iou, "MeanIoU": _mean_iou, "OneHotIoU": _one_hot_iou,
    "BinaryIoU": _mean("binary", threshold=lambda d: d.real(0.1, 0.9), target_class_ids=lambda d: d.some([0, 1], 2)),
    "R2Score": _mean("real", class_aggregation=lambda d: d.one([None, "uniform_average", "variance_weighted_average"])),
    "PearsonCorrelation": _mean("real", axis=lambda d: d.one([-1, 0])),
    "ConcordanceCorrelation": _mean("real", axis=lambda d: d.one([-1, 0])),
}  # fmt: skip
