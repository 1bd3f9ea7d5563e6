"""The failures of checks, and an engine's strict mode."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from keraslite.backend import registry
from keraslite.conformance.rows import Call, Mismatch, Row, shown


class Failure(AssertionError):
    """A call that did not do what the suite expects.

    Args:
        op: the op's name.
        given: the arguments, as text.
        what: the difference, on one line.
        expected, received: the values as text; for an exception, its type and message.
    """

    def __init__(self, op: str, given: str, what: str, expected: str, received: str):
        super().__init__(f"`{op}({given})`: {what}\nexpected {expected}\nreceived {received}")
        self.given, self.what, self.expected, self.received = given, what, expected, received


@contextlib.contextmanager
def at(row: Row, made: Call, finite: bool | None = None, wanted: str | None = None) -> Iterator[None]:
    """Within it, the engine is strict, and any exception becomes a `Failure` that names the call.

    Args:
        row: the row.
        made: the call.
        finite: whether NaN is forbidden; None: if the arguments and the reference's results are finite.
        wanted: the expected result; None: the reference's result.
    """
    try:
        with strictly(row, [made], finite):
            yield
    except Failure:
        raise
    except Mismatch as error:
        raise Failure(row.name, made.shown(60), error.what, error.expected, error.received) from None
    except Exception as error:  # any error of an engine is a result here
        text = f"{type(error).__qualname__}: {error}"
        wanted = shown(row.expected(made)) if wanted is None else wanted
        raise Failure(row.name, made.shown(60), f"raises {type(error).__name__}", wanted, text) from error


def strictly(row: Row, calls: Sequence[Call], finite: bool | None = None) -> contextlib.AbstractContextManager[object]:
    """Enter the active engine's strict mode, if it has one: see `strict` in the contract."""
    return registry.current().strict(all(row.finite(made) for made in calls) if finite is None else finite)
