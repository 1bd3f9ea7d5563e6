"""Base of callbacks that save the state of the training and go on from it."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypedDict, cast

import numpy as np

from keraslite import ops
from keraslite.callbacks.background import Background
from keraslite.callbacks.base import Callback
from keraslite.callbacks.resumable import Resumable, Training
from keraslite.callbacks.state_file import Draft, OnDevice, StateFolder
from keraslite.errors import FileError, StateError, WeightsMismatchError
from keraslite.random import host
from keraslite.variable import Variable

__all__ = ["StateSaver"]


class _RandomState(TypedDict):
    host: list[int]
    python: tuple[int, list[int], float | None]
    numpy: tuple[str, np.ndarray, int, int, float]


class _State(TypedDict):
    """What is in a file, as far as it is read here."""

    position: dict[str, object]
    own: dict[str, object]
    variables: list[np.ndarray]
    metrics: list[np.ndarray]
    random: _RandomState
    callbacks: list[tuple[str, dict[str, object]]]


class StateSaver(Resumable):
    """Saves the state of the training in files of a folder, and takes it back.

    A subclass calls `_open_states` when training begins, `_save_state` at the moments of its choice, and
    `_take_newest` if training is to go on from a file. SIGTERM is one more moment.
    """

    _states: StateFolder

    def __init__(self) -> None:
        super().__init__()
        self._background = Background(False)
        self._saved: tuple[int, int] | None = None  # the position of the last state

    def _open_states(self) -> None:
        self._saved = None
        self._states.open()

    def on_asked_to_end(self, epoch: int, step: int) -> None:
        if self.saves_at_end and self._saved != (epoch, step):
            self._save_state(epoch, step)
        self._background.wait()

    @contextmanager
    def during_fit(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            try:
                self._background.wait()
            except FileError as error:  # beside an error that matters more
                warnings.warn(str(error), stacklevel=2)
            raise
        self._background.wait()

    # ---- what ---------------------------------------------------------------------------------------------------

    def _save_state(self, epoch: int, step: int, name: str | None = None) -> None:
        """Save the state as it is now. The file may be written later."""
        self._saved = epoch, step
        self._background.wait()  # before there is another copy of everything
        draft = Draft(
            {
                "position": self._running().position(epoch, step),
                "own": self.get_state(),
                "variables": self._values(self._variables()),
                "metrics": self._values(self.model.metrics_variables) if step else [],
                "random": {"host": host.place(), "python": random.getstate(), "numpy": np.random.get_state()},
                "callbacks": [[type(one).__name__, one.get_state()] for one in self._remembering()],
            }
        )
        self._background.run(partial(self._states.save, draft, name))

    def _take_newest(self) -> None:
        """Go on from the newest state that is whole, if there is one."""
        found = self._states.load()
        if not isinstance(found, dict):
            return
        state = cast(_State, found)
        if len(state["metrics"]) > len(self.model.metrics_variables):
            self._running().build_metrics()
        variables = self._variables()
        if [list(variable.shape) for variable in variables] != [list(value.shape) for value in state["variables"]]:
            raise WeightsMismatchError(
                f"`{type(self).__name__}` needs {str(self._states.folder)!r} to hold a state of this model and its "
                f"optimizer. Received {len(state['variables'])} values for {len(variables)} variables, or other "
                "shapes. Delete the folder, or use another one."
            )
        for variable, value in zip(variables, state["variables"], strict=True):
            variable.assign(value)
        for one, (name, kept) in zip(self._remembering(), state["callbacks"], strict=False):
            if type(one).__name__ == name:
                one.set_state(kept)
        self.set_state(state["own"])
        host.go_to(state["random"]["host"])
        version, numbers, gauss = state["random"]["python"]
        random.setstate((version, tuple(numbers), gauss))
        name, keys, at, has_gauss, normal = state["random"]["numpy"]
        np.random.set_state((name, keys, at, has_gauss, normal))
        self._running().resume({**state["position"], "metrics": state["metrics"]})

    def _running(self) -> Training:
        if self.training is None:
            raise StateError(
                f"`{type(self).__name__}` needs `fit` to save the state of the training. Received its events from a "
                "training loop of another kind."
            )
        return self.training

    def _variables(self) -> list[Variable]:
        """Everything that a step changes, random generators too; the optimizer's state is there by now."""
        optimizer = self.model.optimizer
        if optimizer is not None and not optimizer.built:
            optimizer.build(self.model.trainable_variables)
        return [*self.model._listed(seeds=True), *(optimizer.variables if optimizer is not None else ())]

    def _values(self, variables: list[Variable]) -> list[np.ndarray | OnDevice]:
        """The values: on the host, or copies on the device that a thread brings to the host later."""
        if not self._background.on:
            return [np.asarray(variable.numpy()) for variable in variables]
        return [OnDevice(ops.copy(each.value), each.engine, each.dtype, each.shape) for each in variables]

    def _remembering(self) -> list[Callback]:
        return [one for one in self.others if one is not self and hasattr(one, "get_state")]
