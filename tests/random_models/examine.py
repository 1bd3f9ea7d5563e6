"""Runs a random model stage by stage, here with keraslite and in the process of `keras_peer` with Keras.

Each stage gives a result or {"error": text}; a stage that needs one that failed is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from random_models import build, training

Stages = dict[str, Any]


def keras_all(spec: dict[str, Any], folder: str, weights: list[Any], thorough: bool) -> Stages:
    """Everything by real Keras: its own model, then the files that we wrote."""
    import gc
    import warnings

    import keras

    gc.freeze()  # else each collection looks through all of Keras and its engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        eager = keras.config.backend() == "tensorflow"
        side = Side(keras, spec, folder, "keras", {"run_eagerly": eager, "jit_compile": False})
        side.make(weights)
        side.read("ours", thorough)
        if any("error" in found for name, found in side.stages.items() if name.endswith(" ours")):
            side.read("keras", thorough)  # can it read its own?
        return side.stages


class Side:
    """One library's work on one model."""

    def __init__(self, k: Any, spec: dict[str, Any], folder: str, who: str, options: dict[str, Any]):
        self.k, self.spec, self.folder, self.who, self.options = k, spec, Path(folder), who, options
        self.stages: Stages = {}
        self.net: Any = None
        self.shapes: list[list[int]] = []

    def stage(self, name: str, function: Callable[..., Any], *needed: str) -> None:
        """Run one stage unless what it needs failed."""
        if all(one in self.stages and "error" not in self.stages[one] for one in needed):
            try:
                self.stages[name] = function()
            except Exception as error:  # which side fails, and why, is what is asked for
                self.stages[name] = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:600]}

    def make(self, weights: list[Any] | None = None) -> Stages:
        """Build, predict, write files, train, write again, train on."""
        self.stage("build", self._build)
        self.stage("predict", lambda: self._predict(weights), "build")
        self.stage("write", lambda: self._write("before"), "predict")
        # Without weights to train only Keras makes an optimizer's state.
        if self.spec.get("compile") and self.trains() and self.net is not None and self.net.trainable_variables:
            self.stage("train", lambda: self._train(), "predict")
            self.stage("write trained", lambda: self._write("after"), "train")
            self.stage("train on", lambda: self.step(self.net), "write trained")
        return self.stages

    def trains(self) -> bool:
        return self.k.config.backend() != "numpy"

    def _forget_names(self) -> None:
        self.k.utils.clear_session(free_memory=False)  # collecting garbage takes a second

    def _build(self) -> Any:
        self._forget_names()
        self.k.utils.set_random_seed(1)
        self.net = net = build.model(self.k, self.spec)
        if not net.built:
            net(training.inputs(self.spec))
        return {
            "weights": [[w.path, list(w.shape)] for w in net.weights],
            "trainable": [w.path for w in net.trainable_variables],
            "outputs": [list(x.shape) for x in build.flat(net.outputs)],
            "config": plain(net.get_config()),
        }

    def _predict(self, weights: list[Any] | None) -> Any:
        given = [[w.path, list(w.shape)] for w in self.net.weights] if weights is None else weights
        self.net.set_weights(training.weights(given, self.spec["seed"]))
        found = outputs(self.net, self.spec)
        self.shapes = [list(x.shape) for x in found]
        return {"outputs": found}

    def _write(self, when: str) -> Any:
        self.net.save(str(self.path(self.who, when, "keras")))
        self.net.save_weights(str(self.path(self.who, when, "weights.h5")))
        return {"paths": stored(self.path(self.who, when, "weights.h5"))}

    def path(self, who: str, when: str, kind: str) -> Path:
        return self.folder / f"{who}_{when}.{kind}"

    def _train(self) -> Any:
        given = build.value(self.k, self.spec["compile"]["with"])
        self.net.compile(**given, **self.options)
        steps = [self.step(self.net) for _ in range(training.STEPS)]
        return {"steps": steps, **state(self.net)}

    def step(self, net: Any) -> Any:
        """The logs of one training step."""
        y, weights = training.targets(self.spec, self.shapes)
        logs = net.train_on_batch(training.inputs(self.spec), y, sample_weight=weights, return_dict=True)
        return {name: float(np.asarray(number)) for name, number in logs.items()}

    def read(self, other: str, thorough: bool) -> Stages:
        """Read the files of `other`. Thorough: predict and train with what they hold."""
        if self.path(other, "before", "keras").exists() and "write" in self.stages:
            self.stage(f"read {other}", lambda: self._read(other, thorough))
            self.stage(f"weights {other}", lambda: self._read_weights(other))
        if self.path(other, "after", "keras").exists() and self.trains():
            self.stage(f"read trained {other}", lambda: self._read_trained(other, thorough))
        return self.stages

    def _load(self, other: str, when: str) -> Any:
        self._forget_names()
        return self.k.models.load_model(str(self.path(other, when, "keras")))

    def _read(self, other: str, thorough: bool) -> Any:
        net = self._load(other, "before")
        found = {"values": net.get_weights(), "config": plain(net.get_config())}
        return {**found, "outputs": outputs(net, self.spec)} if thorough else found

    def _read_weights(self, other: str) -> Any:
        self._forget_names()
        net = build.model(self.k, self.spec)
        if not net.built:
            net(training.inputs(self.spec))
        net.load_weights(str(self.path(other, "before", "weights.h5")))
        return {"values": net.get_weights()}

    def _read_trained(self, other: str, thorough: bool) -> Any:
        net = self._load(other, "after")
        found = state(net)
        return {**found, "step": self.step(net)} if thorough else found


def outputs(net: Any, spec: dict[str, Any]) -> list[np.ndarray]:
    """What the model predicts, as a flat list."""
    return [np.asarray(x) for x in build.flat(net.predict_on_batch(training.inputs(spec)))]


def state(net: Any) -> dict[str, Any]:
    """Weights and the optimizer's variables."""
    return {
        "values": net.get_weights(),
        "optimizer": [np.asarray(v.numpy(), "float64") for v in net.optimizer.variables],
        "optimizer paths": [v.path for v in net.optimizer.variables],
    }


def stored(path: Path) -> list[str]:
    """The paths in a weights file, with their shapes."""
    import h5py

    found: list[str] = []

    def note(key: str, x: Any) -> None:
        if isinstance(x, h5py.Dataset):
            found.append(f"{key} {list(x.shape)}")

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return sorted(found)


def plain(config: Any) -> Any:
    """A config as a file holds it."""
    return json.loads(json.dumps(config))
