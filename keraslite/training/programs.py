"""The part of `Trainer` that makes programs of steps, and the place that they run at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, TypedDict, TypeVar, cast

from keraslite.backend import registry
from keraslite.backend.device import device, on_mesh, requested_device, requested_mesh
from keraslite.backend.placement import Layout, Mesh
from keraslite.backend.trials import Verdict
from keraslite.training.data.encoded import Encode
from keraslite.training.data.fetcher import synchronously
from keraslite.training.prediction import Predictor
from keraslite.training.program import StepProgram
from keraslite.training.state_form import step_of
from keraslite.training.steps import Steps
from keraslite.training.stopping import StopGuard
from keraslite.training.verdicts import verdicts
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.training.trainer import Trainer

__all__ = ["Programs"]

_Program = TypeVar("_Program", StepProgram, Predictor)

_making = threading.RLock()


class _How(TypedDict):
    """What all programs of a model are made with."""

    plain: str
    jit_compile: bool | str
    name: str


class Programs(Steps):
    """The steps of a model as programs of its engine, made when they are needed."""

    @contextmanager
    def _active(self) -> Iterator[None]:
        """The model's engine and device are the active ones: batches go to where the weights are."""
        variables = self._listed(seeds=True)
        engine = variables[0].engine if variables else registry.current()
        with registry.use_backend(engine.name), synchronously():
            place = nullcontext()
            mesh = _mesh_of(variables) if "sharding" in engine.capabilities else None
            if mesh is not None:
                place = on_mesh(mesh)
                others = self.optimizer.variables if self.optimizer else []
                for variable in (*variables, *self.metrics_variables, *others):
                    variable.join_mesh(mesh)
            elif variables and requested_device() is None:
                name = engine.device_of(variables[0].storage)
                place = device(name) if name is not None and name != engine.default_device() else place
            with place:
                yield

    def _encoder(self) -> Encode | None:
        """What the model does with its inputs on the host, before a batch is sent; None for nothing."""
        return None

    def _holds_more(self) -> bool:
        return True

    def _verdicts(self) -> list[Verdict]:
        """What `config.explain_fast_paths` prints."""
        return verdicts(self._training)

    def _train_program(self, guard: StopGuard | None = None, force: bool = False) -> StepProgram:
        """The compiled train step, made anew when other variables are to be trained."""
        key = tuple(id(v) for v in self.trainable_variables), guard

        def make() -> StepProgram:
            return StepProgram(
                step_of(cast("Trainer", self), "train"),
                gradients=True,
                guard=guard,
                draws=self._draws(),
                **self._how("training"),
            )

        return self._program("train", StepProgram, make, key, force)

    def _test_program(self, force: bool = False) -> StepProgram:
        def make() -> StepProgram:
            return StepProgram(
                step_of(cast("Trainer", self), "test"), gradients=False, draws=self._draws(), **self._how("evaluation")
            )

        return self._program("test", StepProgram, make, None, force)

    def _predict_program(self, force: bool = False) -> Predictor:
        def make() -> Predictor:
            return Predictor(step_of(cast("Trainer", self), "predict"), **self._how("prediction"))

        return self._program("predict", Predictor, make, None, force)

    def _program(
        self, kind: str, cls: type[_Program], make: Callable[[], _Program], key: object, force: bool
    ) -> _Program:
        """The program of that kind, made anew after `compile` and if `key` is another one."""
        programs = self._training.programs
        with _making:
            known_key, program = programs.get(kind, (None, None))
            if not isinstance(program, cls) or known_key != key or force:
                program = make()
                programs[kind] = key, program
        return program

    def _how(self, what: str) -> _How:
        setup = self._training
        name = f"the {what} step of model {self.name!r}"
        return {"plain": self._in_python(), "jit_compile": setup.jit_compile, "name": name}

    def _in_python(self) -> str:
        """Why steps run as plain Python; "" if they are compiled."""
        return "run_eagerly=True" if self._training.run_eagerly else ""

    def _draws(self) -> bool:
        """Whether there are random generators in the model."""
        return len(self.variables) > len(self.weights)

    def make_train_function(self, force: bool = False) -> StepProgram:
        """Return the compiled train step, a function of batches on the device that returns results by name.

        Args:
            force: whether to make it anew.
        """
        self.train_function = self._train_program(force=force)
        return self.train_function

    def make_test_function(self, force: bool = False) -> StepProgram:
        """Return the compiled test step, a function of batches on the device that returns results by name.

        Args:
            force: whether to make it anew.
        """
        self.test_function = self._test_program(force)
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Predictor:
        """Return the compiled predict step, a function of a batch on the device that returns outputs.

        Args:
            force: whether to make it anew.
        """
        self.predict_function = self._predict_program(force)
        return self.predict_function


def _mesh_of(variables: Sequence[Variable]) -> Mesh | None:
    """The mesh that some of the Variables are spread over, or that of the block around; None for one device."""
    for variable in variables:
        if isinstance(variable.placement, Layout):
            return variable.placement.mesh
    return requested_mesh()
