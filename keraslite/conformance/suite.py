"""The cases of the suite, and how one is run: a check of a row on an engine."""

from __future__ import annotations

import importlib
import pkgutil
import time
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from keraslite.backend.contract import Engine
from keraslite.check import nearest
from keraslite.conformance import tables
from keraslite.conformance.checks import CHECKS
from keraslite.conformance.failures import Failure
from keraslite.conformance.rows import Row
from keraslite.errors import ArgumentError


@dataclass(frozen=True)
class Case:
    """One check of one row; its `id` names it in reports and in an engine's `xfails.toml`.

    Args:
        family: the table that the row is in.
        row: the row.
        check: a name of `CHECKS`.
        number: the number of the row among those of the op, from 0.
    """

    family: str
    row: Row
    check: str
    number: int

    @property
    def id(self) -> str:
        """`check/op` or `check/op-number`."""
        return f"{self.check}/{self.row.name}" + (f"-{self.number}" if self.number else "")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a case on an engine.

    Args:
        family: the table.
        op: the op's name.
        case: the case's id.
        check: the check.
        status: "passed", "failed", "xfailed" (an expected failure), "xpassed" (expected to fail, and did not: an error)
            or "not owed" (the engine lacks a capability that the check needs, or the check does not apply to the row).
        calls: how many calls were checked.
        message: the difference, for a failure; the reason, for an expected one.
        given, expected, received: the values of a failure, as text.
        seconds: the time that it took.
    """

    family: str
    op: str
    case: str
    check: str
    status: str
    calls: int = 0
    message: str = ""
    given: str = ""
    expected: str = ""
    received: str = ""
    seconds: float = 0.0

    @property
    def bad(self) -> bool:
        """Return whether the suite fails because of this."""
        return self.status in ("failed", "xpassed")

    def __str__(self) -> str:
        call = [f"  input     {self.op}({self.given})"] if self.given else []
        both = [
            f"  {name:<9} {text}".replace("\n", "\n" + " " * 12)
            for name, text in (("expected", self.expected), ("received", self.received))
            if text
        ]
        return "\n".join([f"{self.case}: {self.message}", *call, *both])


@cache
def rows() -> dict[str, list[Row]]:
    """Return the rows of every table, by family."""
    names = sorted(info.name for info in pkgutil.iter_modules(tables.__path__))
    return {name: importlib.import_module(f"{tables.__name__}.{name}").ROWS for name in names}


@cache
def _all_cases() -> tuple[Case, ...]:
    found, seen = [], Counter()
    for family, table in rows().items():
        for row in table:
            found += [Case(family, row, check, seen[row.name]) for check in CHECKS]
            seen[row.name] += 1
    return tuple(found)


def cases(ops: Sequence[str] = (), checks: Sequence[str] = ()) -> list[Case]:
    """Return all cases, or only those of some ops and checks.

    Raises:
        ArgumentError: if no row has such an op or check.
    """
    every = _all_cases()
    _known("op", ops, sorted({case.row.name for case in every}))
    _known("check", checks, list(CHECKS))
    return [c for c in every if (not ops or c.row.name in ops) and (not checks or c.check in checks)]


def _known(what: str, asked: Sequence[str], known: list[str]) -> None:
    for name in asked:
        if name not in known:
            has = f"It has {', '.join(known)}." if len(known) < 20 else f"It has {len(known)}."
            raise ArgumentError(
                f"The conformance suite needs the name of a{'n' * (what == 'op')} {what}. Received {name!r}."
                f"{nearest(name, known)} {has}"
            )


def owed(case: Case) -> bool:
    """Return whether the case is required of the active engine."""
    return CHECKS[case.check].owed(case.row)


def check(case: Case, sample: bool = False) -> int:
    """Run a case on the active engine. Returns how many calls were checked; a sample checks only the first.

    Raises:
        Failure: if the engine returns something else or raises. The message has the call.
    """
    one = CHECKS[case.check]
    calls = case.row.calls[:1] if sample else case.row.calls
    return (one.sample if sample and one.sample else one.run)(case.row, calls)


def expected_failures(engine: Engine) -> dict[str, str]:
    """Return the reasons in an engine package's `xfails.toml`, by case.

    The file has one table `[xfails]` of `"check/op" = "reason"`; without the file nothing is expected to fail.

    Raises:
        ArgumentError: if a case is not in the suite, or a reason is empty.
    """
    package = engine.libraries[0]
    path = resources.files(package) / "xfails.toml"
    found = dict(tomllib.loads(path.read_text())["xfails"]) if path.is_file() else {}
    known = {case.id for case in _all_cases()}
    for name, reason in found.items():
        if name not in known or not isinstance(reason, str) or not reason:
            raise ArgumentError(
                f'`xfails.toml` of engine {engine.name!r} needs lines `"check/op" = "reason"`. '
                f"Received {name!r} = {reason!r}.{'' if name in known else ' The suite has no such case.'}"
            )
    return found


def run(case: Case, reasons: dict[str, str], sample: bool = False) -> Outcome:
    """Run a case on the active engine and return its outcome, whatever it is.

    Args:
        case: the case.
        reasons: the reasons of expected failures, by case.
        sample: whether to run only the first call.
    """
    start = time.perf_counter()
    outcome = _outcome(case, reasons, sample)
    return replace(outcome, seconds=time.perf_counter() - start)


def _outcome(case: Case, reasons: dict[str, str], sample: bool) -> Outcome:
    facts = (case.family, case.row.name, case.id, case.check)
    reason = reasons.get(case.id)
    if not owed(case):
        if reason is not None:
            return Outcome(*facts, "xpassed", message=f"is not owed, and is expected to fail: {reason}")
        return Outcome(*facts, "not owed")
    try:
        calls = check(case, sample)
    except Exception as error:  # any failure of an engine is a result here
        if reason is not None:
            return Outcome(*facts, "xfailed", message=reason)
        return _failed(facts, error)
    if reason is not None:
        return Outcome(*facts, "xpassed", calls, f"passes, and is expected to fail: {reason}")
    return Outcome(*facts, "passed", calls)


def _failed(facts: tuple[str, str, str, str], error: Exception) -> Outcome:
    if isinstance(error, Failure):
        return Outcome(*facts, "failed", 1, error.what, error.given, error.expected, error.received)
    return Outcome(*facts, "failed", 1, f"the row itself fails: {type(error).__qualname__}: {error}")
