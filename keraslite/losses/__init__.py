"""Losses: classes, their functions, and finding one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from keraslite import serialization as _serialization
from keraslite.backend.contract import Tensor
from keraslite.losses.base import Loss
from keraslite.losses.circle import Circle, circle
from keraslite.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from keraslite.losses.ctc import CTC, ctc
from keraslite.losses.focal import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalFocalCrossentropy,
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
    sparse_categorical_focal_crossentropy,
)
from keraslite.losses.hinge import CategoricalHinge, Hinge, SquaredHinge, categorical_hinge, hinge, squared_hinge
from keraslite.losses.overlap import Dice, Tversky, dice, tversky
from keraslite.losses.probabilistic import (
    CategoricalGeneralizedCrossEntropy,
    KLDivergence,
    Poisson,
    categorical_generalized_cross_entropy,
    kl_divergence,
    poisson,
)
from keraslite.losses.regression import (
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from keraslite.losses.similarity import CosineSimilarity, cosine_similarity
from keraslite.serialization.lookup import find as _find

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SparseCategoricalFocalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "sparse_categorical_focal_crossentropy",
    "squared_hinge",
    "tversky",
]

_CLASSES: dict[str, type[Loss]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, type) and issubclass(value, Loss)
}
_NOT_LOSSES = ("deserialize", "get", "serialize")
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    name: globals()[name] for name in __all__ if name not in _CLASSES and name not in _NOT_LOSSES
}
_serialization.builtin_functions("losses", FUNCTIONS)

_ALIASES: dict[str, Callable[..., object]] = {
    "bce": binary_crossentropy,
    "BCE": binary_crossentropy,
    "kld": kl_divergence,
    "KLD": kl_divergence,
    "mae": mean_absolute_error,
    "MAE": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "MAPE": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "MSE": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
    "MSLE": mean_squared_logarithmic_error,
}
_TABLE = {**FUNCTIONS, **_ALIASES, **_CLASSES}


_Function = TypeVar("_Function", bound=Callable[..., object])


@overload
def get(identifier: None) -> None: ...
@overload
def get(identifier: _Function) -> _Function: ...
@overload
def get(identifier: str | Mapping[str, object] | type[Loss]) -> Callable[..., Any]: ...
def get(identifier: object) -> object:
    """Return the loss that a name, a config or a class stands for.

    Args:
        identifier: the name of a function such as "mse" or "mean_squared_error", the name of a class such as
            "MeanSquaredError", the config of a loss, a class of losses, a `Loss`, or any function of
            `(y_true, y_pred)`.

    Returns:
        The function of that name, or an instance of the class of that name. A loss or a function is returned as it
        is, and so is None.

    Raises:
        UnknownNameError: if no loss has that name.

    Example:
        >>> from keraslite import losses
        >>> losses.get("mse").__name__
        'mean_squared_error'
        >>> losses.get("MeanSquaredError").reduction
        'sum_over_batch_size'
    """
    return _find(identifier, _TABLE, "losses.get", "a loss")


def serialize(loss: object) -> Any:
    """Return the config of a loss: plain data, from which `deserialize` makes an equal one.

    Args:
        loss: a `Loss`, or a function that keraslite or `saving.register_keras_serializable` knows.

    Example:
        >>> from keraslite import losses
        >>> losses.serialize(losses.Huber(2.0))["config"]["delta"]
        2.0
    """
    return _serialization.serialize(loss)


def deserialize(name: object, custom_objects: dict[str, object] | None = None) -> Any:
    """Return the loss that `serialize` made a config from.

    Args:
        name: what `serialize` returned, or the name of a loss.
        custom_objects: classes and functions by the names that the config may hold, besides the registered ones.

    Example:
        >>> from keraslite import losses
        >>> losses.deserialize(losses.serialize(losses.Huber(2.0))).delta
        2.0
    """
    return _find(name, _TABLE, "losses.get", "a loss", custom_objects)
