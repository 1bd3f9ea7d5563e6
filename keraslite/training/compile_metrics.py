"""The metrics `compile` was given: resolved when shapes are known, updated and read together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from keraslite import metrics as metrics_module
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.metrics.base import Metric
from keraslite.training.compile_losses import unique
from keraslite.training.matching import Match, match
from keraslite.variable import Variable

__all__ = ["CompileMetrics"]

_ACCURACY = ("accuracy", "acc")
_CROSSENTROPY = ("crossentropy", "ce")


class CompileMetrics(Metric):
    """Metrics by output, as `compile` takes them.

    Args:
        metrics: for one output, a list of names, `Metric`s and functions; for several, a list of such lists in
            their order, or a dict by output name.
        weighted_metrics: in the same way; these use `sample_weight` and `class_weight`.
        output_names: gives those of the model, None where outputs are not named.

    "accuracy" and "crossentropy" become the binary, categorical or sparse form by the shapes of targets and outputs.
    """

    def __init__(self, metrics: object, weighted_metrics: object, output_names: Callable[[], list[str] | None]):
        super().__init__(name="compile_metrics")
        self._given = (_by_output(metrics, "metrics"), _by_output(weighted_metrics, "weighted_metrics"))
        self._names = output_names
        self._by_output: dict[tuple[int, int], list[Metric]] = {}
        self._named: dict[str, Metric] | None = None
        self._plain: list[str] = []
        self._check_names()

    @property
    def built(self) -> bool:
        """Whether shapes have been seen and the metrics exist."""
        return self._named is not None

    @property
    def metrics(self) -> list[Metric]:
        """The single metrics. Empty before the first update."""
        return list((self._named or {}).values())

    @property
    def names(self) -> list[str]:
        """What they are reported as, in order."""
        return list(self._named or {})

    @property
    def plain_names(self) -> list[str]:
        """The names without outputs and "weighted"."""
        return self._plain

    @property
    def variables(self) -> list[Variable]:
        return [variable for metric in self.metrics for variable in metric.variables]

    def update_state(self, y_true: object, y_pred: object, sample_weight: object = None) -> None:
        """Take in one batch."""
        parts = [
            list(match(given, None, y_true, y_pred, sample_weight, self._names(), what, _is_leaf))
            for given, what in zip(self._given, ("metrics", "weighted_metrics"), strict=True)
        ]
        if self._named is None:
            self._build(parts)
        for which, matches in enumerate(parts):
            for i, part in enumerate(matches):
                if part.y_true is None:
                    continue
                for metric in self._by_output[which, i]:
                    if which == 1:
                        metric.update_state(part.y_true, part.y_pred, sample_weight=part.sample_weight)
                    else:
                        metric.update_state(part.y_true, part.y_pred)

    def result(self) -> dict[str, object]:
        """All results by name."""
        return {name: metric.result() for name, metric in (self._named or {}).items()}

    def reset_state(self) -> None:
        """Start anew."""
        for metric in self.metrics:
            metric.reset_state()

    def _build(self, parts: list[list[Match]]) -> None:
        named: list[tuple[str, Metric]] = []
        self._plain = []
        taken: set[str] = set()
        for which, matches in enumerate(parts):
            for i, part in enumerate(matches):
                made = [_resolve(given, part.y_true, part.y_pred) for given in _items(part.given)]
                self._by_output[which, i] = [metric for _, metric in made]
                for name, metric in made:
                    self._plain.append(name)
                    prefix = f"{part.name}_" if part.name and part.many else ""
                    name = f"weighted_{name}" if which == 1 and prefix + name in taken else name
                    named.append((prefix + name, metric))
            taken.update(name for name, _ in named)
        self._named = dict(zip(unique([name for name, _ in named]), [metric for _, metric in named], strict=True))

    def _check_names(self) -> None:
        """An unknown name is an error at `compile`, not at the first batch."""
        for given in self._given:
            for item in _every(given):
                if isinstance(item, str) and item not in _ACCURACY + _CROSSENTROPY:
                    metrics_module.get(item)


class _Items:
    """The metrics of one output."""

    def __init__(self, items: list[object]):
        self.items = items


class _FlatList(list):
    """`[m1, m2]`: all of one output, or one for each of several."""


def _is_leaf(value: object, one: bool) -> bool:
    return isinstance(value, _Items) or (one and isinstance(value, _FlatList)) or _is_metric(value)


def _items(value: object) -> list[object]:
    if isinstance(value, _Items):
        return value.items
    return list(value) if isinstance(value, _FlatList) else [value]


def _is_metric(value: object) -> bool:
    return isinstance(value, (str, Metric)) or (callable(value) and not isinstance(value, (list, tuple, Mapping)))


def _by_output(given: object, what: str) -> object:
    """`given` with each output's list of metrics as one leaf."""
    if given is None or (isinstance(given, (list, tuple, Mapping)) and not given):
        return None
    if _is_metric(given):
        return _Items([given])
    if isinstance(given, Mapping):
        return {key: _by_output(value, what) for key, value in given.items()}
    if not isinstance(given, (list, tuple)):
        raise ArgumentError(
            f"`compile` needs `{what}` to be metrics, or a list or dict of them by output. Received {given!r}."
        )
    if all(_is_metric(value) for value in given):
        return _FlatList(list(given))
    return [_by_output(value, what) if not isinstance(value, (list, tuple)) else _inner(value, what) for value in given]


def _inner(given: Sequence[object], what: str) -> object:
    if any(not _is_metric(value) for value in given):
        return _by_output(given, what)
    return _Items(list(given)) if given else None


def _every(given: object) -> Iterator[object]:
    if isinstance(given, _Items):
        given = given.items
    if isinstance(given, (Mapping, list)):
        for value in given.values() if isinstance(given, Mapping) else given:
            yield from _every(value)
    elif given is not None:
        yield given


def _resolve(given: Any, y_true: Tensor, y_pred: Tensor) -> tuple[str, Metric]:
    """The name and the metric for one entry."""
    if isinstance(given, Metric):
        return given.name, given
    if given in _ACCURACY:
        return given, _choose(y_true, y_pred, "Accuracy")(name=given)
    if given in _CROSSENTROPY:
        return given, _choose(y_true, y_pred, "Crossentropy")(name=given)
    found = metrics_module.get(given)
    if isinstance(found, Metric):
        return given if isinstance(given, str) else found.name, found
    name = given if isinstance(given, str) else getattr(found, "__name__", type(found).__name__)
    return name, metrics_module.MeanMetricWrapper(found, name=name)


def _choose(y_true: Tensor, y_pred: Tensor, kind: str) -> type[Metric]:
    """The binary, sparse or categorical form of accuracy or crossentropy."""
    true, pred = tuple(y_true.shape), tuple(y_pred.shape)
    if not pred or pred[-1] == 1:
        form = "Binary"
    elif len(true) < len(pred) or (true[-1] == 1 and pred[-1] != 1):
        form = "SparseCategorical"
    else:
        form = "Categorical"
    return getattr(metrics_module, form + kind)
