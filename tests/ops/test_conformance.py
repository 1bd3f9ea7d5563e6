"""A fixed sample of the conformance suite: every op, engine and check on the first call of each row."""

from __future__ import annotations

import pytest

from keraslite.backend import registry
from keraslite.conformance import cases, check, expected_failures, owed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = metafunc.config.getoption("--backend")
    found = []
    for name in asked.split(",") if asked else registry.installed():
        with registry.use_backend(name):
            expected = expected_failures(registry.current())
            found += [(name, case) for case in cases() if owed(case) and case.id not in expected]
    metafunc.parametrize(("engine", "case"), found, ids=[f"{name}-{case.family}-{case.id}" for name, case in found])


def test_sample(engine, case):
    with registry.use_backend(engine):
        check(case, sample=True)
