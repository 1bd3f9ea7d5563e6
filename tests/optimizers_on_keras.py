"""Optimizers and schedules of real Keras. This runs in the process of `keras_peer`."""

from __future__ import annotations

import keras


def make(name, arguments):
    arguments = {
        key: keras.optimizers.schedules.deserialize(value) if isinstance(value, dict) else value
        for key, value in arguments.items()
    }
    return getattr(keras.optimizers, name)(**arguments)


def run(name, arguments, values, grads, exclude=None, scale=None):
    """Variables and state after every gradient in `grads` (a list of lists), and their paths."""
    optimizer = make(name, arguments)
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=exclude)
    if scale:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, **scale)
    names = ("kernel", "bias", "scale")
    variables = [keras.Variable(v, name=n) for v, n in zip(values, names, strict=False)]
    optimizer.build(variables)
    history = []
    for each in grads:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in each], variables)
        history.append([keras.ops.convert_to_numpy(v).copy() for v in variables])
    return {
        "history": history,
        "state": [keras.ops.convert_to_numpy(v) for v in optimizer.variables],
        "paths": [v.path for v in optimizer.variables],
        "iterations": int(optimizer.iterations),
        "config": {k: v for k, v in optimizer.get_config().items() if k != "learning_rate" and k != "inner_optimizer"},
    }


def schedule(config, steps):
    made = keras.optimizers.schedules.deserialize(config)
    return {"values": [float(made(step)) for step in steps], "config": made.get_config()}


def loaded_config(config):
    """The config Keras gives after loading ours."""
    found = keras.optimizers.deserialize(config).get_config()
    return {key: value for key, value in found.items() if not isinstance(value, dict)}


def multi(values, grads, words, loss_scale_factor=None):
    """A MultiOptimizer of Adam for `words` and SGD for the rest."""
    chosen = keras.optimizers.OptimizerMap(keras.optimizers.SGD(0.1, momentum=0.9, name="slow"))
    chosen[words] = keras.optimizers.Adam(0.05, name="fast")
    optimizer = keras.optimizers.MultiOptimizer(chosen, loss_scale_factor, name="multi")
    variables = [keras.Variable(v, name=n) for v, n in zip(values, ("kernel", "bias", "scale"), strict=True)]
    for each in grads:
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in each], variables)
    return {
        "values": [keras.ops.convert_to_numpy(v) for v in variables],
        "state": [keras.ops.convert_to_numpy(v) for v in optimizer.variables],
        "paths": [v.path for v in optimizer.variables],
        "config": keras.optimizers.serialize(optimizer),
    }


def averaged(name, arguments, values, grads):
    """Variables after all steps of ScheduleFreeAdamW: Keras keeps the average in them."""
    found = run(name, arguments, values, grads)
    return found["history"][-1], found["state"]


def muon_parts(matrix, rms_rate):
    """What the methods of Keras's Muon return for a matrix."""
    optimizer = keras.optimizers.Muon(rms_rate=rms_rate)
    tensor = keras.ops.convert_to_tensor(matrix)
    found = {
        "adjusted": optimizer.lr_adjust(tensor),
        "orthogonal": optimizer.zeropower_via_newtonschulz5(tensor, 5),
        "turned": optimizer.transpose_last_axis(tensor),
    }
    return {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}
