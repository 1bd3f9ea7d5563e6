"""`python -m keraslite.conformance --backend NAME`: run the suite, print a table, write a report."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from keraslite import config
from keraslite.backend import registry
from keraslite.conformance import report
from keraslite.conformance.checks import CHECKS
from keraslite.conformance.runner import Results, run_engine
from keraslite.conformance.suite import Case, Outcome, cases
from keraslite.errors import KerasliteError

MOST_SHOWN = 40


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite.

    Returns:
        The exit status: 0 if everything passes, 1 if something fails, 2 if the suite cannot run.
    """
    options = _parser().parse_args(argv)
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:  # a log, whose width is not known
        console = Console(width=120)
    try:
        chosen = cases(options.op, options.check)
        engines = [registry.check_name(name, "`--backend`") for name in _engines(options.backend)]
        every = [_run(console, name, chosen, options.sample, options.jobs) for name in engines]
    except KerasliteError as error:
        console.print(f"[red]{escape(str(error))}", highlight=False)
        return 2
    if options.html is not None:
        options.html.write_text(report.page(every, options.sample), encoding="utf-8")
        console.print(f"Report: {options.html}", highlight=False)
    return int(any(results.bad for results in every))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m keraslite.conformance", description="The suite any engine must pass.")
    parser.add_argument(
        "--backend",
        type=_names,
        default=[],
        metavar="NAMES",
        help="engines, with commas between them, or `all` that are installed (default: the configured)",
    )
    parser.add_argument("--op", type=_names, default=[], metavar="NAMES", help="only these ops")
    parser.add_argument("--check", type=_names, default=[], metavar="NAMES", help=f"only these of {', '.join(CHECKS)}")
    parser.add_argument("--sample", action="store_true", help="only the first call of each row")
    parser.add_argument(
        "--jobs", type=_positive, default=_cores(), metavar="N", help="worker processes (default: one for each core)"
    )
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report there")
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("needs to be at least 1")
    return number


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _engines(asked: list[str]) -> list[str]:
    return registry.installed() if "all" in asked else asked or [config.backend()]


def _run(console: Console, engine: str, chosen: list[Case], sample: bool, jobs: int) -> Results:
    results = Results(engine)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[red]{task.fields[bad]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(engine, total=len(chosen), bad="")
        for done in run_engine(results, chosen, sample, jobs):
            failed = len(results.bad)
            progress.update(task, advance=done, bad=f"{failed} failed" if failed else "")
    _print(console, results)
    return results


def _print(console: Console, results: Results) -> None:
    about = results.about
    console.print(_table(results, f"{results.engine} ({about.library}, {about.device})" if about else results.engine))
    for outcome in results.bad[:MOST_SHOWN]:
        console.print(f"[red]{escape(str(outcome))}", highlight=False)
    if len(results.bad) > MOST_SHOWN:
        console.print(f"... and {len(results.bad) - MOST_SHOWN} more; `--html FILE` has all.", highlight=False)
    console.print(
        f"{results.engine}: {summary(results)}, {results.calls} calls in {results.seconds:.0f} s\n",
        style="red" if results.bad else "green",
        highlight=False,
    )


def summary(results: Results) -> str:
    """Return the counts as text."""
    counts = [
        ("passed", "passed"),
        ("failed", "failed"),
        ("xpassed", "unexpectedly passed"),
        ("xfailed", "failed as expected"),
        ("not owed", "not owed"),
    ]
    found = [(results.count(status), text) for status, text in counts]
    return ", ".join(f"{number} {text}" for number, text in found if number or text in ("passed", "failed"))


def _table(results: Results, title: str) -> Table:
    table = Table(
        title=title,
        caption="cases passed; ✗ failed; x failed as expected",
        title_justify="left",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
    )
    table.add_column("family", no_wrap=True)
    checks = [name for name in CHECKS if any(outcome.check == name for outcome in results.outcomes)]
    for name in checks:
        table.add_column(name, justify="right", no_wrap=True)
    for family in dict.fromkeys(outcome.family for outcome in results.outcomes):
        own = [outcome for outcome in results.outcomes if outcome.family == family]
        table.add_row(family, *(_cell([outcome for outcome in own if outcome.check == name]) for name in checks))
    table.add_section()
    table.add_row("all", *(_cell([o for o in results.outcomes if o.check == name]) for name in checks))
    seconds = [sum(o.seconds for o in results.outcomes if o.check == name) for name in checks]
    table.add_row("seconds", *(f"{spent:.0f}" for spent in seconds), style="dim")
    return table


def _cell(outcomes: list[Outcome]) -> str:
    passed = sum(outcome.status == "passed" for outcome in outcomes)
    bad = sum(outcome.bad for outcome in outcomes)
    expected = sum(outcome.status == "xfailed" for outcome in outcomes)
    if not passed + bad + expected:
        return "[dim]-"
    parts = [
        f"[green]{passed}[/]" if passed else "",
        f"[bold red]✗{bad}[/]" if bad else "",
        f"[yellow]x{expected}[/]" if expected else "",
    ]
    return " ".join(part for part in parts if part)


if __name__ == "__main__":
    sys.exit(main())
