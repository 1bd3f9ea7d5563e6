"""Functions that the tests call in real Keras, in its own process (see `keras_peer`)."""

from __future__ import annotations

import inspect
import json

import keras
import numpy as np
from layers.rows import made


def _arrays(value):
    if isinstance(value, (list, tuple)):
        return [_arrays(item) for item in value]
    return None if value is None else keras.ops.convert_to_numpy(value).astype("float32")


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
        result["after"] = [keras.ops.convert_to_numpy(w) for w in layer.weights]
    return result


def _gradients(layer, args, call):
    """Of the sum of sines of the outputs. Keras runs on PyTorch here: it is the quickest for many small calls."""
    variables = layer.trainable_variables
    if not variables:
        return []
    for variable in variables:
        variable.value.grad = None
    loss = sum(keras.ops.sum(keras.ops.sin(x)) for x in keras.tree.flatten(_call(layer, args, call)))
    loss.backward()
    return [_gradient(variable.value) for variable in variables]


def _gradient(tensor):
    return np.zeros(tensor.shape, "float32") if tensor.grad is None else tensor.grad.cpu().numpy()


def _parameters(layer):
    import inspect

    return inspect.signature(layer.call).parameters


def build_config(cls, kwargs, args, call):
    """What the layer says of the shapes it was built for, as JSON; None where Keras builds nothing."""
    layer = getattr(keras.layers, cls)(**made(keras.layers, kwargs))
    _call(layer, args, call)
    return json.loads(json.dumps(layer.get_build_config()))


def config(cls, kwargs):
    """The config of a layer, as JSON."""
    return json.loads(json.dumps(getattr(keras.layers, cls)(**made(keras.layers, kwargs)).get_config()))


def built_at_once(cls, kwargs):
    """Whether the layer counts as built before it was called."""
    return getattr(keras.layers, cls)(**made(keras.layers, kwargs)).built


def parameters(classes):
    """Names of the constructors' parameters in order, each with its default as text."""
    result = {}
    for cls in classes:
        every = inspect.signature(getattr(keras.layers, cls).__init__).parameters.values()
        result[cls] = [[p.name, None if p.default is p.empty else repr(p.default)] for p in every if p.name != "self"]
    return result


def fitted(path, back, x, y):
    """The weights of a compiled model of a file after two epochs in batches of 8; it is saved again."""
    model = keras.models.load_model(path)
    model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    model.save(back)
    return [keras.ops.convert_to_numpy(w) for w in model.weights]


def torch_module(path, back, x):
    """Outputs of a model of a torch module with the weights of a file, and after a change, which is saved."""
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    model = keras.Sequential([keras.Input((4,)), keras.layers.TorchModuleWrapper(module), keras.layers.Dense(2)])
    model(x, training=False)
    model.load_weights(path)
    before = keras.ops.convert_to_numpy(model(x, training=False))
    model.layers[-1].kernel.assign(model.layers[-1].kernel * 2)
    with torch.no_grad():
        module[0].bias.add_(1)
        module[1].running_mean.add_(0.5)
    model.save_weights(back)
    return [before, keras.ops.convert_to_numpy(model(x, training=False))]
