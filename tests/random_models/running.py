"""Runs random models on both sides."""

from __future__ import annotations

import json
import tempfile
import warnings
from dataclasses import dataclass, field
from typing import Any

import keras_peer

import keraslite
from random_models import compare, examine

#: The engine of Keras that an engine of ours is compared with. Its PyTorch is quickest: on JAX it compiles for seconds,
#: and on TensorFlow rows of an id that a batch holds twice are updated one after another. Files and configs are those
#: of any engine.
PEERS = {"jax": "torch", "tensorflow": "torch", "torch": "torch", "numpy": "numpy"}


def _fitted(spec: dict[str, Any], engine: str) -> tuple[dict[str, Any], str]:
    """The model, and the engine of Keras that it is compared with.

    Where attention gives padding rows that see nothing, the gradients of Keras's PyTorch are not those of its values:
    its fused kernel counts such a row once for each key. Keras's JAX is right there, but loses the masks of metrics.
    """
    if engine == "numpy" or '"blind rows": true' not in json.dumps(spec):
        return spec, PEERS[engine]
    options = {key: value for key, value in spec.get("compile", {}).get("with", {}).items() if "metrics" not in key}
    return ({**spec, "compile": {**spec["compile"], "with": options}} if options else spec), "jax"


@dataclass
class Outcome:
    """What came of one model."""

    spec: dict[str, Any]
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def compared(spec: dict[str, Any], engine: str, peer: str | None = None, thorough: bool | None = None) -> Outcome:
    """Run the model here on `engine`, and with real Keras on `peer`."""
    thorough = engine in ("numpy", "torch") if thorough is None else thorough  # others compile for a second each time
    spec, fitting = _fitted(spec, engine)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), keraslite.use_backend(engine):
        warnings.simplefilter("ignore")
        side = examine.Side(keraslite, spec, folder, "ours", {})
        side.make()
        theirs = keras_peer.call(
            "random_models.examine:keras_all", backend=peer or fitting, spec=spec, folder=folder,
            weights=side.stages["build"].get("weights"), thorough=thorough,
        )  # fmt: skip
        side.read("keras", thorough)
        side.read("ours", thorough)
    return Outcome(spec, *compare.differences(spec, side.stages, theirs))
