"""Every case of the suite, and running one: a row's check on an engine."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import tomllib
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from keraslite.backend import registry
from keraslite.conformance import tables
from keraslite.conformance.checks import CHECKS
from keraslite.conformance.rows import Call, Row
from keraslite.errors import ArgumentError


@dataclass(frozen=True)
class Case:
    """One check of one row; its `id` names it in reports and in an engine's `xfails.toml`.

    Args:
        family: the table that the row stands in.
        row: the row.
        check: a name of `CHECKS`.
        number: which row of that op in the table, from 0.
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
    """What came of a case on an engine.

    Args:
        family: the table.
        op: the op's name.
        case: the case's id.
        check: the check.
        status: "passed", "failed", "xfailed" (an expected failure), "xpassed" (expected to fail, and passed: an error)
            or "not owed" (the engine lacks what the check needs).
        calls: how many calls were checked.
        message: of a failure: the call, what was expected, what was received; of an expected one its reason.
    """

    family: str
    op: str
    case: str
    check: str
    status: str
    calls: int = 0
    message: str = ""

    @property
    def bad(self) -> bool:
        """Whether the suite does not pass with this."""
        return self.status in ("failed", "xpassed")


@cache
def rows() -> dict[str, list[Row]]:
    """The rows of every table, by family."""
    names = sorted(info.name for info in pkgutil.iter_modules(tables.__path__))
    return {name: importlib.import_module(f"{tables.__name__}.{name}").ROWS for name in names}


def cases(ops: Sequence[str] = (), checks: Sequence[str] = ()) -> list[Case]:
    """Every case, or those of some ops and checks.

    Raises:
        ArgumentError: an op or a check that no row has.
    """
    found, seen = [], {}
    for family, table in rows().items():
        for row in table:
            number = seen[family, row.name] = seen.get((family, row.name), -1) + 1
            found += [Case(family, row, check, number) for check in CHECKS]
    _known("op", ops, sorted({case.row.name for case in found}))
    _known("check", checks, list(CHECKS))
    return [c for c in found if (not ops or c.row.name in ops) and (not checks or c.check in checks)]


def _known(what: str, asked: Sequence[str], known: list[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ArgumentError(f"The suite has no {what} {', '.join(map(repr, unknown))}. It has {', '.join(known)}.")


def owed(case: Case) -> bool:
    """Whether the active engine owes the case."""
    return CHECKS[case.check].owed(case.row)


def check(case: Case, sample: bool = False) -> int:
    """Run a case on the active engine; how many calls were checked. Of a sample only the first.

    Raises:
        AssertionError: the engine gives something else; the message names the call.
    """
    every = CHECKS[case.check].every_call and not sample
    calls = case.row.calls if every else case.row.calls[:1]
    for made in calls:
        with strictly(case.row, made), _named(case, made):
            CHECKS[case.check].run(case.row, made)
    return len(calls)


@contextlib.contextmanager
def _named(case: Case, made: Call) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in `{case.row.name}({made})`, check {case.check}")
        raise


def strictly(row: Row, made: Call) -> contextlib.AbstractContextManager[Any]:
    """The engine's strict mode, if it has one: no promotion of its own, no NaN where the reference has none."""
    engine = registry.current()
    strict = getattr(engine, "strict", None)
    return strict() if strict is not None else contextlib.nullcontext()


def expected_failures(engine: Any) -> dict[str, str]:
    """The reasons in an engine package's `xfails.toml`, by case.

    The file has one table `[xfails]` of `"check/op" = "reason"`; without the file nothing is expected to fail.
    """
    package = getattr(engine, "__name__", "") or engine.name
    path = resources.files(package) / "xfails.toml"
    return dict(tomllib.loads(path.read_text())["xfails"]) if path.is_file() else {}


def run(case: Case, reasons: dict[str, str], sample: bool = False) -> Outcome:
    """Run a case on the active engine, whatever comes of it."""
    facts = (case.family, case.row.name, case.id, case.check)
    if not owed(case):
        return Outcome(*facts, "not owed")
    reason = reasons.get(case.id)
    try:
        calls = check(case, sample)
    except Exception as error:  # every kind of failure of an engine is a result here
        if reason is not None:
            return Outcome(*facts, "xfailed", message=reason)
        return Outcome(*facts, "failed", message="".join(traceback.format_exception_only(error)).strip())
    if reason is not None:
        return Outcome(*facts, "xpassed", calls, f"passes, and is expected to fail: {reason}")
    return Outcome(*facts, "passed", calls)
