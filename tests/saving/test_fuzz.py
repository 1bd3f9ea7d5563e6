"""Files that were changed at random: nothing but keraslite's own errors, within seconds and 256 MiB."""

from __future__ import annotations

import importlib
import json

import pytest


@pytest.mark.parametrize(("seed", "count"), [(0, 500), pytest.param(1, 20_000, marks=pytest.mark.slow)])
def test_changed_files(seed, count):
    fuzz = importlib.import_module("fuzz.__main__")
    status, lines, errors = fuzz.batch(seed, 0, count, "numpy")
    assert not status, errors
    found = [json.loads(line) for line in lines]
    assert found == [{"done": count}]
