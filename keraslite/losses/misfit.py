"""Telling of targets and predictions that do not fit, in terms of the loss or metric and not of an op in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from keraslite.errors import ArgumentError, MisfitError

_SPARSE = "Class indices go with `SparseCategoricalCrossentropy` and the like."
_ONE_HOT = "One-hot targets go with `CategoricalCrossentropy` and the like."
_FLAT = "Put `Flatten` or a pooling layer before the last layers, so that the output has one row for each sample."
_UNITS = "Give the last layer as many units as a target has values, or reshape the targets."


class Asked(Protocol):
    """A loss or metric, as far as messages go."""

    @property
    def takes_indices(self) -> bool | None: ...


@contextmanager
def telling(asked: Asked, y_true: object, y_pred: object, output: str | None = None) -> Iterator[None]:
    """Turn an op's error that the shapes explain into one that says what a loss or metric needs.

    Args:
        asked: the loss or metric. Its `takes_indices` says whether targets are class indices; None: unknown.
        y_true, y_pred: what it was called with.
        output: name of the output, "" if it has none. If given, only errors of an inner block are turned.
    """
    try:
        yield
    except ArgumentError as error:
        known = isinstance(error, MisfitError)
        reason = error.__cause__ if known else error
        text = _misfit(asked, y_true, y_pred, reason, output) if known or output is None else None
        if text is None:
            raise
        raise MisfitError(text) from reason


def _misfit(
    asked: Asked, y_true: object, y_pred: object, reason: BaseException | None, output: str | None
) -> str | None:
    """What `asked` needs and received; None where shapes do not explain the failure."""
    true, pred = _shape(y_true), _shape(y_pred)
    if true is None or pred is None:
        return None
    where = getattr(asked, "title", type(asked).__name__)
    same = _without_last(true, pred) == _without_last(pred, true)
    own = getattr(asked, "shapes_wanted", None)
    if own is not None:
        same, wants, advice = False, own, "Change the data, or the last layer."
    elif asked.takes_indices:
        same = _has_rows(true, pred, getattr(asked, "axis", -1))
        wants = "`y_true` with one class index for each row of `y_pred`"
        advice = _FLAT if len(pred) > 2 and len(_without_ones(true)) < 2 else _ONE_HOT
    elif asked.takes_indices is None:
        same = _broadcast(_without_last(true, pred), _without_last(pred, true))
        wants, advice = "`y_true` and `y_pred` of shapes that go together", reason
    else:
        indices = "Categorical" in where and (len(true) < len(pred) or true[-1:] == (1,))
        unit = _FLAT if len(true) == 2 < len(pred) else _UNITS
        wants, advice = "`y_true` and `y_pred` of one shape", f"{_SPARSE} {unit}" if indices else unit
    if same:
        return None
    place = f" for output {output!r}" if output else ""
    return f"`{where}` needs {wants}. Received `y_true` of shape {true} and `y_pred` of shape {pred}{place}. {advice}"


def _shape(x: object) -> tuple[int | None, ...] | None:
    shape = getattr(x, "shape", None)
    return None if shape is None else tuple(shape)


def _has_rows(indices: tuple, pred: tuple, axis: int) -> bool:
    """Whether there is one class index for each row of predictions over classes, or one for all."""
    if not -len(pred) <= axis < len(pred):
        return False
    rows = pred[: axis % len(pred)] + pred[axis % len(pred) + 1 :]
    return indices in ((), rows, (*rows, 1))


def _without_ones(shape: tuple) -> tuple:
    """The shape without the axes of size 1 at its end."""
    while shape and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _without_last(shape: tuple, other: tuple) -> tuple:
    """The shape without an axis of size 1 at its end that the other lacks, as losses drop it."""
    return shape[:-1] if len(shape) == len(other) + 1 and shape[-1] == 1 else shape


def _broadcast(first: tuple, second: tuple) -> bool:
    pairs = zip(reversed(first), reversed(second), strict=False)
    return all(a == b or 1 in (a, b) or None in (a, b) for a, b in pairs)
