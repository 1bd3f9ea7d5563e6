"""Makes the table from the rounds: paired ratios, their median and its 95 % interval, as Markdown and as a plot."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.rows import KINDS, ROWS, Kind

RESAMPLES = 1_000
WIDEST = 0.1  # widest interval that decides whether a target is met
FAR = 0.1  # part of a target that an interval is away from it where more rounds would change nothing
SUBJECTS = ("keraslite", "keras", "hand")
COMPILED = "keras-jit"  # Keras with jit_compile=True on PyTorch, in a note of the row

# Targets of single rows, in place of those of their kind, by (row, engine); None for every engine.
OF_HAND = {
    ("train-mlp", "torch"): 0.9, ("train-mlp", "jax"): 0.6, ("train-mlp", "tensorflow"): 0.3,
    **{(name, None): 1 / 0.95 for name, row in ROWS.items() if row.gpu},
}  # fmt: skip
OF_KERAS = {
    **{(f"train-{model}", "torch"): 0.25 for model in ("mlp", "deep", "lstm")},
    **{(f"train-{model}", "torch"): 0.3 for model in ("gan", "vae", "vae-alone", "dicts", "mlp-generator",
                                                      "mlp-watched", "mlp-accumulated")},
    ("train-mlp", "jax"): 0.3, ("train-mlp", "tensorflow"): 0.15,
    **{(f"{name}/first epoch", None): 1.0 for name, row in ROWS.items() if row.kind == "start"},
    **{(f"{name}/build", "jax"): 1 / 3 for name, row in ROWS.items() if row.kind == "start"},
}  # fmt: skip
LEGEND = (
    "Times are microseconds per step or call, as medians of the rounds. Ratios are taken within a round and have the "
    "interval of their median (a bootstrap over processes and over the rounds of each). Yes: the target is met, since "
    f"the whole interval lies below it, or includes it and is no wider than {WIDEST}. Unsure: the interval is wider."
)
IMPORT_ABOVE = 150_000.0  # microseconds `import keraslite` may take above the engine alone


@dataclass(frozen=True)
class Ratio:
    """Median of paired ratios with its 95 % interval, by a bootstrap over processes and over the rounds of each."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, ours: list[float], theirs: list[float], processes: list[int]) -> Ratio:
        """Return the ratio for the rounds of both subjects, in order, and the processes that ran them."""
        ratios = np.array(ours) / np.array(theirs)
        return cls(float(np.median(ratios)), *_interval(tuple(ratios), tuple(processes)))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f}-{self.high:.2f})"

    def verdict(self, target: float) -> str:
        """Return whether a ratio of at most `target` is shown, refuted, or neither."""
        if self.low > target:
            return "no"
        return "yes" if self.high <= target or self.high - self.low <= WIDEST else "unsure"


@cache  # the table is written after each row
def _interval(ratios: tuple[float, ...], processes: tuple[int, ...]) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    groups = [np.array(ratios)[np.array(processes) == which] for which in sorted(set(processes))]
    medians = []
    for picks in rng.integers(0, len(groups), (RESAMPLES, len(groups))):
        drawn = [groups[i][rng.integers(0, len(groups[i]), len(groups[i]))] for i in picks]
        medians.append(np.median(np.concatenate(drawn)))
    low, high = np.percentile(medians, (2.5, 97.5))
    return float(low), float(high)


def _target(table: dict[tuple[str, str | None], float], key: str, engine: str, usual: float | None) -> float | None:
    return table.get((key, engine), table.get((key, None), usual))


@dataclass
class Line:
    """One measure of one row on one engine: `times[subject][clock]` is microseconds by round.

    `processes` numbers the processes of each round.
    """

    row: str
    measure: str
    engine: str
    times: dict[str, dict[str, list[float]]]
    processes: list[int]
    memory: dict[str, float]
    notes: list[str]

    @property
    def key(self) -> str:
        return f"{self.row}/{self.measure}" if self.kind.parts else self.row

    @property
    def kind(self) -> Kind:
        return KINDS[ROWS[self.row].kind]

    @property
    def title(self) -> str:
        shown = f", {self.measure}" if self.kind.parts else ""
        return ROWS[self.row].title + shown

    def median(self, subject: str) -> str:
        """Return microseconds, or milliseconds if a round is a process."""
        if subject not in self.times:
            return "-"
        value = statistics.median(self.times[subject]["wall"])
        return f"{value / 1000:,.0f} ms" if ROWS[self.row].cold else f"{value:,.0f}"

    def ratio(self, other: str, clock: str = "wall", extra: float = 0.0) -> Ratio | None:
        """Return the ratio of keraslite, minus `extra` microseconds, to the other subject."""
        if not {"keraslite", other} <= self.times.keys():
            return None
        ours = [max(value - extra, 0.0) for value in self.times["keraslite"][clock]]
        return Ratio.of(ours, self.times[other][clock], self.processes)

    def targets(self) -> Iterator[tuple[str, float, float, Ratio]]:
        """Return the targets: the other subject, the largest multiple of its time, what is spared, and the ratio."""
        kind = self.kind
        for other, table, usual, spare in (
            ("hand", OF_HAND, kind.of_hand, kind.spare),
            ("keras", OF_KERAS, kind.of_keras, 0.0),
            (COMPILED, {}, 1.0, 0.0),
        ):
            target, ratio = _target(table, self.key, self.engine, usual), self.ratio(other, extra=spare)
            if target is not None and ratio is not None:
                yield other, target, spare, ratio

    def verdicts(self) -> Iterator[str]:
        """Return one verdict per target of the row."""
        for other, target, spare, ratio in self.targets():
            above = f" + {spare:.0f} us" if spare else ""
            yield f"{ratio.verdict(target)}: {target:.2g}x {other}{above}"
        if self.row == "import" and {"keraslite", "hand"} <= self.times.keys():
            pairs = zip(self.times["keraslite"]["wall"], self.times["hand"]["wall"], strict=True)
            above = statistics.median(ours - engine for ours, engine in pairs)
            verdict = "yes" if above <= IMPORT_ABOVE else "no"
            yield f"{verdict}: engine + {IMPORT_ABOVE / 1000:.0f} ms (it is {above / 1000:+.0f} ms)"


