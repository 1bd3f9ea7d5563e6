"""Names of PyTorch that are not public. `replay/private.py` adds its own to the table; no other file has any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import torch

from keraslite.backend.private import PrivateNames

names = PrivateNames("torch", seen="2.13.0")


# ---- what runs now ----------------------------------------------------------------------------------------------

_own: ContextVar[str | None] = ContextVar("keraslite_torch_transform", default=None)


@contextmanager
def transforming(kind: str | None) -> Iterator[None]:
    """While a transform of ours runs, for releases that can't be asked. A "vmap" stays one whatever runs within."""
    token = _own.set("vmap" if kind and _own.get() == "vmap" else kind)
    try:
        yield
    finally:
        _own.reset(token)


def _in_vmap(x: Any = None) -> bool:
    return _own.get() == "vmap"


_NOT_NOTICED = "transforms of `torch.func` are not noticed where a program calls them itself"

interpreter = names.get(
    "torch._C._functorch.peek_interpreter_stack",
    use="to know whether a transform of `torch.func` runs",
    lost=_NOT_NOTICED,
    instead=_own.get,
)
_interpreters = names.get(
    "torch._C._functorch.get_interpreter_stack",
    use="to know which transforms of `torch.func` run",
    lost="second derivatives of attention need flash_attention=False, and so do transforms of `torch.func` that a "
    "program calls itself",
)


def differentiates_once() -> bool:
    """Whether no transform runs, or one gradient alone. Fused kernels know no others."""
    if _interpreters is None:
        return _own.get() in (None, "gradient", "trace")
    if interpreter() is None:
        return True
    running = _interpreters()
    return len(running) == 1 and running[0].key().name == "Grad"


dispatch_mode = names.get(
    "torch.utils._python_dispatch._get_current_dispatch_mode",
    use="to know whether PyTorch traces",
    lost="tracing is not noticed where a program begins it itself",
    instead=_own.get,
)
is_wrapped = names.get(
    "torch._C._functorch.is_functorch_wrapped_tensor",
    use="to know whether a tensor stands for one within a transform",
    lost=_NOT_NOTICED,
    instead=lambda x: _own.get() is not None,
)
_is_batched = names.get(
    "torch._C._functorch.is_batchedtensor",
    use="to know whether a tensor differs from sample to sample of a vmap",
    lost="within a vmap both branches of every `cond` run",
)
_unwrapped = names.get(
    "torch._C._functorch.get_unwrapped",
    use="to look through the transforms of `torch.func`",
    lost="within a vmap both branches of every `cond` run, and draws within a functional gradient are not recorded",
)


def _look(x: Any) -> bool:
    while isinstance(x, torch.Tensor):
        if _is_batched(x):
            return True
        if not is_wrapped(x):
            return False
        x = _unwrapped(x)
    return False


def unwrapped(x: torch.Tensor) -> torch.Tensor:
    """The tensor that a transform of `torch.func` has put into `x`."""
    while is_wrapped(x):
        if _unwrapped is None:
            raise AttributeError("no look through the transforms of `torch.func`")
        x = _unwrapped(x)
    return x


#: Whether a tensor has one value for each sample of a vmap.
is_batched: Callable[[Any], bool] = _in_vmap if None in (_is_batched, _unwrapped) else _look

_UNTRACED = "an initializer that is a function of ops can't run first while something is traced or transformed"
without_modes = names.get(
    "torch.utils._python_dispatch._disable_current_modes",
    use="to run an initializer while something is traced",
    lost=_UNTRACED,
    instead=nullcontext,
)
without_transforms = names.get(
    "torch._functorch.pyfunctorch.temporarily_clear_interpreter_stack",
    use="to run an initializer within a transform",
    lost=_UNTRACED,
    instead=nullcontext,
)
fake_mode = names.get(
    "torch._subclasses.fake_tensor.FakeTensorMode",
    use="to find shapes and dtypes without computing",
    lost="they are found by computing on ones",
)
make_fx = names.later(
    "torch.fx.experimental.proxy_tensor.make_fx",
    use="to take down a whole step for Inductor (`jit_compile=True`)",
    lost="`jit_compile=True` compiles nothing",
)


# ---- operators --------------------------------------------------------------------------------------------------


def _operator(path: str, use: str, lost: str) -> Any:
    return names.get(path, use=use, lost=lost)


def _foreach(name: str) -> Any:
    return _operator(f"torch._foreach_{name}", "to update all variables by one call", "one after the other")


foreach_add, foreach_add_, foreach_mul, foreach_mul_ = map(_foreach, ("add", "add_", "mul", "mul_"))
foreach_sub_, foreach_div_, foreach_sqrt_, foreach_addcmul_ = map(_foreach, ("sub_", "div_", "sqrt_", "addcmul_"))
fused_adam = _operator("torch._fused_adam_", "to run Adam on all variables by one call", "its formula, op by op")
standard_gamma = _operator(
    "torch._standard_gamma",
    "to draw gamma numbers from a generator of our own",
    "they are drawn by rejection in Python (and are other numbers)",
)
_AS_STEPS = "steps are written out"
lstm_on_cpu = _operator("torch.ops.aten.mkldnn_rnn_layer", "to run oneDNN's LSTM", _AS_STEPS)
lstm_on_cpu_backward = _operator("torch.ops.aten.mkldnn_rnn_layer_backward", "to run its gradient", _AS_STEPS)
lstm_on_gpu = _operator("torch.lstm", "to run cuDNN's LSTM", _AS_STEPS)
gru_on_gpu = _operator("torch.gru", "to run cuDNN's GRU", _AS_STEPS)
