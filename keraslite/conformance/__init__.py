"""The suite that any engine must pass: `python -m keraslite.conformance --backend NAME`.

Rows of sample inputs with references in float64 (`tables`) generate the cases; `docs/conformance.md` says how to use
it for an engine of your own.
"""

from keraslite.conformance.checks import CHECKS
from keraslite.conformance.rows import Call, Row, call
from keraslite.conformance.suite import Case, Outcome, cases, check, expected_failures, owed, rows, run

__all__ = [
    "CHECKS", "Call", "Case", "Outcome", "Row", "call", "cases", "check", "expected_failures", "owed", "rows", "run",
]  # fmt: skip
