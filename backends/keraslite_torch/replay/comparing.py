"""Whether a replay and Python did the same, up to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch

Tensors = list[Any]
Run = Callable[[Tensors], Tensors]

_OF_RESULTS, _OF_CHANGES = 1e-3, 1e-2  # of the largest: differences that other roundings may make
OF_ELEMENTS = 0.1  # of what is written may change otherwise: see `checking`
_ROUNDINGS = 64
_PIECE = 1 << 18  # elements that are compared together


def compared(replay: Run, exact: Run, targets: Tensors, fn: Run, inputs: Tensors) -> tuple[Tensors, bool]:
    """Replay, then call `fn` from the same state. Its results, and whether both did the same up to rounding.

    Args:
        replay: the recorded calls in the form in which they are replayed.
        exact: makes the very calls that were recorded. It is asked, and decides, if `replay` did something else: other
            roundings may have changed a count.
        targets: what is written.
        fn: the function. What it writes stays.
        inputs: of both.
    """
    with torch.no_grad():
        before = _copies(targets)
        found = _copies(replay(_copies(inputs))), _copies(targets)
        _put_back(targets, before)
        given = _copies(inputs)  # users' code may write to them
    outputs = fn(inputs)
    with torch.no_grad():
        after = _copies(targets)
        if differing(*found, outputs, after, before) <= OF_ELEMENTS:
            return outputs, True
        kept = _copies(outputs)  # some may be the memory of targets
        _put_back(targets, before)
        found = _copies(exact(given)), _copies(targets)
        _put_back(targets, after)
        return outputs, differing(*found, kept, after, before) <= OF_ELEMENTS


def _copies(tensors: Tensors) -> Tensors:
    return [x.clone() for x in tensors]


def _put_back(targets: Tensors, values: Tensors) -> None:
    for x, value in zip(targets, values, strict=True):
        x.copy_(value)


def differing(found: Tensors, replayed: Tensors, outputs: Tensors, after: Tensors, before: Tensors) -> float:
    """The share of what is written that comes out otherwise; infinity if results do.

    Args:
        found, outputs: results of a replay, and those that they should be.
        replayed, after: what stands in the targets after the replay, and what should.
        before: what stood there.
    """
    if len(found) != len(outputs):
        return math.inf
    if any(others(a, b, _OF_RESULTS * largest(b)) for a, b in zip(found, outputs, strict=True)):
        return math.inf
    rows = zip(replayed, after, before, strict=True)
    unlike = sum(others(a, x, _OF_CHANGES * largest(x, old)) for a, x, old in rows)
    return unlike / max(sum(x.numel() for x in after), 1)


def others(found: torch.Tensor, expected: torch.Tensor, allowed: float) -> int:
    """How many elements differ by more."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return max(expected.numel(), 1)
    if torch.equal(found, expected):
        return 0
    if not (found.is_floating_point() or found.is_complex()):
        return int((found != expected).sum())
    allowed = allowed + _ROUNDINGS * torch.finfo(expected.dtype).eps * largest(expected)
    return sum(_unlike(_wide(a), _wide(b), allowed) for a, b in _pieces(found, expected))


def _unlike(a: torch.Tensor, b: torch.Tensor, allowed: float) -> int:
    near = (a - b).abs() <= allowed
    if near.all():
        return 0
    return int((~(near | (a == b) | (a.isnan() & b.isnan()))).sum())  # infinities and NaN have no difference


def largest(x: torch.Tensor, less: torch.Tensor | None = None) -> float:
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
