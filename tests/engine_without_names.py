"""Runs an engine without each of its private names: `python engine_without_names.py ENGINE` prints one report per line.

The first report is about the unchanged engine. Each report comes from a fork that was made before the engine ran.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback
import warnings
from typing import Any

os.environ["KERAS_BACKEND"] = "numpy"  # the engine itself is imported once a name is gone

import numpy as np

import keraslite as keras
from keraslite import layers, ops, transforms
from keraslite.backend import private, registry

LIBRARIES = {"jax": "jax.numpy", "torch": "torch", "tensorflow": "tensorflow"}
SLOW = {"torch": "torch.fx.experimental.proxy_tensor.make_fx"}  # what is compiled for seconds where it is there


def life(engine: str, removed: str | None) -> dict[str, Any]:
    """What a model and some transforms give."""
    keras.utils.set_random_seed(1)
    g = np.random.default_rng(2)
    x, y = g.normal(size=(24, 4, 3)).astype("float32"), g.normal(size=(24, 1)).astype("float32")
    model = keras.Sequential([layers.Input((4, 3)), layers.LSTM(5), layers.Dense(4), layers.Dense(6), layers.ReLU(),
                              layers.Dropout(0.3), layers.Dense(1)])  # fmt: skip
    model.layers[1].trainable = False
    model.compile(keras.optimizers.Adam(1e-2), "mse", metrics=["mae"])
    history = model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    predicted = model.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(f"{folder}/model.keras")
        again = keras.models.load_model(f"{folder}/model.keras").predict(x, verbose=0)
    for kind in ("sgd", "rmsprop"):
        model.compile(kind, "mse")
        model.fit(x, y, batch_size=8, epochs=2, verbose=0)

    made = []

    def chosen(row: Any) -> Any:
        made.append(keras.Variable(2.0)) if not made else None
        return ops.cond(ops.sum(row) > 0, lambda: row * made[0], lambda: -row)

    rows = ops.convert_to_tensor(x[:, 0])
    gradient = transforms.grad(lambda v: ops.sum(ops.vectorized_map(chosen, v) ** 2))(rows)
    symbolic = ops.ones((3,)) + keras.Input((3,))
    results = [history.history["loss"], predicted, again, gradient, *model.get_weights()]
    if removed is not None and removed == SLOW.get(engine):
        results.append(transforms.jit(lambda x: x @ ops.transpose(x), jit_compile=True)(rows))
    drawn = ops.convert_to_numpy(keras.random.gamma((2000,), 3.0, seed=1))
    assert 2.7 < drawn.mean() < 3.3, drawn.mean()
    assert symbolic.shape == (None, 3)
    assert made[0].numpy() == 2.0
    return {"values": [float(v) for x in results for v in np.ravel(np.asarray(ops.convert_to_numpy(x)))]}


def report(engine: str, removed: str | None) -> dict[str, Any]:
    private.removed.update({removed} if removed else ())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with registry.use_backend(engine):
                found: dict[str, Any] = life(engine, removed)
        except Exception:
            found = {"error": traceback.format_exc()}
    table = importlib.import_module(f"keraslite_{engine}.private").names
    told = [str(w.message) for w in caught if w.category.__name__ == "FastPathWarning"]
    return {"removed": removed, "names": list(table.entries), "missing": table.missing(*table.entries),
            "told": told, **found}  # fmt: skip


def in_a_fork(engine: str, removed: str | None) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(report(engine, removed), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if text else {"removed": removed, "error": f"ended with status {status}"}


def main(engine: str) -> None:
    warnings.simplefilter("ignore")
    importlib.import_module(LIBRARIES[engine])
    first = in_a_fork(engine, None)
    print(json.dumps(first), flush=True)
    for name in first.get("names", ()):
        print(json.dumps(in_a_fork(engine, name)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
