"""The compiled steps of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keraslite import ops, transforms
from keraslite.backend import registry
from keraslite.training import logs as results
from keraslite.training.data import host
from keraslite.training.finite import FiniteGuard
from keraslite.training.own_code import own_code_only

__all__ = ["Program", "placer"]


def placer(compiled: bool, jit_compile: bool | str) -> Callable[[Any, bool], Any]:
    """How a batch gets to a program: `place(batch, fresh)`, see `host.as_arguments`."""
    capabilities = registry.current().capabilities
    pure = "compile" in capabilities and "native_state" not in capabilities
    if compiled and pure and jit_compile is not False:
        return host.as_arguments
    return lambda batch, fresh: host.on_device(batch)


class Program:
    """One or several train or test steps as one call of the engine.

    Args:
        step: `model.train_step` or `model.test_step`.
        compiled: whether to go through `jit`, with `jit_compile` as there.
        gradients: False for a step that only evaluates.
        guard: for training that stops at the first bad loss.

    Called with batches on the device, it returns the results of the last one, by name. They are the program's own
    tensors: later steps do not change them.
    """

    def __init__(self, step: Callable[[Any], Any], *, compiled: bool, gradients: bool, guard: FiniteGuard | None = None,
                 jit_compile: bool | str = "auto"):  # fmt: skip
        self._step = step
        self._guard = guard
        run = self._run if gradients else self._run_without_gradients
        self.place = placer(compiled, jit_compile)
        self._call = transforms.jit(run, jit_compile=jit_compile, replay=True) if compiled else run

    def __call__(self, *batches: Any) -> dict[str, Any]:
        return self._call(*batches)

    def _run(self, *batches: Any) -> dict[str, Any]:
        logs: Any = {}
        with own_code_only():
            for data in batches:
                logs = self._one(data) if self._guard is None else self._guard.run(self._one, data)
        if "in_place" in registry.current().capabilities:  # a result may be a Variable's own memory
            return {name: ops.copy(value) for name, value in logs.items()}
        return dict(logs)

    def _run_without_gradients(self, *batches: Any) -> dict[str, Any]:
        with transforms.no_gradient():
            return self._run(*batches)

    def _one(self, data: Any) -> dict[str, Any]:
        return results.flat(self._step(data))
