"""Metrics: classes, their functions, and finding one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

from keraslite import serialization as _serialization
from keraslite.backend.contract import Tensor
from keraslite.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from keraslite.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)
from keraslite.metrics.auc import AUC
from keraslite.metrics.base import Metric
from keraslite.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from keraslite.metrics.correlation import (
    ConcordanceCorrelation,
    PearsonCorrelation,
    R2Score,
    concordance_correlation,
    pearson_correlation,
)
from keraslite.metrics.fscore import F1Score, FBetaScore
from keraslite.metrics.iou import BinaryIoU, IoU, MeanIoU, OneHotIoU, OneHotMeanIoU
from keraslite.metrics.means import (
    CosineSimilarity,
    LogCoshError,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    RootMeanSquaredError,
)
from keraslite.metrics.points import (
    PrecisionAtRecall,
    RecallAtPrecision,
    SensitivityAtSpecificity,
    SpecificityAtSensitivity,
)
from keraslite.metrics.probabilistic import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
    SquaredHinge,
)
from keraslite.metrics.reduction import Mean, MeanMetricWrapper, Sum
from keraslite.naming import to_snake_case
from keraslite.serialization.lookup import find as _find

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]

_CLASSES: dict[str, type[Metric]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, type) and issubclass(value, Metric)
}
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    name: globals()[name]
    for name in __all__
    if name not in _CLASSES and name not in ("deserialize", "get", "resolve", "serialize")
}
_serialization.builtin_functions("metrics", FUNCTIONS)

_ALIASES: dict[str, type[Metric]] = {
    **{to_snake_case(name): value for name, value in _CLASSES.items()},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "f1_score": F1Score,
    "fbeta_score": FBetaScore,
    "kld": KLDivergence,
    "KLD": KLDivergence,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError,
    "MAPE": MeanAbsolutePercentageError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
    "msle": MeanSquaredLogarithmicError,
    "MSLE": MeanSquaredLogarithmicError,
    "r2_score": R2Score,
}
_TABLE = {**FUNCTIONS, **_CLASSES, **_ALIASES}
_BY_SHAPE = {"accuracy": "Accuracy", "acc": "Accuracy", "crossentropy": "Crossentropy", "ce": "Crossentropy"}


def resolve(
    identifier: object, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]
) -> Metric | None:
    """Return the metric for `identifier`, which the shapes of targets and predictions may decide.

    "accuracy" (or "acc") and "crossentropy" (or "ce") become the binary, sparse categorical or categorical form, named
    as given. A function becomes a `MeanMetricWrapper` of its name. Anything else is as in `get`.
    """
    if isinstance(identifier, str) and identifier in _BY_SHAPE:
        return _CLASSES[_form(y_true_shape, y_pred_shape) + _BY_SHAPE[identifier]](name=identifier)
    found: Any = deserialize(identifier)
    if found is None or isinstance(found, Metric):
        return found
    return MeanMetricWrapper(found, name=getattr(found, "__name__", None) or to_snake_case(type(found).__name__))


def _form(true: Sequence[int | None], pred: Sequence[int | None]) -> str:
    if not pred or pred[-1] == 1:
        return "Binary"
    if len(true) < len(pred) or true[-1] == 1:
        return "SparseCategorical"
    return "Categorical"


_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: _Function) -> _Function: ...
@overload
def get(identifier: Metric) -> Metric: ...
@overload
def get(identifier: str | Mapping[str, object] | type[Metric]) -> Any: ...
def get(identifier: object) -> object:
    """Return the metric that a name, a config or a class stands for.

    "accuracy" means that predictions equal targets here. In `Model.compile`, the shapes of targets and predictions
    choose between the binary, the categorical and the sparse categorical accuracy.

    Args:
        identifier: a name such as "mse", "auc" or "AUC", the config of a metric, a class of metrics, a `Metric`, or any
            function of `(y_true, y_pred)`.

    Returns:
        A `Metric`, or the function of that name if it has no class ("huber"). A function is returned as it is, and so
        is None.

    Raises:
        UnknownNameError: if no metric has that name.

    Example:
        >>> from keraslite import metrics
        >>> metrics.get("mse").name
        'mean_squared_error'
    """
    return deserialize(identifier)


def serialize(metric: object) -> Any:
    """Return the config of a metric: plain data, from which `deserialize` makes an equal one.

    Args:
        metric: a `Metric`, or a function that keraslite or `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import metrics
        >>> metrics.serialize(metrics.TopKCategoricalAccuracy(k=3))["config"]["k"]
        3
    """
    return _serialization.serialize(metric)


def deserialize(config: object, custom_objects: dict[str, object] | None = None) -> Any:
    """Return the metric that `serialize` made `config` from.

    Args:
        config: what `serialize` returned, or the name of a metric.
        custom_objects: classes and functions by the names that the config may hold, besides the registered ones.

    Example:
        >>> from keraslite import metrics
        >>> metrics.deserialize(metrics.serialize(metrics.TopKCategoricalAccuracy(k=3))).k
        3
    """
    return _find(config, _TABLE, "metrics.get", "a metric", custom_objects, more=_BY_SHAPE)
