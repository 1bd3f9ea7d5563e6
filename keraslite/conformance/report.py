"""The report as one self-contained HTML file: ops by engine by check, and every failure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib import resources
from itertools import groupby

from keraslite.conformance.checks import CHECKS
from keraslite.conformance.runner import Results, host
from keraslite.conformance.suite import Outcome
from keraslite.version import __version__

#: By status: class of a cell, its text, its meaning. If a cell has several cases, the status listed first is shown.
STATUS = {
    "failed": ("f", "✗", "failed"),
    "xpassed": ("f", "✗", "passed, though expected to fail"),
    "xfailed": ("x", "x", "failed as expected"),
    "passed": ("p", "✓", "passed"),
    "not owed": ("n", "", "not owed"),
}


def page(every: Sequence[Results], sample: bool = False) -> str:
    """Return the report on the results of some engines."""
    bad = [(results.engine, outcome) for results in every for outcome in results.bad]
    expected = [(r.engine, outcome) for r in every for outcome in r.outcomes if outcome.status == "xfailed"]
    anchors = {(engine, outcome.case): f"f{i}" for i, (engine, outcome) in enumerate([*bad, *expected])}
    cases = sum(len(results.outcomes) for results in every)
    verdict = f"{len(bad)} failed" if bad else "everything passed" if cases else "nothing was run"
    parts = {
        "title": f"keraslite conformance: {', '.join(results.engine for results in every)}: {verdict}",
        "verdict": f'<p class="verdict {"bad" if bad or not cases else "good"}">{escape(verdict)}</p>',
        "made": escape(
            f"keraslite {__version__}, {host()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            + (", a sample: the first call of each row" if sample else "")
        ),
        "engines": "".join(map(_engine, every)),
        "failures": _failures("Failures", bad, anchors, opened=len(bad) <= 3),
        "expected": _failures("Expected failures", expected, anchors, opened=False),
        "head": _head(every),
        "body": _body(every, anchors),
    }
    text = (resources.files("keraslite.conformance") / "report.html").read_text("utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!--{name}-->", part)
    return text


def _engine(results: Results) -> str:
    about = results.about
    facts = [
        (STATUS[status][2], results.count(status)) for status in ("passed", "failed", "xpassed", "xfailed", "not owed")
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{number:,}</dd>" for name, number in facts if number)
    made = f"{about.library}, {about.device}" if about else "no worker answered"
    can = f'<p class="dim">{escape(", ".join(about.capabilities))}</p>' if about else ""
    return (
        f'<article class="{"bad" if results.bad else "good"}"><h2>{escape(results.engine)}</h2><p>{escape(made)}</p>'
        f"<dl>{rows}<dt>calls</dt><dd>{results.calls:,}</dd><dt>seconds</dt><dd>{results.seconds:.0f}</dd></dl>{can}"
        "</article>"
    )


def _failures(title: str, found: list[tuple[str, Outcome]], anchors: dict[tuple[str, str], str], opened: bool) -> str:
    if not found:
        return ""
    items = "".join(_failure(engine, outcome, anchors[engine, outcome.case], opened) for engine, outcome in found)
    return f"<section><h2>{escape(title)} ({len(found)})</h2>{items}</section>"


def _failure(engine: str, outcome: Outcome, anchor: str, opened: bool) -> str:
    given = f"{outcome.op}({outcome.given})" if outcome.given else ""
    parts = [("input", given), ("expected", outcome.expected), ("received", outcome.received)]
    shown = "".join(f"<dt>{name}</dt><dd><pre>{escape(text)}</pre></dd>" for name, text in parts if text)
    words = escape(f"{engine} {outcome.case} {outcome.family}".lower(), quote=True)
    return (
        f'<details id="{anchor}" data-words="{words}"{" open" * opened}><summary><b>{escape(engine)}</b> '
        f"<code>{escape(outcome.case)}</code> {escape(outcome.message)}</summary><dl>{shown}</dl></details>"
    )


def _head(every: Sequence[Results]) -> str:
    checks = "".join(f'<th scope="col"{_edge(i)}><span>{escape(name)}</span></th>' for i, name in enumerate(CHECKS))
    engines = "".join(
        f'<th scope="colgroup" class="edge" colspan="{len(CHECKS)}">{escape(results.engine)}</th>' for results in every
    )
    return f'<tr><th rowspan="2">op</th>{engines}</tr><tr>{checks * len(every)}</tr>'


def _edge(i: int) -> str:
    return ' class="edge"' if i == 0 else ""


def _body(every: Sequence[Results], anchors: dict[tuple[str, str], str]) -> str:
    found: dict[tuple[str, str], dict[tuple[str, str], list[Outcome]]] = {}
    for results in every:
        for o in results.outcomes:
            found.setdefault((o.family, o.op), {}).setdefault((results.engine, o.check), []).append(o)
    width = 1 + len(every) * len(CHECKS)
    groups = []
    for family, rows in groupby(sorted(found), key=lambda key: key[0]):
        lines = "".join(_row(op, found[family, op], every, anchors) for _, op in rows)
        groups.append(f'<tbody><tr class="family"><th colspan="{width}">{escape(family)}</th></tr>{lines}</tbody>')
    return "".join(groups)


def _row(
    op: str,
    cells: dict[tuple[str, str], list[Outcome]],
    every: Sequence[Results],
    anchors: dict[tuple[str, str], str],
) -> str:
    texts = [
        _cell(results.engine, check, cells.get((results.engine, check), []), anchors, i)
        for results in every
        for i, check in enumerate(CHECKS)
    ]
    bad = any(outcome.bad for outcomes in cells.values() for outcome in outcomes)
    marked = ' class="hasbad"' if bad else ""
    head = f'<tr data-words="{escape(op.lower(), quote=True)}"{marked}><th scope="row">{escape(op)}</th>'
    return f"{head}{''.join(texts)}</tr>"


def _cell(engine: str, check: str, outcomes: list[Outcome], anchors: dict[tuple[str, str], str], i: int) -> str:
    status = next((s for s in STATUS if any(o.status == s for o in outcomes)), None)
    name, sign, meaning = STATUS[status] if status else ("n", "", "not run")
    name += " edge" if i == 0 else ""
    first = next((o for o in outcomes if o.status == status), None)
    if first is not None and (engine, first.case) in anchors:
        sign = f'<a href="#{anchors[engine, first.case]}">{sign}</a>'
    calls = sum(o.calls for o in outcomes)
    note = f' title="{escape(engine)} {check}: {meaning}{f", {calls} calls" if calls else ""}"' if sign else ""
    return f'<td class="{name}"{note}>{sign}</td>'
