"""`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
import sklearn
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    RegressorMixin,
    TransformerMixin,
)
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from keraslite.errors import ArgumentError, NotCompiledError, StateError
from keraslite.models import Model, clone_model

_validated: Callable[..., Any] = validate_data  # scikit-learn has no types

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


class _Estimator(BaseEstimator):
    """What the estimators have in common: making, fitting and asking the model."""

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Mapping[str, object] | None = None,
        fit_kwargs: Mapping[str, object] | None = None,
    ):
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def _model_for(self, x: np.ndarray, y: np.ndarray | None) -> Model:
        """The model to fit: a clone of the one given, a new one by the function, or with `warm_start` the last one."""
        if self.warm_start and isinstance(self.model, Model):
            model = self.model
        elif self.warm_start and hasattr(self, "model_"):
            model = self.model_
        elif isinstance(self.model, Model):
            model = clone_model(self.model)
            config = self.model.get_compile_config()
            if config:
                model.compile_from_config(config)
        elif callable(self.model):
            model = self._built(self.model, x, y)
        else:
            raise ArgumentError(
                f"`{type(self).__name__}` needs `model` to be a model or a function that returns one. Received "
                f"{self.model!r}."
            )
        if not getattr(model, "compiled", False):
            raise NotCompiledError(f"`{type(self).__name__}` needs a compiled model. Call `model.compile` first.")
        return model

    def _built(self, function: Callable[..., object], x: np.ndarray, y: np.ndarray | None) -> Model:
        """Return what the user's function makes for the data."""
        arguments = {"X": x, "y": y, **(self.model_kwargs or {})}
        try:
            inspect.signature(function).bind(**arguments)
        except TypeError as error:
            raise ArgumentError(
                f"`{type(self).__name__}` needs a function `model` that takes `X`, `y` and what `model_kwargs` names. "
                f"Received one that cannot be called with {', '.join(arguments)}: {error}. Change its parameters."
            ) from error
        model = function(**arguments)
        if not isinstance(model, Model):
            raise ArgumentError(
                f"`{type(self).__name__}` needs a function `model` that returns a model. Received {model!r:.80} from "
                "it. Let it return the compiled model."
            )
        return model

    def _fit(self, x: np.ndarray, y: np.ndarray | None, kwargs: dict[str, Any]) -> None:
        model = self._model_for(x, y)
        history = model.fit(x, y, **{**(self.fit_kwargs or {}), **kwargs})
        self.model_, self.history_ = model, history.history

    def set_fit_request(self, **kwargs: bool | str | None) -> Self:
        """Say which metadata `fit` takes from scikit-learn's routing, such as `sample_weight=True`.

        It needs `sklearn.set_config(enable_metadata_routing=True)`.

        Args:
            **kwargs: by names of arguments of `fit`: True to pass what has that name, False to pass nothing, None for
                an error if it is given, or the name under which it is given.

        Returns:
            The estimator.

        Raises:
            StateError: if metadata routing is not enabled.
        """
        if not sklearn.get_config()["enable_metadata_routing"]:
            raise StateError(
                "`set_fit_request` needs metadata routing. Received a call without it. Call "
                "`sklearn.set_config(enable_metadata_routing=True)` first."
            )
        requests = self.get_metadata_routing()
        for name, alias in kwargs.items():
            requests.fit.add_request(param=name, alias=alias)
        self._metadata_request = requests
        return self

    @property
    def epoch_(self) -> int:
        """The number of epochs of the last `fit`; 0 before it."""
        return max(map(len, getattr(self, "history_", {}).values()), default=0)

    def _outputs(self, x: object) -> np.ndarray:
        """What the model returns for samples."""
        check_is_fitted(self, "model_")
        return np.asarray(self.model_.predict(_validated(self, x, reset=False), verbose=0))


