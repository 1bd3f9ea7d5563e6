"""The suite as tests, for an engine's own continuous integration.

`pytest --pyargs keraslite.conformance --backend NAME`. Options of pytest select tests: `-k "softmax and gradient"`.

A case in the engine's `xfails.toml` has to fail.
"""

from __future__ import annotations

import pytest

from keraslite import config
from keraslite.backend import registry
from keraslite.conformance.suite import Case, cases, check, expected_failures, owed


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test per case that is required of an engine."""
    asked = metafunc.config.getoption("conformance_backend", None)
    found = []
    for name in asked.split(",") if asked else [config.backend()]:
        with registry.use_backend(name) as engine:
            reasons = expected_failures(engine)
            found += [_param(name, case, reasons.get(case.id)) for case in cases() if owed(case) or case.id in reasons]
    metafunc.parametrize(("engine", "case"), found)


def _param(engine: str, case: Case, reason: str | None) -> object:
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(engine, case, marks=marks, id=f"{engine}-{case.family}-{case.id}")


def test_conformance(engine: str, case: Case) -> None:
    """The engine does what the suite expects."""
    with registry.use_backend(engine):
        check(case)
