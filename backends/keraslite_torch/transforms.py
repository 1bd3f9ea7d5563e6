"""Transforms of pure functions over flat lists of `torch.Tensor`. What each does stands in `docs/engines.md`.

`backward` is the engine's own: first-order gradients through `.backward()`, so that what hooks into it
(DistributedDataParallel, FSDP) works. Everything that nests uses `torch.func`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint as rematerialize

from keraslite.backend.contract import Compiled, JitCompile, Step

from . import private
from .replay import refuse_gradients
from .tensors import dtype_names, native
from .tracing import is_batched, is_tracing, outside

Tensors = list[Any]


def no_gradient() -> AbstractContextManager[Any]:
    return torch.no_grad()


def stop_gradient(variable: torch.Tensor) -> torch.Tensor:
    return variable.detach()


def signature(x: torch.Tensor) -> Any:
    return x.shape, x.dtype, x.device


def abstract_eval(fn: Callable[[Tensors], Tensors], specs: Sequence[Any]) -> list[tuple[tuple[int, ...], str]]:
    with private.transforming("trace"), torch.no_grad():
        if private.fake_mode is None:
            outputs = fn([torch.ones_like(_empty(x)) for x in specs])
        else:
            with private.fake_mode(allow_non_fake_inputs=True):
                outputs = fn([_empty(x) for x in specs])
    return [(tuple(x.shape), dtype_names[x.dtype]) for x in outputs]


def jit(
    fn: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]], jit_compile: JitCompile = "auto"
) -> Compiled[torch.Tensor]:
    """The whole function as one graph of ATen operations, compiled by Inductor."""
    programs: list[Callable[..., tuple[Tensors, Tensors]]] = []

    def plain(*groups: Tensors) -> tuple[Tensors, Tensors]:
        with torch.no_grad():
            return fn(*([x.detach() for x in group] for group in groups))  # type: ignore[arg-type]

    def prepare(*groups: Tensors) -> None:
        try:
            programs[:] = [_by_inductor(fn, groups)]
        except Exception as error:  # whatever it is: the function can run as it is
            plain(*groups)  # or raises what is wrong with it
            private.names.warn_once("`jit_compile=True`", f"{type(error).__name__}: {error}", "Leave it out.")
            programs[:] = [plain]

    return Compiled(prepare, lambda *groups: programs[0](*groups))


def _by_inductor(fn: Callable[..., tuple[Tensors, Tensors]], groups: tuple[Tensors, ...]) -> Callable[..., Any]:
    sizes = [len(group) for group in groups]
    flat = [x.detach() for group in groups for x in group]
    counts: list[int] = []

    def flattened(*tensors: Any) -> Tensors:
        parts = iter(tensors)
        new, outputs = fn(*([next(parts) for _ in range(size)] for size in sizes))
        counts.append(len(new))
        return [*new, *outputs]

    make_fx = private.make_fx()
    with private.transforming("trace"):
        graph = make_fx(flattened, tracing_mode="fake", _allow_non_fake_inputs=True)(*flat)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Inductor's own imports
        compiled = torch.compile(graph)
        with torch.no_grad():
            compiled(*flat)

    def run(*groups: Tensors) -> tuple[Tensors, Tensors]:
        with torch.no_grad():
            results = compiled(*(x.detach() for group in groups for x in group))
        return results[: counts[-1]], results[counts[-1] :]

    return run


def backward(fn: Callable[[Tensors], tuple[Any, Tensors]], values: Tensors) -> tuple[Any, Tensors, Tensors]:
    """`value_and_grad` of leaf tensors by `.backward()`; their `.grad` is afterwards as before."""
    held = [x.grad for x in values]
    try:
        for x in values:
            x.grad = None
        with torch.enable_grad():
            loss, aux = fn(values)
            if loss.requires_grad and values:
                loss.backward(inputs=values)
        gradients = [torch.zeros_like(x) if x.grad is None else x.grad for x in values]
    finally:
        for x, gradient in zip(values, held, strict=True):
            x.grad = gradient
    return loss.detach(), [x.detach() for x in aux], gradients


def value_and_grad(fn: Callable[[Tensors], tuple[Any, Tensors]], values: Tensors) -> tuple[Any, Tensors, Tensors]:
    with private.transforming("gradient"), torch.enable_grad():
        gradients, (loss, aux) = torch.func.grad_and_value(fn, has_aux=True)(values)
    return loss, aux, gradients


def vjp(fn: Callable[[Tensors], tuple[Tensors, Tensors]], values: Tensors) -> tuple[Tensors, Tensors, Any]:
    with private.transforming("gradient"), torch.enable_grad():
        outputs, pull, aux = torch.func.vjp(fn, values, has_aux=True)  # type: ignore[misc]  # with `has_aux` three
    return outputs, aux, lambda cotangents: pull(cotangents)[0]


@cache
def _load_rules() -> None:
    """PyTorch loads rules of forward mode when it is first used, with warnings about itself that nobody can act on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.func.jvp(torch.neg, (torch.zeros(()),), (torch.zeros(()),))


