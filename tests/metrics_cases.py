"""Every metric with arguments and data. New metrics are found automatically and need an entry."""

from __future__ import annotations

import numpy as np

from keraslite import losses, metrics

CLASSES = {
    name: value
    for name, value in vars(metrics).items()
    if isinstance(value, type) and issubclass(value, metrics.Metric) and value is not metrics.Metric
}

THRESHOLDS = [{"thresholds": 0.3}, {"thresholds": [0.2, 0.4, 0.6]}]
COUNTS = [{}, *THRESHOLDS]
RATIOS = [{}, *THRESHOLDS, {"top_k": 2}, {"class_id": 1}, {"top_k": 2, "class_id": 0}, {"thresholds": 0.3, "top_k": 1}]
POINT = [{"num_thresholds": 20, "class_id": 1}, {"num_thresholds": 1}]
ARGUMENTS = {
    "AUC": [
        {}, {"num_thresholds": 7}, {"curve": "PR"}, {"curve": "PRGAIN"}, {"summation_method": "minoring"},
        {"summation_method": "majoring"}, {"curve": "PR", "summation_method": "majoring"},
        {"thresholds": [0.2, 0.5, 0.7]}, {"multi_label": True}, {"multi_label": True, "num_labels": 3, "curve": "PR"},
        {"multi_label": True, "label_weights": [0.2, 0.3, 0.5]}, {"label_weights": [0.2, 0.3, 0.5]},
        {"from_logits": True}, {"num_thresholds": 3},
    ],
    "BinaryAccuracy": [{}, {"threshold": 0.3}],
    "BinaryCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.2}],
    "BinaryIoU": [{}, {"target_class_ids": [1]}, {"threshold": 0.3}],
    "CategoricalCrossentropy": [{}, {"from_logits": True}, {"label_smoothing": 0.2}, {"axis": -1}],
    "ConcordanceCorrelation": [{}, {"axis": 0}],
    "CosineSimilarity": [{}, {"axis": 0}],
    "F1Score": [{}, {"average": "micro"}, {"average": "macro"}, {"average": "weighted"}, {"threshold": 0.4}],
    "FBetaScore": [
        {}, {"average": "micro"}, {"average": "macro", "beta": 0.5}, {"average": "weighted", "threshold": 0.4},
        {"beta": 2.0},
    ],
    "FalseNegatives": COUNTS, "FalsePositives": COUNTS, "TrueNegatives": COUNTS, "TruePositives": COUNTS,
    "IoU": [
        {"num_classes": 3, "target_class_ids": [0, 2]}, {"num_classes": 3, "target_class_ids": [1], "ignore_class": 0},
        {"num_classes": 3, "target_class_ids": [0], "sparse_y_true": False, "sparse_y_pred": False, "axis": -1},
    ],
    "MeanIoU": [
        {"num_classes": 3}, {"num_classes": 3, "ignore_class": 0},
        {"num_classes": 3, "sparse_y_true": False, "sparse_y_pred": False, "axis": -1},
    ],
    "MeanMetricWrapper": [{"fn": losses.mean_squared_error}],
    "OneHotIoU": [
        {"num_classes": 3, "target_class_ids": [0, 2]}, {"num_classes": 3, "target_class_ids": [1], "ignore_class": 0},
        {"num_classes": 3, "target_class_ids": [1], "sparse_y_pred": True, "axis": -1},
    ],
    "OneHotMeanIoU": [
        {"num_classes": 3}, {"num_classes": 3, "ignore_class": 0},
        {"num_classes": 3, "sparse_y_pred": True, "axis": -1},
    ],
    "PearsonCorrelation": [{}, {"axis": 0}],
    "Precision": RATIOS,
    "PrecisionAtRecall": [{"recall": 0.6}, *({"recall": 0.6, **more} for more in POINT)],
    "R2Score": [
        {}, {"class_aggregation": None}, {"class_aggregation": "variance_weighted_average"}, {"num_regressors": 2},
    ],
    "Recall": RATIOS,
    "RecallAtPrecision": [{"precision": 0.6}, *({"precision": 0.6, **more} for more in POINT)],
    "SensitivityAtSpecificity": [{"specificity": 0.6}, *({"specificity": 0.6, **more} for more in POINT)],
    "SparseCategoricalCrossentropy": [{}, {"from_logits": True}, {"ignore_class": 1}, {"axis": -1}],
    "SparseTopKCategoricalAccuracy": [{"k": 2}, {"k": 1, "from_sorted_ids": True}],
    "SpecificityAtSensitivity": [{"sensitivity": 0.6}, *({"sensitivity": 0.6, **more} for more in POINT)],
    "TopKCategoricalAccuracy": [{"k": 2}],
}  # fmt: skip
ALL = [(name, arguments) for name in CLASSES for arguments in ARGUMENTS.get(name, [{}])]
IDS = [
    name + "-" + "-".join(f"{k}={getattr(v, '__name__', v)}" for k, v in arguments.items()) for name, arguments in ALL
]

REDUCTIONS = ("Mean", "Sum")
LABELS = ("SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy")
ONE_HOT = ("CategoricalAccuracy", "CategoricalCrossentropy", "TopKCategoricalAccuracy", "CategoricalHinge", "F1Score",
           "FBetaScore")  # fmt: skip
BINARY = ("AUC", "BinaryAccuracy", "BinaryCrossentropy", "FalseNegatives", "FalsePositives", "TrueNegatives",
          "TruePositives", "Precision", "Recall", "PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity",
          "SpecificityAtSensitivity", "Hinge", "SquaredHinge")  # fmt: skip
CLASSES_OF = 3


def data(name, arguments, samples=12, seed=0):
    """`y_true, y_pred` fit for the metric (only `values` for Mean and Sum)."""
    random = np.random.default_rng(seed)
    shape = (samples, CLASSES_OF)
    pred = random.uniform(0.02, 0.98, shape).astype("float32")
    labels = random.integers(0, CLASSES_OF, samples).astype("int32")
    one_hot = np.eye(CLASSES_OF, dtype="float32")
    if name in REDUCTIONS:
        return (pred,)
    if name == "Accuracy":
        return labels, random.integers(0, CLASSES_OF, samples).astype("int32")
    if name == "BinaryIoU":
        return random.integers(0, 2, shape).astype("int32"), pred
    if "IoU" in name:
        sparse_true = arguments.get("sparse_y_true", "OneHot" not in name)
        sparse_pred = arguments.get("sparse_y_pred", "OneHot" not in name)
        others = random.integers(0, CLASSES_OF, samples).astype("int32")
        return labels if sparse_true else one_hot[labels], others if sparse_pred else one_hot[others]
    if name in LABELS:
        if arguments.get("from_sorted_ids"):
            return labels, np.argsort(-pred, axis=-1).astype("int32")
        return labels, pred
    if name in ONE_HOT:
        return one_hot[labels], pred
    if name in BINARY:
        return random.integers(0, 2, shape).astype("float32"), pred
    return random.uniform(0.02, 0.98, shape).astype("float32"), pred
