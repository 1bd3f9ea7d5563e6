"""Steps in Keras's JAX form: `train_step(self, state, data)` takes and returns the values of all variables.

`state` is `(trainable, non-trainable, optimizer's, metrics')` values, each a list; without the optimizer's in
`test_step`, and the first two alone in `predict_step`. The step returns its results and the state after it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from keraslite.backend import registry, scopes
from keraslite.errors import ArgumentError
from keraslite.training.data.pack import unpack_x_y_sample_weight

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer
    from keraslite.variable import Variable

__all__ = ["StateForm", "step_of"]

_GROUPS = {
    "train": ("trainable", "non_trainable", "optimizer", "metrics"),
    "test": ("trainable", "non_trainable", "metrics"),
    "predict": ("trainable", "non_trainable"),
}


def step_of(model: Trainer, kind: str) -> Callable[[Any], Any]:
    """`model.train_step`, `test_step` or `predict_step` as a function of a batch, whichever form it has."""
    step = getattr(model, f"{kind}_step")
    parameters = list(inspect.signature(step).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p.name for p in positional if p.default is p.empty]
    if len(required) > 2:
        raise ArgumentError(
            f"`{type(model).__name__}.{kind}_step` needs one argument, `data`, or the two of Keras's JAX form, `state` "
            f"and `data`. Received {', '.join(required)}. Keep anything else as attributes of the model."
        )
    if len(required) == 2:
        return StateForm(model, kind, step)
    if not positional and any(p.kind is p.VAR_POSITIONAL for p in parameters) and _is_pure():
        return StateForm(model, kind, step)  # `*args` are the state and the data on such engines in Keras
    return step


def _is_pure() -> bool:
    """Whether the active engine's programs keep no state, so that Keras hands it to steps."""
    capabilities = registry.current().capabilities
    return "compile" in capabilities and "native_state" not in capabilities


class StateForm:
    """A step in the form with a state, as a function of a batch that assigns the model's variables.

    Args:
        kind: "train", "test" or "predict".
    """

    def __init__(self, model: Trainer, kind: str, step: Callable[..., object]):
        self.__self__ = model  # as of a bound method
        self._kind, self._step = kind, step

    def __call__(self, data: object) -> object:
        """What the step returns beside the state."""
        model = self.__self__
        self._make_variables(model, data)
        groups = [self._variables(model, name) for name in _GROUPS[self._kind]]
        returned = self._step(tuple([v.value for v in group] for group in groups), data)
        if not isinstance(returned, tuple):  # `*args` without a state
            return returned
        results, new = self._checked(returned, groups)
        for group, values in zip(groups, new, strict=True):
            for variable, value in zip(group, values, strict=True):
                variable.assign(value)
        return results

    @staticmethod
    def _variables(model: Trainer, group: str) -> Sequence[Variable]:
        if group == "optimizer":
            return model.optimizer.variables if model.optimizer is not None else []
        return getattr(model, f"{group}_variables")

    def _checked(self, returned: tuple[object, ...], groups: list[Sequence[Variable]]) -> tuple[object, Sequence[Any]]:
        sizes = [len(group) for group in groups]
        new = returned[1] if len(returned) == 2 else None
        if isinstance(new, (list, tuple)) and [_length(values) for values in new] == sizes:
            return returned[0], new
        names = ", ".join(f"{name}_variables" for name in _GROUPS[self._kind])
        raise ArgumentError(
            f"`{type(self.__self__).__name__}.{self._kind}_step(self, state, data)` needs to return its results and "
            f"the state `({names})` with {', '.join(map(str, sizes))} values. Received {_shown(returned)}. Return "
            "every list of the state, changed or not."
        )

    @staticmethod
    def _make_variables(model: Trainer, data: object) -> None:
        """Variables that come into being with the first batch have to be there for the state."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        loss, metrics = model._training.loss, model._training.metrics
        missing = (metrics is not None and not metrics.built) or (loss is not None and not loss.built)
        if model.built and not (missing and y is not None):
            return
        with scopes.Scope(what="a step with a state"):  # what is assigned here goes nowhere
            y_pred = model._outputs_of(x, training=False)
            if y is not None and loss is not None:
                loss(y, y_pred, sample_weight)
            if y is not None and metrics is not None:
                metrics.update_state(y, y_pred, sample_weight)
        optimizer = model.optimizer
        if optimizer is not None and not optimizer.built and model.trainable_variables:
            optimizer.build(model.trainable_variables)


def _length(values: object) -> int | None:
    return len(values) if isinstance(values, (list, tuple)) else None


def _shown(returned: tuple[object, ...]) -> str:
    def size(x: object) -> str:
        return f"{len(x)} values" if isinstance(x, (list, tuple)) else type(x).__name__

    if len(returned) == 2 and isinstance(returned[1], (list, tuple)):
        return f"a state of {', '.join(map(size, returned[1])) or 'nothing'}"
    return f"a tuple of {', '.join(map(size, returned))}"
