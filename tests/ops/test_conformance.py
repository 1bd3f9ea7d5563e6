"""A fixed sample of the conformance suite: every row and check, on the first call.

One test runs all checks of an op on an engine, because together they compile less. Of the engines that compile for
seconds, each op meets the one that its name and `--seed` decide, or all with `--all-engines`.
"""

from __future__ import annotations

import pytest
from turns import chosen, shared_by_slow

from keraslite.backend import registry
from keraslite.conformance import cases, expected_failures, run


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    settings = metafunc.config
    ops = dict.fromkeys((case.family, case.row.name) for case in cases())
    found = [(engine, *op) for engine in chosen(settings) for op in ops if shared_by_slow(op[1], engine, settings)]
    metafunc.parametrize(("engine", "family", "op"), found, ids=["-".join(facts) for facts in found])


def test_sample(engine, family, op):
    with registry.use_backend(engine):
        expected = expected_failures(registry.current())
        outcomes = [run(case, expected, sample=True) for case in cases([op]) if case.family == family]
    bad = [str(outcome) for outcome in outcomes if outcome.bad]
    assert not bad, "\n\n".join(bad)
    assert any(outcome.status == "passed" for outcome in outcomes)
