"""The suite that any engine must pass: `python -m keraslite.conformance --backend NAME`.

Rows of sample inputs with references in float64 (`tables`) generate the cases; `docs/conformance.md` says how to use
it for an engine of your own.
"""

from importlib import util

_missing = [name for name in ("hypothesis", "scipy") if util.find_spec(name) is None]
if _missing:
    raise ImportError(
        f"`keraslite.conformance` needs {' and '.join(_missing)}. Received an environment without. "
        f'Do pip install "keraslite[conformance]".'
    )

from keraslite.conformance.checks import CHECKS
from keraslite.conformance.failures import Failure, strictly
from keraslite.conformance.rows import Call, Row, call
from keraslite.conformance.suite import Case, Outcome, cases, check, expected_failures, owed, rows, run

__all__ = [
    "CHECKS",
    "Call",
    "Case",
    "Failure",
    "Outcome",
    "Row",
    "call",
    "cases",
    "check",
    "expected_failures",
    "owed",
    "rows",
    "run",
    "strictly",
]
