"""Whether a replay gives what the recorded call gave: it runs once more from what was there before."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch

from .recording import Recording
from .replaying import Replay

Tensors = list[Any]
Before = list[tuple[torch.Tensor, torch.Tensor]]

_OF_RESULTS, _OF_CHANGES = 1e-3, 1e-2  # of the largest: differences that other roundings may make
_ROUNDINGS = 64
_PIECE = 1 << 18  # elements that are compared together
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
            _others(x, new, _OF_CHANGES * _largest(new, old)) for (x, old), new in zip(before, after, strict=True)
        )
        return others / max(sum(x.numel() for x in after), 1)
    finally:
        for (x, _), new in zip(before, after, strict=True):
            x.copy_(new)


def _others(found: torch.Tensor, expected: torch.Tensor, allowed: float) -> int:
    """How many elements differ by more."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return max(expected.numel(), 1)
    if torch.equal(found, expected):
        return 0
    if not (found.is_floating_point() or found.is_complex()):
        return int((found != expected).sum())
    allowed = allowed + _ROUNDINGS * torch.finfo(expected.dtype).eps * _largest(expected)
    return sum(_unlike(_wide(a), _wide(b), allowed) for a, b in _pieces(found, expected))


def _unlike(a: torch.Tensor, b: torch.Tensor, allowed: float) -> int:
    near = (a - b).abs() <= allowed
    if near.all():
        return 0
    return int((~(near | (a == b) | (a.isnan() & b.isnan()))).sum())  # infinities and NaN have no difference


def _largest(x: torch.Tensor, less: torch.Tensor | None = None) -> float:
    """The largest finite size in `x`, or in `x - less`."""
    if less is None:
        return max(_greatest(_wide(part).abs()) for (part,) in _pieces(x))
    return max(_greatest((_wide(a) - _wide(b)).abs()) for a, b in _pieces(x, less))


def _greatest(sizes: torch.Tensor) -> float:
    """The greatest finite one."""
    if not sizes.numel():
        return 0.0
    greatest = float(sizes.amax())
    return greatest if math.isfinite(greatest) else float(torch.where(sizes.isfinite(), sizes, 0).amax())


def _pieces(*tensors: torch.Tensor) -> Iterator[tuple[torch.Tensor, ...]]:
    """The same tensors in pieces, so that what is computed of them takes little memory."""
    yield from zip(*(x.detach().reshape(-1).split(_PIECE) for x in tensors), strict=True)


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x if x.is_complex() or x.dtype == torch.float64 else x.to(torch.float32)
