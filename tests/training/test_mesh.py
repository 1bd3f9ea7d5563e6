"""Variables and batches spread over several devices, which JAX can pretend to have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keraslite.backend import registry

PROGRAM = Path(__file__).parents[1] / "on_a_mesh.py"
MESH = "<Mesh batch=2 model=2 of cpu:0 cpu:1 cpu:2 cpu:3>"
SPLIT, WHOLE = f"<Layout (None, 'model') on {MESH}>", f"<Layout () on {MESH}>"


@pytest.fixture(scope="module")
def found(tmp_path_factory, pytestconfig):
    asked = pytestconfig.getoption("--backend")
    if "jax" not in (asked.split(",") if asked else registry.installed()):
        pytest.skip("needs JAX")
    command = [sys.executable, str(PROGRAM), str(tmp_path_factory.mktemp("mesh"))]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def close(one, other) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_allclose(values, other[name], rtol=1e-4, atol=1e-5, err_msg=name)


def test_training_computes_what_it_does_on_one_device(found):
    close(found["spread"], found["one device"])
    assert found["spread"]["loss"][-1] < found["spread"]["loss"][0]


def test_several_steps_at_a_time(found):
    close(*found["three at a time"])


def test_weights_and_their_slots_stay_where_they_were_put(found):
    placed = found["placed"]
    assert all(says == is_ for says, is_ in placed.values()), placed
    split = [path for path, (says, _) in placed.items() if says == SPLIT]
    assert len(split) == 3, split
    assert all("split" in path and "kernel" in path for path in split)
    assert {says for says, _ in placed.values()} == {SPLIT, WHOLE}


def test_weights_in_a_file_are_whole(found):
    assert found["saved"] == {"spread": [True, SPLIT], "whole": [True, "'cpu:0'"]}


def test_copies_are_spread_alike(found):
    assert found["copies"] == [SPLIT, SPLIT]


def test_batches_are_split_where_that_is_possible(found):
    assert found["batches"] == [f"<Layout ('batch',) on {MESH}>", WHOLE]


def test_shardings_of_jax_are_layouts(found):
    rows = "<Layout ('batch',) on <Mesh batch=4 of cpu:0 cpu:1 cpu:2 cpu:3>>"
    assert found["native"] == [rows, "'cpu:1'", "'cpu:2'"]


def test_values_are_those_of_the_whole_tensor(found):
    values = found["values"]
    start = np.array(values["start"])
    np.testing.assert_array_equal(values["doubled"], 2 * (start + 1))
    np.testing.assert_array_equal(values["value"], start + 2)
    assert values["placement"] == SPLIT


def test_a_block_places_what_has_no_place(found):
    assert found["block"]["eager"]
    assert found["block"]["kernel"] == WHOLE
    close(found["block"]["results"], found["one device"])


@pytest.mark.parametrize(
    ("attempt", "error", "says"),
    [
        ("does not fit", "ArgumentError", "axis 1 of size 3 can't be split into 2 equal parts"),
        ("too many axes", "ArgumentError", "it has 1 axes, and the layout is of 2"),
        ("no such device", "ArgumentError", "Received 'gpu:7'"),
        ("no placement", "ArgumentError", "Received 3"),
        ("another place", "StateError", "'cpu:1'"),
        ("another mesh", "StateError", "<Mesh batch=4 of"),
    ],
)
def test_a_placement_that_is_impossible_is_refused(found, attempt, error, says):
    kind, text = found["errors"][attempt]
    assert (kind, says in text) == (error, True), text
