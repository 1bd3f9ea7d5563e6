"""Metrics of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

import keras


def _nest(value):
    if isinstance(value, dict):
        return {key: _nest(item) for key, item in value.items()}
    return keras.ops.convert_to_numpy(value)


def run(name, arguments, batches):
    """The result after each batch `[y_true, y_pred, sample_weight]`, and the state at the end."""
    metric = getattr(keras.metrics, name)(**arguments)
    results = []
    for batch in batches:
        metric.update_state(*batch)
        results.append(_nest(metric.result()))
    return {
        "results": results,
        "state": [keras.ops.convert_to_numpy(v) for v in metric.variables],
        "names": [v.name for v in metric.variables],
        "dtypes": [str(v.dtype) for v in metric.variables],
        "name": metric.name,
    }


def masked_result(name, arguments, y_true, y_pred, mask, sample_weight=None):
    metric = getattr(keras.metrics, name)(**arguments)
    y_pred = keras.ops.convert_to_tensor(y_pred)
    keras.src.backend.set_keras_mask(y_pred, keras.ops.convert_to_tensor(mask))
    metric.update_state(y_true, y_pred, sample_weight)
    return _nest(metric.result())


def function_value(name, arguments, y_true, y_pred):
    return keras.ops.convert_to_numpy(getattr(keras.metrics, name)(y_true, y_pred, **arguments))


def loaded_name(config):
    """The name of the metric Keras makes of our config."""
    return keras.metrics.deserialize(config).name


def found(names):
    """What `keras.metrics.get` finds for each name: a class or a function, by its name."""
    return [type(keras.metrics.get(name)).__name__ for name in names]
