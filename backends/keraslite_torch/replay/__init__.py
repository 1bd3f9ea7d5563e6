"""Calls that are taken down once and run again without Python. `docs/design/replay.md` says how.

The engine needs `record`; its kernels say through the other names here what a recording has to know about them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from keraslite.backend import changes
from keraslite.backend.contract import Replay
from keraslite.backend.heap import keep_freed_memory

from ..private import names
from . import private
from .checking import checked
from .recording import Recorder, by_autograd, is_recording, not_recording, opaque, refuse, refuse_gradients, take_down

Tensors = list[Any]

#: They look at values without a call of ATen, or change or read what no replay changes.
_UNRECORDED = """
    numpy tolist item __array__ data_ptr storage untyped_storage __dlpack__ to_dlpack from_dlpack grad backward
    requires_grad_ retain_grad register_hook register_post_accumulate_grad_hook share_memory_ pin_memory set_ resize_
    random manual_seed seed initial_seed get_rng_state set_rng_state Generator load save set_default_dtype
    get_default_dtype set_default_device get_default_device is_grad_enabled is_autocast_enabled autocast compile
    distributed multiprocessing set_num_threads get_num_threads empty empty_like empty_strided Function _version
    are_deterministic_algorithms_enabled use_deterministic_algorithms backends get_float32_matmul_precision
    set_float32_matmul_precision is_inference_mode_enabled is_anomaly_enabled is_warn_always_enabled hub
"""
unrecorded = frozenset(_UNRECORDED.split())


def ambient() -> str:
    """What calls of torch depend on besides their arguments."""
    return f"{torch.get_default_dtype()} {torch.is_autocast_enabled('cpu')} {torch.is_autocast_enabled('cuda')}"


def record(
    fn: Callable[[Tensors], Tensors], values: Tensors, gradients: bool = False
) -> tuple[Tensors, Replay[torch.Tensor] | None]:
    lacking = private.lacking_for_records()
    if lacking:
        _warn_of_records(f"it has no {', '.join(lacking)}")
        return fn(values), None
    outputs, recorder = take_down(fn, values, gradients)
    recording = None if changes.is_refused() else recorder.finish(outputs)
    if recording is None:
        if recorder.failure is not None:
            _warn_of_records(_told(recorder.failure))
        return outputs, None
    keep_freed_memory()
    before, recorder.before = recorder.before, None  # as large as the model: it goes when it was compared
    try:
        replay = checked(recording, values, outputs, before)
    except Exception as error:  # whatever it is: the function can run as it is
        replay, why = None, _told(error)
    else:
        why = "a replayed call gives other numbers than the recorded one"
    if replay is None:
        _warn_of_records(why)
    else:
        replay.targets = None if before is None else [x for x, _ in before]
    return outputs, replay


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _warn_of_records(why: str) -> None:
    changes.refuse(f"this release of torch can't: {why}")
    names.warn_once(
        "The fast path 'replayed_steps'", why, "`config.enable_fast_paths(False, 'replayed_steps')` switches it off."
    )