def jvp(fn: Any, values: Tensors, tangents: Tensors) -> tuple[Tensors, Tensors, Tensors]:
    outside(_load_rules)
    with private.transforming("tangent"):
        outputs, moved, aux = torch.func.jvp(fn, (values,), (tangents,), has_aux=True)  # type: ignore[misc]
    return outputs, aux, moved


def vmap(fn: Callable[[Tensors], Tensors], values: Tensors, axes: list[int]) -> Tensors:
    with private.transforming("vmap"):
        return torch.func.vmap(fn, in_dims=(axes,), randomness="different")(values)


def scan(step: Any, carry: Tensors, xs: Tensors, length: int, reverse: bool, unroll: int, outputs: Any):
    ys: list[Tensors] = [[]] * length
    for i in reversed(range(length)) if reverse else range(length):
        carry, ys[i] = step(carry, [x[i] for x in xs])
    if not length:
        return carry, [torch.zeros((0, *shape), dtype=native[dtype]) for shape, dtype in outputs]
    return carry, [torch.stack(column) for column in zip(*ys, strict=True)]


def cond(pred: Any, true_fn: Callable[[], Tensors], false_fn: Callable[[], Tensors]) -> Tensors:
    """Both branches, and a choice: for a `pred` that differs from sample to sample."""
    return [torch.where(pred, x, y) for x, y in zip(true_fn(), false_fn(), strict=True)]


def switch(index: Any, branches: Sequence[Callable[[], Tensors]]) -> Tensors:
    results = [branch() for branch in branches]
    chosen = results[-1]
    for i in reversed(range(len(branches) - 1)):
        chosen = [torch.where(index <= i, x, y) for x, y in zip(results[i], chosen, strict=True)]
    return chosen


def while_loop(cond: Callable[[Tensors], Any], body: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    while cond(values):
        values = body(values)
    return values


def checkpoint(fn: Callable[[Tensors], Tensors], values: Tensors) -> Tensors:
    if is_tracing():  # torch.func has no saved-tensor hooks
        return fn(values)
    refuse_gradients("results are computed again for gradients")
    return rematerialize(fn, values, use_reentrant=False, preserve_rng_state=False)


def custom_gradient(fn: Callable[[Tensors], Any], pull: Any, values: Tensors) -> Tensors:
    class Custom(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(*values: Any) -> Any:
            # PyTorch refuses an input that is returned itself.
            return tuple(x.view_as(x) if any(x is v for v in values) else x for x in fn(list(values))[0])

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> Any:
            with torch.enable_grad():
                residuals = fn([x.detach() for x in ctx.saved_tensors])[1]
            return tuple(pull(residuals, list(cotangents)))

    refuse_gradients("a gradient is custom")
    return list(Custom.apply(*values))


def _empty(spec: Any) -> torch.Tensor:
    if isinstance(spec, tuple):
        return torch.empty(spec[0], dtype=native[spec[1]])
    return torch.empty(spec.shape, dtype=spec.dtype, device=spec.device)