class SKLearnClassifier(ClassifierMixin, _Estimator):
    """A model as a classifier of scikit-learn.

    The model gets one column per class in `y`, with 1 for the class of a sample, and returns a number per class. If it
    has a single output and there are two classes, it gets one column with 1 for the second class.

    Args:
        model: a compiled model, which is cloned before it is fitted; or a function that returns one, to which `X` and
            `y` are passed by name.
        warm_start: whether each `fit` goes on from the last one, with the given model itself; False by default.
        model_kwargs: more arguments for the function `model`; None (default) for none.
        fit_kwargs: arguments for `model.fit`; None (default) for none. Those of the estimator's `fit` win.

    Attributes:
        model_: the fitted model.
        history_: the results of each epoch, lists by name.
        classes_: the classes in order, shape `(classes,)`.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> def make(X, y):
        ...     model = keras.Sequential([keras.Input(X.shape[1:]), keras.layers.Dense(y.shape[1], "softmax")])
        ...     model.compile(keras.optimizers.Adam(0.5), "categorical_crossentropy")
        ...     return model
        >>> x = np.array([[0.0, 1.0], [1.0, 0.0]] * 8)
        >>> classifier = keras.wrappers.SKLearnClassifier(make)
        >>> classifier.fit(x, ["cat", "dog"] * 8, epochs=9, verbose=0).predict(x[:3]).tolist()
        ['cat', 'dog', 'cat']
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True
        return tags

    def fit(self, X: object, y: object, **kwargs: object) -> SKLearnClassifier:
        """Fit the model.

        Args:
            X: samples of shape `(samples, features)`.
            y: their classes, of shape `(samples,)`: numbers or texts.
            **kwargs: arguments for `model.fit`, such as `epochs` and `sample_weight`.

        Returns:
            The classifier.
        """
        x, y = _validated(self, X, y, y_numeric=False, multi_output=True)
        check_classification_targets(y)
        self.classes_, indices = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        self._fit(x, self._encoded(indices), kwargs)
        return self

    def _encoded(self, indices: np.ndarray) -> np.ndarray:
        given = self.model if isinstance(self.model, Model) else None
        if given is not None and given.built and len(self.classes_) == 2 and _width(given) == 1:
            return indices[:, None].astype("float32")
        return np.eye(len(self.classes_), dtype="float32")[indices]

    def predict(self, X: object) -> np.ndarray:
        """Return the most likely class of each sample.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            Classes, of shape `(samples,)`.
        """
        outputs = self._outputs(X)
        if outputs.shape[-1] == 1 and len(self.classes_) == 2:
            return self.classes_[(outputs[:, 0] > 0.5).astype(int)]
        return self.classes_[np.argmax(outputs, axis=-1)]

    def decision_function(self, X: object) -> np.ndarray:
        """Return the outputs of the model.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            One number per class, shape `(samples, classes)`. With two classes, shape `(samples,)`, positive for the
            second one.
        """
        outputs = self._outputs(X)
        if len(self.classes_) != 2:
            return outputs
        return outputs[:, 0] - 0.5 if outputs.shape[-1] == 1 else outputs[:, 1] - outputs[:, 0]


class SKLearnRegressor(RegressorMixin, _Estimator):
    """A model as a regressor of scikit-learn.

    Args:
        model: a compiled model, which is cloned before it is fitted; or a function that returns one, to which `X` and
            `y` are passed by name.
        warm_start: whether each `fit` goes on from the last one, with the given model itself; False by default.
        model_kwargs: more arguments for the function `model`; None (default) for none.
        fit_kwargs: arguments for `model.fit`; None (default) for none. Those of the estimator's `fit` win.

    Attributes:
        model_: the fitted model.
        history_: the results of each epoch, lists by name.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> model.compile(keras.optimizers.Adam(0.1), "mse")
        >>> x = np.random.default_rng(0).normal(size=(64, 2))
        >>> regressor = keras.wrappers.SKLearnRegressor(model, fit_kwargs={"epochs": 60, "verbose": 0})
        >>> bool(regressor.fit(x, x[:, 0] - x[:, 1]).score(x, x[:, 0] - x[:, 1]) > 0.99)
        True
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: object, y: object, **kwargs: object) -> SKLearnRegressor:
        """Fit the model.

        Args:
            X: samples of shape `(samples, features)`.
            y: numbers of shape `(samples,)` or `(samples, outputs)`. The model gets a column for the former.
            **kwargs: arguments for `model.fit`, such as `epochs` and `sample_weight`.

        Returns:
            The regressor.
        """
        x, targets = _validated(self, X, y, y_numeric=True, multi_output=True)
        self._flat = targets.ndim == 1
        self._dtype = targets.dtype if targets.dtype.kind == "f" else np.dtype("float64")
        self._fit(x, targets.reshape(len(targets), -1), kwargs)
        return self

    def predict(self, X: object) -> np.ndarray:
        """Return the outputs of the model.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            Numbers in the shape and dtype of the `y` that it was fitted with.
        """
        outputs = self._outputs(X).astype(self._dtype)
        return outputs.reshape(len(outputs)) if self._flat and outputs.size == len(outputs) else outputs


class SKLearnTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, _Estimator):
    """A model as a transformer of scikit-learn, whose outputs are new features.

    Args:
        model: a compiled model, which is cloned before it is fitted; or a function that returns one, to which `X` and
            `y` are passed by name.
        warm_start: whether each `fit` goes on from the last one, with the given model itself; False by default.
        model_kwargs: more arguments for the function `model`; None (default) for none.
        fit_kwargs: arguments for `model.fit`; None (default) for none. Those of the estimator's `fit` win.

    Attributes:
        model_: the fitted model.
        history_: the results of each epoch, lists by name.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.compile("sgd", "mse")
        >>> transformer = keras.wrappers.SKLearnTransformer(model)
        >>> transformer.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0).transform(np.ones((3, 4))).shape
        (3, 2)
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # outputs have the dtype of the model
        return tags

    def fit(self, X: object, y: object = None, **kwargs: object) -> SKLearnTransformer:
        """Fit the model.

        Args:
            X: samples of shape `(samples, features)`.
            y: targets of shape `(samples,)` or `(samples, outputs)`; None (default) if the loss of the model needs
                none. The model gets a column for the former.
            **kwargs: arguments for `model.fit`, such as `epochs` and `sample_weight`.

        Returns:
            The transformer.
        """
        if y is None:
            x, targets = _validated(self, X), None
        else:
            x, targets = _validated(self, X, y, y_numeric=True, multi_output=True)
            targets = targets.reshape(len(targets), -1)
        self._fit(x, targets, kwargs)
        self._n_features_out = _width(self.model_)
        return self

    def transform(self, X: object) -> np.ndarray:
        """Return the outputs of the model.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            New features, of shape `(samples, new features)`.
        """
        return self._outputs(X)

    def predict(self, X: object) -> np.ndarray:
        """Return what `transform` returns.

        Args:
            X: samples of shape `(samples, features)`.

        Returns:
            New features, of shape `(samples, new features)`.
        """
        return self.transform(X)


def _width(model: Model) -> int | None:
    """The size of the last axis of a model's only output."""
    shape = model.output_shape
    return shape[-1] if isinstance(shape, tuple) and shape and not isinstance(shape[0], tuple) else None
