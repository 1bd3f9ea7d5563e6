"""The compiled steps of a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import numpy as np

from keraslite import config, ops, transforms, tree
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.backend.device import requested_mesh
from keraslite.backend.trials import SWITCHED_OFF, Verdict
from keraslite.training import logs as results
from keraslite.training.data import conversion
from keraslite.training.own_code import own_code_only
from keraslite.training.pace import Pace
from keraslite.training.stopping import StopGuard
from keraslite.transforms.recompilations import Recompilations

__all__ = ["StepProgram", "jitted", "placer"]


_SIZES_OF_BATCHES = 8  # that are normal: those of `fit` and `evaluate`, and the last batch of each data set


def placer(compiled: bool, jit_compile: bool | str) -> Callable[[object, bool], object]:
    """How a batch gets to a program: `place(batch, fresh)`, see `conversion.as_arguments`."""
    if requested_mesh() is not None:  # each device gets its part
        return conversion.on_device
    capabilities = registry.current().capabilities
    pure = "compile" in capabilities and "native_state" not in capabilities
    if compiled and pure and jit_compile is not False:
        return conversion.as_arguments
    return conversion.on_device


def jitted(
    run: Callable[..., object],
    jit_compile: bool | str,
    name: str,
    parts: Iterable[Callable[..., object]],
    replay: bool = False,
) -> transforms.Jitted:
    """`transforms.jit` of the function that runs a model's step.

    Args:
        name: used in a `RecompilationWarning`.
        parts: functions that it calls; if they are methods, they may read their objects.
    """
    watch = Recompilations(name, "`run_eagerly=True` in `compile`", batches=_SIZES_OF_BATCHES)
    roots = tuple(getattr(part, "__self__", None) for part in parts)
    return transforms.Jitted(run, jit_compile, donate=True, replay=replay, watch=watch, roots=roots)


class StepProgram:
    """One or several train or test steps as one call of the engine.

    Args:
        step: `model.train_step` or `model.test_step`.
        plain: why the step runs as plain Python. Default: "", it goes through `jit`, with `jit_compile` as there.
        gradients: False for a step that only evaluates.
        guard: evaluates callbacks' `stop_on_device` in each step.
        draws: whether the step draws random numbers.
        name: what warnings call it.

    Called with batches on the device, it returns the results of the last one, by name. They are the program's own
    tensors: later steps do not change them.
    """

    def __init__(
        self,
        step: Callable[[Any], object],
        *,
        plain: str = "",
        gradients: bool,
        guard: StopGuard | None = None,
        jit_compile: bool | str = "auto",
        draws: bool = False,
        name: str = "the step",
    ):
        self._step, self._name, self._plain = step, name, plain
        self._guard = guard
        compiled = not plain
        run = self._run if gradients else self._run_without_gradients
        self._place = placer(compiled, jit_compile)
        parts = (step, *(guard.conditions if guard is not None else ()))
        self._call = jitted(run, jit_compile, name, parts, replay=True) if compiled else run
        self.rehearse: Callable[[Callable[[], object]], None] | None = None  # see `Rehearsal`
        self.pace: Pace | None = None
        self._unlooped = _unlooped(plain, jit_compile, guard)
        self._meant_for_a_loop = False  # some batches, which stayed on the host
        if not self._unlooped:
            self._prepare_loop(gradients, draws)

    def _prepare_loop(self, gradients: bool, draws: bool) -> None:
        engine = registry.current()
        jit_compile = engine.loop_compile
        if jit_compile is None:
            self._unlooped = f"{engine.name} gains nothing by loops"
        elif draws and jit_compile is True and not config.portable_random():
            self._unlooped = "the model has a random layer, and XLA would draw other numbers"
        elif "step_loops" not in config.fast_paths():
            self._unlooped = SWITCHED_OFF
        else:
            self.pace = Pace(lambda logs: engine.synchronize(*cast("Iterable[Tensor]", logs.values())))
            looped = self._run_looped if gradients else self._run_looped_without_gradients
            self._lengths: set[int] = set()  # of loops: each is compiled for itself
            self._loop = jitted(looped, jit_compile, f"the loop over {self._name}", (self._step,))

    def verdicts(self) -> list[Verdict]:
        """What was decided about the step: see `config.explain_fast_paths`."""
        if not isinstance(self._call, transforms.Jitted):
            return [Verdict(self._name, "compiled", False, self._plain)]
        found = self._call.verdicts(self._name)
        if self.pace is None:
            return [*found, Verdict(self._name, "step_loops", False, self._unlooped)]
        taken = (self.pace.group > 1) if self.pace.decided else None
        return [*found, Verdict(self._name, "step_loops", taken, self.pace.reason)]

    def place(self, batch: object, fresh: bool) -> object:
        """A batch as the program takes it; it stays on the host until a loop has enough of them."""
        if self.pace is not None and self.pace.group > 1:
            self._meant_for_a_loop = self._place is not conversion.as_arguments
            return conversion.as_arguments(batch, fresh)
        return self._place(batch, fresh)

    def __call__(self, *batches: object) -> dict[str, object]:
        if self._meant_for_a_loop:
            batches = tuple(self._place(batch, True) for batch in batches)
        if self.rehearse is not None and isinstance(self._call, transforms.Jitted):
            while self._call.waits(*batches):
                self.rehearse(lambda: self._call(*batches))
        return self._call(*batches)

    def run_silently(self, calls: list[list[object]]) -> int:
        """Run calls back to back whose results nobody reads.

        Returns how many calls ran, counted from the first: 0 while the program is being made, and fewer than given if
        batches differ.
        """
        if not isinstance(self._call, transforms.Jitted):
            return 0
        return self._call.run_silently([tuple(batches) for batches in calls])

    def many(self, batches: list[object]) -> dict[str, object]:
        """The steps of batches of one size in one loop of the engine; where it can't compile that, one by one."""
        pace = self.pace
        if pace is not None and self._loopable(batches, pace):
            try:
                return self._loop(_stacked(batches))
            except registry.current().loop_errors:
                pace.give_up("the engine cannot compile a loop over it")
        elif pace is not None:
            pace.skip()
        return [self(batch) for batch in batches][-1]

    def _loopable(self, batches: list[object], pace: Pace) -> bool:
        """Whether there is a loop for so many: `pace.group`, or, once those stay, the rest of an epoch."""
        if not _alike(batches):
            return False
        self._lengths = self._lengths or {pace.group}
        if pace.decided and len(self._lengths) == 1:
            self._lengths.add(len(batches))
        return len(batches) in self._lengths

    def _run_looped(self, batches: object) -> dict[str, Tensor]:
        _, logs = transforms.scan(lambda carry, batch: (None, dict(self._one(batch))), None, batches)
        return {name: values[-1] for name, values in logs.items()}

    def _run_looped_without_gradients(self, batches: object) -> dict[str, Tensor]:
        with transforms.no_gradient():
            return self._run_looped(batches)

    def _run(self, *batches: object) -> dict[str, object]:
        logs: Mapping[str, Any] = {}
        with own_code_only():
            if len(batches) > 1 and self._place is conversion.as_arguments and _alike(list(batches)):
                logs = self._traced_once(batches)
            else:
                for data in batches:
                    logs = self._guarded(data)
        if "in_place" in registry.current().capabilities:  # a result may be a Variable's own memory
            return {name: ops.copy(value) for name, value in logs.items()}
        return dict(logs)

    def _traced_once(self, batches: tuple[object, ...]) -> dict[str, Tensor]:
        """Run all steps within one compiled program. Python runs the step only once."""

        def step(carry: None, batch: object) -> tuple[None, dict[str, Tensor]]:
            return None, {name: ops.convert_to_tensor(value) for name, value in self._guarded(batch).items()}

        _, logs = transforms.scan(step, None, _stacked(list(batches)), unroll=len(batches))
        return {name: values[-1] for name, values in logs.items()}

    def _guarded(self, data: object) -> Mapping[str, Any]:
        return self._one(data) if self._guard is None else self._guard.run(self._one, data)

    def _run_without_gradients(self, *batches: object) -> dict[str, object]:
        with transforms.no_gradient():
            return self._run(*batches)

    def _one(self, data: object) -> dict[str, object]:
        return results.flat(self._step(data))


def _unlooped(plain: str, jit_compile: bool | str, guard: StopGuard | None) -> str:
    """Why steps are never looped, whatever the engine."""
    if plain:
        return plain
    if requested_mesh() is not None:
        return "the model is spread over several devices"
    if jit_compile != "auto":
        return f"jit_compile={jit_compile}"
    return "a callback has a `stop_on_device`" if guard is not None else ""


def _alike(batches: list[object]) -> bool:
    """Whether all have the same structure, shapes and dtypes."""
    described = [[(type(x), tuple(x.shape), x.dtype) for x in tree.leaves(batch) if x is not None] for batch in batches]
    return len(batches) > 1 and all(each == described[0] for each in described)


def _stacked(batches: list[object]) -> Any:
    def stack(*rows: Any) -> Any:
        if rows[0] is None:
            return None
        return np.stack(rows) if isinstance(rows[0], np.ndarray) else ops.stack(list(rows))

    return tree.map(stack, *batches)
