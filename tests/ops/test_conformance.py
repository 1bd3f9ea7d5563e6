"""A fixed sample of the conformance suite: every row, engine and check, on the first call.

One test runs all checks of an op on an engine, because together they compile less.
"""

from __future__ import annotations

import pytest

from keraslite.backend import registry
from keraslite.conformance import cases, expected_failures, run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    asked = metafunc.config.getoption("--backend")
    ops = dict.fromkeys((case.family, case.row.name) for case in cases())
    found = [(name, *op) for name in (asked.split(",") if asked else registry.installed()) for op in ops]
    metafunc.parametrize(("engine", "family", "op"), found, ids=["-".join(facts) for facts in found])


def test_sample(engine, family, op):
    with registry.use_backend(engine):
        expected = expected_failures(registry.current())
        outcomes = [run(case, expected, sample=True) for case in cases([op]) if case.family == family]
    bad = [str(outcome) for outcome in outcomes if outcome.bad]
    assert not bad, "\n\n".join(bad)
    assert any(outcome.status == "passed" for outcome in outcomes)
