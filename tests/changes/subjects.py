"""Objects that a program may depend on, such as layers, losses and optimizers, each with a call that uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import losses_cases
import metrics_cases
import numpy as np
import optimizers_cases
from layers.rows import ROWS, made

from keraslite import constraints, layers, ops, regularizers
from keraslite.variable import Variable


@dataclass(frozen=True)
class Subject:
    """`make()` gives the object, `use(obj, arrays)` what a step computes with it."""

    name: str
    make: Callable[[], Any]
    use: Callable[[Any, list[Any]], Any]
    arrays: list[Any]

    def __str__(self) -> str:
        return self.name


def settings(obj: Any) -> list[tuple[str, Any]]:
    """Public attributes of an object that may be set to something else, with a value for each."""
    found = []
    for name, value in sorted(vars(obj).items()):
        if not name.startswith("_") and name not in _NO_SETTINGS:
            other = _another(name, value)
            if other is not None:
                found.append((name, other))
    return found


_NO_SETTINGS = frozenset(("batch_shape", "name", "noise_shape", "seed", "stateful"))
_TEXTS = {"reduction": "sum", "padding": "same", "average": "macro", "merge_mode": "sum", "curve": "PR"}


def _another(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return 0.5 * value + 0.05
    if isinstance(value, str):
        return _TEXTS.get(name) if _TEXTS.get(name) != value else None
    return ops.tanh if "activation" in name and callable(value) else None


def _layers() -> list[Subject]:
    first = {row.cls: row for row in reversed(ROWS)}

    def subject(row: Any) -> Subject:
        def use(layer: Any, arrays: list[Any]) -> Any:
            more = {"training": True} if row.random else {}
            return layer(*arrays, **row.call, **more)

        return Subject(str(row), lambda: getattr(layers, row.cls)(**made(layers, row.kwargs)), use, row.arrays())

    return [subject(row) for row in first.values()]


def _losses() -> list[Subject]:
    return [
        Subject(f"losses.{name}", cls, lambda loss, arrays: loss(*arrays), list(losses_cases.data(name)))
        for name, cls in losses_cases.CLASSES.items()
    ]


def _metrics() -> list[Subject]:
    def use(metric: Any, arrays: list[Any]) -> Any:
        metric.update_state(*arrays)
        return metric.result()

    def subject(name: str, cls: Any) -> Subject:
        arguments = metrics_cases.ARGUMENTS.get(name, [{}])[0]
        data = list(metrics_cases.data(name, arguments))
        return Subject(f"metrics.{name}", lambda: cls(**arguments), use, data)

    return [subject(name, cls) for name, cls in metrics_cases.CLASSES.items()]


class Stepping:
    """An optimizer with Variables to change."""

    def __init__(self, optimizer: Any):
        self.optimizer = optimizer
        self.weights = [Variable(value) for value in optimizers_cases.values()]
        optimizer.build(self.weights)

    @property
    def variables(self) -> list[Any]:
        return [*self.weights, *self.optimizer.variables]

    def __call__(self, arrays: list[Any]) -> Any:
        self.optimizer.apply([ops.convert_to_tensor(x) for x in arrays], self.weights)
        return [w.value for w in self.weights]


def _optimizers() -> list[Subject]:
    gradients = optimizers_cases.gradients(1)[0]
    more = {"weight_decay": 0.1, "use_ema": True, "ema_overwrite_frequency": 2, "clipnorm": 0.5}
    made = [
        (f"optimizers.{name}{'-options' * bool(options)}", cls, options)
        for name, cls in optimizers_cases.CLASSES.items()
        for options in ({}, more)
    ]
    return [
        Subject(name, lambda cls=cls, options=options: cls(0.05, **options), None, gradients)  # type: ignore[arg-type]
        for name, cls, options in made
    ]


def _schedules() -> list[Subject]:
    return [
        Subject(
            f"schedules.{name}",
            lambda cls=cls, name=name: cls(**optimizers_cases.SCHEDULES[name][-1]),
            lambda schedule, arrays: schedule(arrays[0]),
            [np.int32(3)],
        )
        for name, cls in optimizers_cases.SCHEDULE_CLASSES.items()
    ]


def _penalties() -> list[Subject]:
    matrix = np.linspace(-2, 3, 12, dtype="float32").reshape(4, 3)
    found = [regularizers.L1(0.1), regularizers.L2(0.1), regularizers.L1L2(0.1, 0.2),
             regularizers.OrthogonalRegularizer(0.1), constraints.MaxNorm(1.0), constraints.MinMaxNorm(0.5, 1.0, 0.7),
             constraints.UnitNorm()]  # fmt: skip
    return [
        Subject(
            type(each).__name__,
            lambda each=each: type(each).from_config(each.get_config()),
            lambda penalty, arrays: penalty(arrays[0]),
            [matrix],
        )
        for each in found
    ]


SUBJECTS = [*_layers(), *_losses(), *_metrics(), *_optimizers(), *_schedules(), *_penalties()]
