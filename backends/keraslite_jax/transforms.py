"""Transforms of pure functions over flat lists of `jax.Array`. What each does stands in `docs/engines.md`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
from jax import lax

from keraslite.backend.contract import Compiled, JitCompile, Step

from . import private
from .tensors import dtype_names, native

Tensors = list[Any]


def is_tracing() -> bool:
    """Whether anything is traced here, so that values may be unknown to Python."""
    return not private.trace_state_clean()


def no_gradient() -> AbstractContextManager[None]:
    return nullcontext()


def stop_gradient(variable: jax.Array) -> jax.Array:
    return lax.stop_gradient(variable)


def signature(x: Any) -> Any:
    """What a compiled program depends on in an argument: shape, dtype, whether the dtype is weak. Interned by JAX."""
    return x.aval


def abstract_eval(fn: Callable[[Tensors], Tensors], specs: Sequence[Any]) -> list[tuple[tuple[int, ...], str]]:
    arguments = [
        jax.ShapeDtypeStruct(x[0], native(x[1])) if isinstance(x, tuple) else jax.ShapeDtypeStruct(x.shape, x.dtype)
        for x in specs
    ]
    return [(tuple(x.shape), dtype_names[x.dtype]) for x in jax.eval_shape(fn, arguments)]


def jit(
    fn: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]], jit_compile: JitCompile = "auto"
) -> Compiled[jax.Array]:
    def strong(donated: Tensors, read: Tensors, arguments: Tensors) -> tuple[Tensors, Tensors]:
        new, outputs = fn(donated, read, arguments)
        return [_strong(x) for x in new], outputs  # a weak dtype in a Variable would compile the next call again

    run = jax.jit(strong, donate_argnums=0)
    return Compiled(lambda *arguments: run.lower(*arguments).compile(), run)


def value_and_grad(fn: Callable[[Tensors], tuple[Any, Tensors]], values: Tensors) -> tuple[Any, Tensors, Tensors]:
    (loss, aux), gradients = jax.value_and_grad(_noted(fn), has_aux=True)(values)
    return loss, aux, gradients


def vjp(fn: Callable[[Tensors], tuple[Tensors, Tensors]], values: Tensors) -> tuple[Tensors, Tensors, Any]:
    outputs, pull, aux = jax.vjp(_noted(fn), values, has_aux=True)
    return outputs, aux, lambda cotangents: pull(cotangents)[0]


def jvp(fn: Any, values: Tensors, tangents: Tensors) -> tuple[Tensors, Tensors, Tensors]:
    outputs, moved, aux = jax.jvp(_noted(fn), (values,), (tangents,), has_aux=True)
    return outputs, aux, moved


def vmap(fn: Callable[[Tensors], Tensors], values: Tensors, axes: list[int]) -> Tensors:
    return jax.vmap(_noted(fn), in_axes=(axes,))(values)


def scan(step: Any, carry: Tensors, xs: Tensors, length: int, reverse: bool, unroll: int, outputs: Any):
    def body(carry: Tensors, x: Tensors) -> tuple[Tensors, Tensors]:
        carry, y = step(carry, x)
        return [_strong(x) for x in carry], y

    return lax.scan(body, [_strong(x) for x in carry], xs, length=length, reverse=reverse, unroll=unroll)


def cond(pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]) -> Tensors:
    return lax.cond(pred, _strongly(true_fn), _strongly(false_fn))


def switch(index: Any, branches: Sequence[Callable[[], Tensors]]) -> Tensors:
    return lax.switch(index, [_strongly(branch) for branch in branches])


def while_loop(cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    return lax.while_loop(cond, lambda values: [_strong(x) for x in body(values)], [_strong(x) for x in values])


def checkpoint(fn: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    return jax.checkpoint(fn)(values)


def custom_gradient(fn: Callable[[Tensors], tuple[Tensors, Tensors]], pull: Any, values: Tensors) -> Tensors:
    @jax.custom_vjp
    def run(values: Tensors) -> Tensors:
        return fn(values)[0]

    run.defvjp(fn, lambda residuals, cotangents: (pull(residuals, cotangents),))
    return run(values)


def _noted(fn: Callable[[Tensors], Any]) -> Callable[[Tensors], Any]:
    """The function, which says while it runs that it is transformed."""

    def run(values: Tensors) -> Any:
        token = private.transforming.set(True)
        try:
            return fn(values)
        finally:
            private.transforming.reset(token)

    return run


def _strong(x: Any) -> Any:
    return lax.convert_element_type(x, x.dtype) if getattr(x, "weak_type", False) else x


def _strongly(branch: Callable[[], Tensors]) -> Callable[[], Tensors]:
    return lambda: [_strong(x) for x in branch()]
