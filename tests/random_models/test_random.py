"""A fixed set of random models, losses, metrics and the like; `python -m tests.random_models` runs any number."""

from __future__ import annotations

import keras_peer
import pytest

from keraslite.backend import registry
from random_models import formulas, layer_choices, layer_runs, models, running, source

pytestmark = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")

# Each model on one engine: few on those that compile for a second each.
ENGINES = [
    "torch",
    "numpy",
    "torch",
    "numpy",
    "tensorflow",
    "torch",
    "numpy",
    "torch",
    "numpy",
    "tensorflow",
    "torch",
    "jax",
]


@pytest.mark.parametrize("seed", range(60))
def test_model(seed):
    engine = ENGINES[seed % len(ENGINES)]
    if engine not in registry.installed():
        pytest.skip(f"{engine} is not installed")
    spec = models.draw(seed)
    outcome = running.compared(spec, engine)
    assert not outcome.wrong, "\n".join([engine, *outcome.wrong, source.program(spec)])
    assert all("Keras refuses" in line for line in outcome.refused), outcome.refused


@pytest.mark.parametrize("kind", formulas.KINDS)
def test_formulas(kind, backend):
    if kind == "optimizers" and backend == "numpy":
        pytest.skip("updates are tested where there are gradients")
    engines = registry.installed()
    count = 25 if backend in ("torch", "numpy") else 4
    for seed in range(25 * engines.index(backend), 25 * engines.index(backend) + count):  # others on each engine
        wrong, _ = formulas.compared(kind, seed, backend)
        assert not wrong, "\n".join([*wrong, formulas.source(formulas.draw(kind, seed))])


@pytest.mark.parametrize("family", layer_choices.FAMILIES)
@pytest.mark.one_engine
def test_layers(family, backend):
    count = 12 if backend in ("torch", "numpy") else 1  # others compile each of them
    for seed in range(count):
        wrong, _ = layer_runs.compared(family, seed, backend)
        assert not wrong, "\n".join([*wrong, layer_runs.source(layer_runs.draw(family, seed))])
