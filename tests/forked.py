"""Trains in forked and spawned processes and prints the outcome. `test_forks.py` runs it."""

from __future__ import annotations

import json
import multiprocessing
import queue
import warnings

import numpy as np

import keraslite
from keraslite import layers
from keraslite.backend import registry

X = np.linspace(0, 1, 3 * 64, dtype="float32").reshape(64, 3)
LONGEST = 120  # seconds: a process that waits for ever fails then


def made():
    model = keraslite.Sequential([layers.Input((3,)), layers.Dense(256, "relu"), layers.Dense(2)])
    model.compile("adam", "mse")
    return model


def trained(model):
    """The predictions of the model after some training, where the engine trains."""
    if "gradients" in registry.current().capabilities:
        model.fit(X, X[:, :2], batch_size=8, epochs=2, shuffle=False, verbose=0)
    return model.predict(X, verbose=0)


def work(results, model=None):
    """In the child: what training gives, or the error."""
    try:
        results.put(trained(model or made()).tolist())
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")


def work_on_numpy(results):
    with keraslite.use_backend("numpy"):
        work(results)


def child(how, *args, target=work):
    """What a process gives that is started in the way `how`."""
    context = multiprocessing.get_context(how)
    results = context.Queue()
    process = context.Process(target=target, args=(results, *args), daemon=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)  # JAX's own
        process.start()
    try:
        return results.get(timeout=LONGEST)
    except queue.Empty:
        return f"nothing in {LONGEST} s"
    finally:
        process.kill()
        process.join()


def main():
    keraslite.utils.set_random_seed(1)
    seen = {"imported, fork": child("fork")}
    expected = trained(made()).tolist()
    model = made()
    trained(model)
    seen["trained, fork"] = child("fork")
    seen["trained, fork, the model"] = child("fork", model)
    seen["trained, fork, numpy"] = child("fork", target=work_on_numpy)
    seen["trained, spawn"] = child("spawn")
    seen["the model"] = trained(model).tolist()
    print(json.dumps({"seen": seen, "expected": expected}))


if __name__ == "__main__":
    main()
