"""`FeatureSpace` of real Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf


def made(spec: dict[str, Any], module: Any = keras.utils) -> Any:
    """A space from plain data: a feature or cross is a name, or a list of a method's name and its arguments."""
    space = module.FeatureSpace

    def each(given: Any) -> Any:
        if isinstance(given, list) and isinstance(given[-1], dict):
            return getattr(space, given[0])(**given[1])
        return tuple(given) if isinstance(given, list) else given

    features = {key: each(given) for key, given in spec["features"].items()}
    crosses = [each(given) for given in spec.get("crosses", [])]
    options = {key: value for key, value in spec.items() if key not in ("features", "crosses")}
    return space(features=features, crosses=crosses, **options)


def arrays(nest: Any) -> Any:
    if isinstance(nest, dict):
        return {key: arrays(value) for key, value in nest.items()}
    return np.asarray(nest)


def outputs(spec: dict[str, Any], data: dict[str, Any], new: dict[str, Any], path: str) -> Any:
    """What it returns for new rows and for a single one, after `adapt`; it is saved too."""
    space = made(spec)
    space.adapt(tf.data.Dataset.from_tensor_slices(data).batch(64))
    single = {key: value[0] for key, value in new.items()}
    found = {"rows": arrays(space(new)), "row": arrays(space(single))}
    space.save(path)
    return found


def read(path: str, new: dict[str, Any]) -> Any:
    return arrays(keras.saving.load_model(path)(new))
