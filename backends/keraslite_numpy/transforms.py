"""Transforms of pure functions over flat lists of NumPy arrays: plain loops, and no gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from keraslite.backend.contract import Compiled, JitCompile
from keraslite.errors import MissingCapabilityError

from .tensors import dtype_name, native

Tensors = list[Any]


def is_tracing() -> bool:
    return False


def no_gradient() -> AbstractContextManager[Any]:
    return np.errstate(all="ignore")  # there are no gradients anyway; updates with NaN are as silent as elsewhere


def stop_gradient(variable: np.ndarray) -> np.ndarray:
    return variable


def signature(x: np.ndarray) -> Any:
    return x.shape, x.dtype


def abstract_eval(fn: Callable[[Tensors], Tensors], specs: Sequence[Any]) -> list[tuple[tuple[int, ...], str]]:
    """NumPy can only compute: on ones, which make the fewest warnings."""
    arguments = [np.ones(x[0], native[x[1]]) if isinstance(x, tuple) else np.ones(np.shape(x), x.dtype) for x in specs]
    with np.errstate(all="ignore"):
        return [(np.shape(x), dtype_name(x)) for x in fn(arguments)]


def jit(fn: Any, jit_compile: JitCompile = "auto") -> Compiled[np.ndarray]:
    return Compiled(lambda *arguments: None, fn)


def vmap(fn: Callable[[Tensors], Tensors], values: Tensors, axes: list[int]) -> Tensors:
    rows = zip(*(np.moveaxis(x, axis, 0) for x, axis in zip(values, axes, strict=True)), strict=True)
    return [np.stack(column) for column in zip(*(fn(list(row)) for row in rows), strict=True)]


def scan(step: Any, carry: Tensors, xs: Tensors, length: int, reverse: bool, unroll: int, outputs: Any):
    ys: list[Tensors] = [[]] * length
    for i in reversed(range(length)) if reverse else range(length):
        carry, ys[i] = step(carry, [x[i] for x in xs])
    if not length:
        return carry, [np.zeros((0, *shape), native[dtype]) for shape, dtype in outputs]
    return carry, [np.stack(column) for column in zip(*ys, strict=True)]


def cond(pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]) -> Tensors:
    return true_fn() if pred else false_fn()


def switch(index: Any, branches: Sequence[Callable[[], Tensors]]) -> Tensors:
    return branches[int(np.clip(index, 0, len(branches) - 1))]()


def while_loop(cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    while cond(values):
        values = body(values)
    return values


def checkpoint(fn: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    return fn(values)


def custom_gradient(fn: Any, pull: Any, values: Tensors) -> Tensors:
    return fn(values)[0]


def _absent(*args: Any, **kwargs: Any) -> Any:
    raise MissingCapabilityError("The NumPy engine has no gradients. Use jax, torch or tensorflow.")


value_and_grad = vjp = jvp = _absent
