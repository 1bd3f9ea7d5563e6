"""Whether a replay gives what the recorded call gave: it runs once more from what was there before."""

from __future__ import annotations

import math
from typing import Any

import torch

from .recording import Recording
from .replaying import Replay

Tensors = list[Any]
Before = list[tuple[torch.Tensor, torch.Tensor]]

_OF_RESULTS, _OF_CHANGES = 1e-3, 1e-2  # of the largest: differences that other roundings may make
_ROUNDINGS = 64
_OF_ELEMENTS = 0.1  # may change otherwise: see `checked`


def checked(recording: Recording, inputs: Tensors, outputs: Tensors, before: Before | None) -> Replay | None:
    """A replay that gives what the recorded call gave; None if there is none.

    Fewer and other calls round otherwise, and where a gradient is nothing but rounding (that of a bias before a batch
    normalization), Adam makes whole steps of it. So a few elements may differ, if they do not where the very calls that
    were recorded are made again; if many do, those are made from then on.

    Args:
        recording: of the call.
        inputs, outputs: of the call.
        before: what it wrote to, and what stood there; None if that is not known.
    """
    replay = Replay(recording)
    if before is None or (recording.gradients and before):  # autograd does not let go back what it has seen
        return replay
    with torch.no_grad():
        others = _differing(replay, inputs, outputs, before)
        if not others:
            return replay
        exact = Replay(recording, exactly=True)
        if _differing(exact, inputs, outputs, before) > _OF_ELEMENTS:
            return None
    return replay if others <= _OF_ELEMENTS else exact


def _differing(replay: Replay, inputs: Tensors, outputs: Tensors, before: Before) -> float:
    """The share of what is written that comes out otherwise; infinity if results do. All is left as it was found."""
    after = [x.clone() for x, _ in before]
    try:
        for x, old in reversed(before):
            x.copy_(old)
        found = replay(inputs)
        if any(_others(a, b, _OF_RESULTS * _largest(b)) for a, b in zip(found, outputs, strict=True)):
            return math.inf
        others = sum(
            _others(x, new, _OF_CHANGES * _largest(_wide(new) - _wide(old)))
            for (x, old), new in zip(before, after, strict=True)
        )
        return others / max(sum(x.numel() for x in after), 1)
    finally:
        for (x, _), new in zip(before, after, strict=True):
            x.copy_(new)


def _others(found: torch.Tensor, expected: torch.Tensor, allowed: Any) -> int:
    """How many elements differ by more."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return max(expected.numel(), 1)
    if not (found.is_floating_point() or found.is_complex()):
        return int((found != expected).sum())
    a, b = _wide(found), _wide(expected)
    allowed = allowed + _ROUNDINGS * torch.finfo(expected.dtype).eps * _largest(b)
    return int((~((a == b) | (a.isnan() & b.isnan()) | ((a - b).abs() <= allowed))).sum())


def _largest(x: torch.Tensor) -> Any:
    """Of the finite ones."""
    x = _wide(x).abs()
    return torch.where(x.isfinite(), x, 0).amax() if x.numel() else 0.0


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x.detach() if x.is_complex() or x.dtype == torch.float64 else x.detach().to(torch.float32)
