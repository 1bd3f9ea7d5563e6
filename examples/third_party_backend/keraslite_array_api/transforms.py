"""Transforms of pure functions over flat lists of tensors: plain loops, and no gradients."""

from __future__ import annotations

from contextlib import nullcontext

import array_api_strict as xp

from keraslite.backend.contract import Compiled
from keraslite.errors import MissingCapabilityError

from .tensors import dtype_name, native_dtype


def is_tracing():
    return False


def no_gradient():
    return nullcontext()


def stop_gradient(variable):
    return variable


def signature(x):
    """What a compiled program would depend on."""
    return x.shape, x.dtype


def abstract_eval(fn, specs):
    """The standard can only compute: on ones."""
    shapes = [x if isinstance(x, tuple) else (x.shape, dtype_name(x)) for x in specs]
    outputs = fn([xp.ones(shape, dtype=native_dtype(dtype)) for shape, dtype in shapes])
    return [(x.shape, dtype_name(x)) for x in outputs]


def jit(fn, jit_compile):
    return Compiled(lambda *arguments: None, fn)


def vmap(fn, values, axes):
    rows = zip(*(xp.unstack(x, axis=axis) for x, axis in zip(values, axes, strict=True)), strict=True)
    return [xp.stack(column) for column in zip(*(fn(list(row)) for row in rows), strict=True)]


def scan(step, carry, xs, length, reverse, unroll, outputs):
    if not length:
        return carry, [xp.zeros((0, *shape), dtype=native_dtype(dtype)) for shape, dtype in outputs]
    ys = [[]] * length
    for i in reversed(range(length)) if reverse else range(length):
        carry, ys[i] = step(carry, [x[i, ...] for x in xs])
    return carry, [xp.stack(column) for column in zip(*ys, strict=True)]


def cond(pred, true_fn, false_fn):
    return true_fn() if pred else false_fn()


def switch(index, branches):
    return branches[min(max(int(index), 0), len(branches) - 1)]()


def while_loop(cond, body, values):
    while cond(values):
        values = body(values)
    return values


def checkpoint(fn, values):
    return fn(values)


def custom_gradient(fn, pull, values):
    return fn(values)[0]


def _absent(*args, **kwargs):
    raise MissingCapabilityError("Engine 'array_api' has no gradients. Use jax, torch or tensorflow.")


value_and_grad = vjp = jvp = _absent
