"""Models as estimators of scikit-learn. The classes need scikit-learn, which is imported when one of them is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keraslite.wrappers.estimators import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

__all__ = ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(name)
    try:
        import sklearn
    except ImportError as error:
        from keraslite.errors import MissingPackageError

        raise MissingPackageError(
            f"`wrappers.{name}` needs the package scikit-learn. It is not installed. Run `pip install scikit-learn`."
        ) from error
    from keraslite.wrappers import estimators

    return getattr(estimators, name)
