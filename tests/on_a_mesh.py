"""Models on four devices that JAX pretends to have: `python on_a_mesh.py FOLDER` prints what came out as JSON."""

from __future__ import annotations

import copy
import json
import os
import pickle
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"

import jax
import numpy as np
from jax import sharding

import keraslite as keras
from keraslite import initializers, layers, ops, transforms
from keraslite.backend import registry
from keraslite.backend.device import on_mesh
from keraslite.backend.placement import Layout, Mesh

MESH = Mesh((2, 2), ("batch", "model"), ["cpu:0", "cpu:1", "cpu:2", "cpu:3"])
SPLIT = Layout(MESH, (None, "model"))


class Split(layers.Layer):
    """A dense layer whose kernel has a layout."""

    def __init__(self, layout: Layout | None):
        super().__init__(name="split")
        self.kernel_layout = layout

    def build(self, shape):
        start = initializers.GlorotUniform(seed=1)
        self.kernel = keras.Variable(start, shape=(shape[-1], 16), layout=self.kernel_layout, name="kernel")

    def call(self, x):
        return ops.relu(ops.matmul(x, self.kernel))


def model(layout: Layout | None, **options: int) -> keras.Sequential:
    last = layers.Dense(1, kernel_initializer=initializers.GlorotUniform(seed=2))
    made = keras.Sequential([keras.Input((8,)), Split(layout), layers.Dropout(0.2, seed=3), last])
    made.compile("adam", "mse", metrics=["mae"], **options)
    return made


def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(37, 8)).astype("float32"), random.normal(size=(37, 1)).astype("float32")


def results(made: keras.Sequential) -> dict[str, object]:
    x, y = data()
    history = made.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0).history
    return {**history, "evaluate": made.evaluate(x, y, verbose=0), "predict": made.predict(x, verbose=0).tolist()}


def placed(made: keras.Sequential) -> dict[str, list[str]]:
    """Where the Variables are, as they say and as JAX says."""
    engine = registry.current()
    variables = [*made.variables, *made.optimizer.variables, *made.metrics_variables]
    return {v.path: [repr(v.placement), repr(engine.placement_of(v.storage.sharding))] for v in variables}


def saved(made: keras.Sequential, folder: str) -> dict[str, object]:
    path = os.path.join(folder, "spread.weights.h5")
    made.save_weights(path)
    x = data()[0]
    wanted = made.predict(x, verbose=0)
    found = {}
    for name, layout in (("spread", SPLIT), ("whole", None)):
        other = model(layout)
        other.load_weights(path)
        same = np.allclose(other.predict(x, verbose=0), wanted, atol=1e-6)
        found[name] = [bool(same), repr(other.layers[0].kernel.placement)]
    return found


def copies(made: keras.Sequential) -> list[str]:
    kernel = made.layers[0].kernel
    return [repr(other.placement) for other in (pickle.loads(pickle.dumps(kernel)), copy.deepcopy(kernel))]


def batch_as_seen() -> list[str]:
    """How batches are spread that a step gets: of a size that fits the mesh, and of one that does not."""
    seen = []

    class Watched(keras.Sequential):
        def train_step(self, batch):
            seen.append(repr(registry.current().placement_of(batch[0].sharding)))
            return super().train_step(batch)

    watched = Watched([keras.Input((8,)), Split(SPLIT), layers.Dense(1)])
    watched.compile("sgd", "mse", run_eagerly=True)
    x, y = data()
    watched.fit(x, y, batch_size=32, shuffle=False, verbose=0)
    return seen


def native() -> list[str]:
    devices = np.array(jax.devices())
    rows = sharding.NamedSharding(sharding.Mesh(devices, ("batch",)), sharding.PartitionSpec("batch"))
    given = (rows, sharding.SingleDeviceSharding(devices[1]), devices[2])
    return [repr(keras.Variable(np.ones((8, 3)), layout=each).placement) for each in given]


def values() -> dict[str, object]:
    """What a Variable that is spread reads, in ops, assigned, and in a compiled function."""
    start = np.arange(8, dtype="float32").reshape(2, 4)
    variable = keras.Variable(start, layout=SPLIT)
    function = transforms.jit(lambda x: variable.assign_add(x))
    function(np.ones((2, 4), "float32"))
    doubled = ops.multiply(variable, 2.0)
    variable.assign(variable.numpy() + 1)
    return {"value": variable.numpy().tolist(), "doubled": np.asarray(doubled).tolist(), "start": start.tolist(),
            "placement": repr(registry.current().placement_of(variable.storage.sharding))}  # fmt: skip


def in_a_block() -> dict[str, object]:
    with on_mesh(MESH):
        inside = model(SPLIT)
        eager = registry.current().placement_of(inside(data()[0]).sharding)
    before = model(None)
    with on_mesh(MESH):
        after = results(before)
    return {"eager": eager is not None, "results": after, "kernel": repr(before.layers[0].kernel.placement)}


def errors() -> dict[str, list[str]]:
    other = Mesh((4,), ("batch",), MESH.devices)
    fixed, free = keras.Variable(1.0, device="cpu:1"), keras.Variable(np.ones((2, 4)), layout=SPLIT)
    add = transforms.jit(lambda: ops.add(free, fixed))
    attempts = {
        "does not fit": lambda: keras.Variable(np.ones((4, 3)), layout=SPLIT),
        "too many axes": lambda: keras.Variable(np.ones(4), layout=SPLIT),
        "no such device": lambda: keras.Variable(1.0, layout=Layout(Mesh((1,), ("a",), ["gpu:7"]))),
        "no placement": lambda: keras.Variable(1.0, layout=3),
        "another place": add,
        "another mesh": transforms.jit(lambda: ops.add(free, keras.Variable(np.ones((2, 4)), layout=Layout(other)))),
    }
    found = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except keras.errors.KerasliteError as error:
            found[name] = [type(error).__name__, str(error)]
    return found


def main(folder: str) -> None:
    spread = model(SPLIT)
    print(json.dumps({
        "one device": results(model(None)),
        "spread": results(spread),
        "three at a time": [results(model(layout, steps_per_execution=3)) for layout in (None, SPLIT)],
        "placed": placed(spread),
        "saved": saved(spread, folder),
        "copies": copies(spread),
        "batches": batch_as_seen(),
        "native": native(),
        "values": values(),
        "block": in_a_block(),
        "errors": errors(),
    }))  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
