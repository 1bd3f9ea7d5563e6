"""What the tests ask of real Keras: runs in its own process (see `keras_peer`)."""

from __future__ import annotations

import json

import keras
import numpy as np
from layers.rows import made


def _arrays(value):
    if isinstance(value, (list, tuple)):
        return [_arrays(item) for item in value]
    return None if value is None else np.asarray(value, "float32")


def _call(layer, args, call):
    return layer(*args, **call)


def run(cls, kwargs, args, call, weights):
    """Outputs and weights of a layer with these weights, before and after a call with training=True, and gradients."""
    layer = getattr(keras.layers, cls)(**made(keras.layers, kwargs))
    _call(layer, args, call)
    result = {
        "shapes": [list(w.shape) for w in layer.weights],
        "names": [w.path for w in layer.weights],
        "trainable": [w.trainable for w in layer.weights],
    }
    if weights is not None:
        layer.set_weights(weights)
    result["outputs"] = _arrays(_call(layer, args, call))
    result["gradients"] = _gradients(layer, args, call)
    if "training" in _parameters(layer):
        result["trained"] = _arrays(_call(layer, args, {**call, "training": True}))
        result["after"] = [np.asarray(w) for w in layer.weights]
    return result


def _gradients(layer, args, call):
    import jax

    def loss(values):
        outputs, _ = layer.stateless_call(values, [v.value for v in layer.non_trainable_variables], *args, **call)
        return sum(jax.numpy.sum(jax.numpy.sin(x)) for x in jax.tree.leaves(outputs))

    return [np.asarray(g) for g in jax.grad(loss)([v.value for v in layer.trainable_variables])]


def _parameters(layer):
    import inspect

    return inspect.signature(layer.call).parameters


def config(cls, kwargs):
    """The config of a layer, as JSON."""
    return json.loads(json.dumps(getattr(keras.layers, cls)(**made(keras.layers, kwargs)).get_config()))
