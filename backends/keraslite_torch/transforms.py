"""Transforms of pure functions over flat lists of `torch.Tensor`. What each does stands in `docs/architecture.md`.

`backward` is the engine's own: first-order gradients through `.backward()`, so that what hooks into it
(DistributedDataParallel, FSDP) works. Everything that nests uses `torch.func`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch._C._functorch import is_batchedtensor, peek_interpreter_stack  # there is no public way to ask
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import _get_current_dispatch_mode
from torch.utils.checkpoint import checkpoint as rematerialize

from .memory import keep_freed_memory
from .recording import Recorder, refuse_gradients
from .recording import record as take_down
from .replaying import Replay
from .tensors import dtype_names, native

Tensors = list[Any]


def is_tracing() -> bool:
    """Whether a transform of `torch.func` or a tracing mode is active."""
    mode = _get_current_dispatch_mode()
    return peek_interpreter_stack() is not None or not (mode is None or isinstance(mode, Recorder))


def is_batched(x: Any) -> bool:
    """Whether `x` has one value for each sample of a vmap, so that Python can't branch on it."""
    while isinstance(x, torch.Tensor):
        if is_batchedtensor(x):
            return True
        if not torch._C._functorch.is_functorch_wrapped_tensor(x):
            return False
        x = torch._C._functorch.get_unwrapped(x)
    return False


def no_gradient() -> AbstractContextManager[Any]:
    return torch.no_grad()


def stop_gradient(variable: torch.Tensor) -> torch.Tensor:
    return variable.detach()


def signature(x: torch.Tensor) -> Any:
    return x.shape, x.dtype, x.device


def abstract_eval(fn: Callable[[Tensors], Tensors], specs: Sequence[Any]) -> list[tuple[tuple[int, ...], str]]:
    with FakeTensorMode(allow_non_fake_inputs=True), torch.no_grad():
        outputs = fn([_empty(x) for x in specs])
    return [(tuple(x.shape), dtype_names[x.dtype]) for x in outputs]


def jit(fn: Callable[[Tensors, Tensors, Tensors], tuple[Tensors, Tensors]], jit_compile: Any = "auto") -> Any:
    """The whole function as one graph of ATen operations, compiled by Inductor."""
    programs: list[Any] = []

    def prepare(*groups: Tensors) -> None:
        # Not imported with keraslite: tracing pulls in sympy and more.
        from torch.fx.experimental.proxy_tensor import make_fx

        sizes = [len(group) for group in groups]
        flat = [x.detach() for group in groups for x in group]
        counts: list[int] = []

        def flattened(*tensors: Any) -> Tensors:
            parts = iter(tensors)
            new, outputs = fn(*([next(parts) for _ in range(size)] for size in sizes))  # type: ignore[arg-type]
            counts.append(len(new))
            return [*new, *outputs]

        graph = make_fx(flattened, tracing_mode="fake", _allow_non_fake_inputs=True)(*flat)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Inductor's own imports
            compiled = torch.compile(graph)
            with torch.no_grad():
                compiled(*flat)
        programs[:] = [compiled, counts[-1]]

    def run(*groups: Tensors) -> tuple[Tensors, Tensors]:
        compiled, written = programs
        with torch.no_grad():
            results = compiled(*(x.detach() for group in groups for x in group))
        return results[:written], results[written:]

    return prepare, run


def record(fn: Callable[[Tensors], Tensors], values: Tensors,
           gradients: bool = False) -> tuple[Tensors, Callable[[Tensors], Tensors] | None]:  # fmt: skip
    outputs, recording = take_down(fn, values, gradients)
    if recording is None:
        return outputs, None
    keep_freed_memory()
    return outputs, Replay(recording)


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
    with torch.enable_grad():
        gradients, (loss, aux) = torch.func.grad_and_value(fn, has_aux=True)(values)
    return loss, aux, gradients


def vjp(fn: Callable[[Tensors], tuple[Tensors, Tensors]], values: Tensors) -> tuple[Tensors, Tensors, Any]:
    with torch.enable_grad():
        outputs, pull, aux = torch.func.vjp(fn, values, has_aux=True)
    return outputs, aux, lambda cotangents: pull(cotangents)[0]


def jvp(fn: Any, values: Tensors, tangents: Tensors) -> tuple[Tensors, Tensors, Tensors]:
    outputs, moved, aux = torch.func.jvp(fn, (values,), (tangents,), has_aux=True)
    return outputs, aux, moved


def vmap(fn: Callable[[Tensors], Tensors], values: Tensors, axes: list[int]) -> Tensors:
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
            return tuple(fn(list(values))[0])

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