def decided(result: dict[str, Any]) -> bool:
    """Return whether the rounds so far decide each target of the row."""
    return not any(verdict.startswith("unsure") for line in lines([result]) for verdict in line.verdicts())


def clear(result: dict[str, Any]) -> bool:
    """Return whether the whole interval of each target lies far below it, or far above."""
    found = [(target, ratio) for line in lines([result]) for _, target, _, ratio in line.targets()]
    return all(ratio.high < target * (1 - FAR) or ratio.low > target * (1 + FAR) for target, ratio in found)


def lines(results: list[dict[str, Any]]) -> list[Line]:
    """Return the lines of the table from what `__main__` collected, in the order of the rows."""
    found = []
    for result in sorted(results, key=lambda r: (list(ROWS).index(r["row"]), r["engine"] != "torch", r["engine"])):
        rounds = result["rounds"]
        measures = list(next(iter(rounds[0].values()))["measures"]) if rounds and rounds[0] else []
        for measure in measures:
            times = {
                subject: {
                    clock: [one[subject]["measures"][measure][clock] for one in rounds] for clock in ("wall", "cpu")
                }
                for subject in rounds[0]
            }
            memory = {subject: max(one[subject]["memory"] for one in rounds) for subject in rounds[0]}
            found.append(
                Line(result["row"], measure, result["engine"], times, result["processes"], memory, result["notes"])
            )
    return found


def markdown(results: list[dict[str, Any]], about: str) -> str:
    """Return the whole report."""
    head = (
        "| work | engine | keraslite | Keras | by hand | / hand (95 %) | / Keras (95 %) | / hand, CPU time | peak MB "
        "keraslite, Keras, hand | target met |"
    )
    text = ["# Measurements", "", about, "", head, "|" + "---|" * 10]
    notes: list[str] = []
    for line in lines(results):
        ratios = [line.ratio("hand"), line.ratio("keras"), line.ratio("hand", "cpu")]
        memory = "" if ROWS[line.row].cold else " / ".join(
            f"{line.memory[subject]:,.0f}" if subject in line.memory else "-" for subject in SUBJECTS
        )  # fmt: skip
        cells = [line.title, line.engine, *(line.median(subject) for subject in SUBJECTS),
                 *(str(ratio) if ratio else "-" for ratio in ratios), memory, "; ".join(line.verdicts())]  # fmt: skip
        text.append(f"| {' | '.join(cells)} |")
    for line in lines(results):
        if line.ratio(COMPILED):
            notes.append(f"- {line.row}, {line.engine}: Keras with jit_compile=True took {line.median(COMPILED)}, "
                         f"keraslite {line.ratio(COMPILED)} of it")  # fmt: skip
    for result in results:
        notes += [f"- {result['row']}, {result['engine']}: {note}" for note in result["notes"]]
    text += ["", LEGEND, "", *notes]
    return "\n".join(text).rstrip() + "\n"


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Plot keraslite and Keras as multiples of the hand-written loop, with one panel per engine."""
    import matplotlib  # imported here, because collecting results does not need it

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = [line for line in lines(results) if line.ratio("hand")]
    engines = list(dict.fromkeys(line.engine for line in shown))
    if not engines:
        return
    names = list(dict.fromkeys(line.title for line in shown))
    figure, axes = pyplot.subplots(1, len(engines), sharey=True, squeeze=False,
                                   figsize=(4 + 3.2 * len(engines), 1.5 + 0.42 * len(names)))  # fmt: skip
    for axis, engine in zip(axes[0], engines, strict=True):
        for offset, subject, colour in ((-0.2, "keraslite", "tab:blue"), (0.2, "keras", "tab:orange")):
            for line in (line for line in shown if line.engine == engine and subject in line.times):
                ratio = Ratio.of(line.times[subject]["wall"], line.times["hand"]["wall"], line.processes)
                place = names.index(line.title) + offset
                axis.barh(place, ratio.median, 0.38, color=colour)
                axis.plot([ratio.low, ratio.high], [place, place], color="black", linewidth=1)
        axis.axvline(1, color="black", linewidth=0.8)
        axis.set_xscale("log")
        axis.set_title(engine)
        axis.set_xlabel("times the hand-written loop")
    axes[0][0].set_yticks(range(len(names)), names)
    axes[0][0].invert_yaxis()
    handles = [pyplot.Rectangle((0, 0), 1, 1, color=colour) for colour in ("tab:blue", "tab:orange")]
    figure.legend(handles, ["keraslite", "Keras"], loc="lower center", ncols=2)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def write(results: list[dict[str, Any]], folder: Path, about: str) -> str:
    """Write results.json, table.md and table.png into the folder. Returns the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results))
    text = markdown(results, about)
    (folder / "table.md").write_text(text)
    plot(results, folder / "table.png")
    return text
