"""The losses `compile` was given, ready to be called on targets and predictions of any structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from keraslite import losses, ops
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError, DataError
from keraslite.losses.base import FunctionLoss, Loss, same_rank
from keraslite.losses.misfit import telling
from keraslite.metrics.reduction import Mean
from keraslite.training.matching import match

__all__ = ["CalledLoss", "CompileLoss", "LossMean", "Term", "unique"]


def _no_names() -> None:
    return None


class CalledLoss(Loss):
    """A user's function `(y_true, y_pred)` as a loss."""

    def __init__(self, function: Callable[..., Any]):
        super().__init__(name=getattr(function, "__name__", type(function).__name__))
        self.function = function
        self.title = self.name  # for errors

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        return self.function(*same_rank(y_true, y_pred))


class LossMean(Mean):
    """The mean of a loss over batches."""

    _direction = "down"


@dataclass
class Term:
    """One output's share of the loss. `label` is the name it is reported under, without "_loss"; `output` its own."""

    loss: Loss
    weight: float | None
    y_true: Any
    y_pred: Any
    sample_weight: Any
    label: str
    output: str | None = None

    def value(self) -> Tensor:
        """The loss; an error about shapes names the output."""
        with telling(self.loss, self.y_true, self.y_pred, self.output or ""):
            return self.loss(self.y_true, self.y_pred, self.sample_weight)


class CompileLoss:
    """The sum of the losses of all outputs, each with its weight.

    Args:
        loss: a name, `Loss` or function; or a list or dict of those by output.
        loss_weights: numbers in the same way; None counts as 1.
        output_names: gives those of the model, None where outputs are not named.
    """

    def __init__(
        self, loss: object, loss_weights: object = None, output_names: Callable[[], list[str] | None] = _no_names
    ):
        self._labels: dict[int, str] = {}
        self._loss = self._resolve(loss)
        self._weights = loss_weights
        self._names = output_names
        self._trackers: list[Mean] | None = None
        self._check_weights(loss_weights)

    @property
    def built(self) -> bool:
        """Whether outputs have been seen."""
        return self._trackers is not None

    @property
    def metrics(self) -> list[Mean]:
        """Means of the single outputs' losses, where there are several. Empty before the first call."""
        return self._trackers or []

    @property
    def has_sparse_labels(self) -> bool:
        """Whether any loss takes class indices."""
        return any(loss.takes_indices for loss in _leaves(self._loss))

    @property
    def takes_indices(self) -> bool | None:
        """Whether the targets of all losses are class indices; None: not known."""
        kinds = {loss.takes_indices for loss in _leaves(self._loss)}
        return kinds.pop() if len(kinds) == 1 else None

    @property
    def only(self) -> Loss | None:
        """The loss, where one was given that belongs to no output in particular."""
        return self._loss if isinstance(self._loss, Loss) else None

    def terms(self, y_true: object, y_pred: object, sample_weight: object = None) -> list[Term]:
        """The outputs that have a loss, with their targets and weights. Arguments may be specs or host arrays."""
        result: list[Term] = []
        for part in match(self._loss, self._weights, y_true, y_pred, sample_weight, self._names(), "loss", _is_leaf):
            if part.y_true is None:
                shown = f"output {part.name!r}" if part.name else "each output with a loss"
                raise DataError(
                    f"A loss needs targets for {shown}. Received None. Pass `y`, "
                    "or `validation_data=(x, y)` where that is meant, or leave out that loss."
                )
            label = part.name if part.name and part.many else self._labels[id(part.given)]
            parts = (part.weight, part.y_true, part.y_pred, part.sample_weight)
            result.append(Term(part.given, *parts, label, part.name))
        return result

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> Tensor | None:
        """The weighted sum of the losses; None where no output has one."""
        terms = self.terms(y_true, y_pred, sample_weight)
        values = [term.value() for term in terms]
        self._track(terms, values)
        weighted = [
            value if term.weight is None else value * ops.cast(float(term.weight), value.dtype)
            for term, value in zip(terms, values, strict=True)
        ]
        return sum(weighted[1:], weighted[0]) if weighted else None

    def _track(self, terms: list[Term], values: list[Tensor]) -> None:
        if self._trackers is None:
            labels = unique([term.label for term in terms])
            self._trackers = [LossMean(name=f"{label}_loss") for label in labels] if len(terms) > 1 else []
        for tracker, term, value in zip(self._trackers, terms, values, strict=False):
            tracker.update_state(ops.stop_gradient(value), sample_weight=ops.cast(_batch(term.y_pred), value.dtype))

    def _resolve(self, loss: object) -> object:
        if loss is None:
            return None
        if isinstance(loss, Mapping):
            return {key: self._resolve(value) for key, value in loss.items()}
        if isinstance(loss, (list, tuple)):
            return [self._resolve(value) for value in loss]
        found = losses.get(cast(Any, loss))
        if not isinstance(found, Loss):
            if not callable(found):
                raise ArgumentError(
                    f"`compile` needs losses that are names, `Loss` objects or functions. Received {loss!r}."
                )
            found = _loss_of(found)
        self._labels[id(found)] = loss if isinstance(loss, str) else found.name
        return found

    @staticmethod
    def _check_weights(weights: object) -> None:
        for weight in _leaves(weights):
            if isinstance(weight, bool) or not isinstance(weight, (int, float, np.number)):
                raise ArgumentError(f"`compile` needs `loss_weights` to be numbers. Received {weight!r}.")


def unique(names: list[str]) -> list[str]:
    """The names, later ones numbered where they repeat: `["mse", "mse_1"]`."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        result.append(name if count == 0 else f"{name}_{count}")
    return result


def _leaves(nest: object) -> Iterator[Any]:
    if isinstance(nest, Mapping):
        nest = list(nest.values())
    if isinstance(nest, (list, tuple)):
        for value in nest:
            yield from _leaves(value)
    elif nest is not None:
        yield nest


def _is_leaf(value: object, one: bool) -> bool:
    return isinstance(value, Loss)


def _batch(tensor: Tensor) -> Any:
    return ops.shape(tensor)[0]


def _loss_of(function: Callable[..., Any]) -> Loss:
    """The loss class for one of our functions, or the user's function as a loss."""
    for kind in FunctionLoss.__subclasses__():
        if kind.function is function:
            return kind()
    return CalledLoss(function)
