"""Whether a replay gives what the recorded call gave: it runs once more from what was there before."""

from __future__ import annotations

from typing import Any

import torch

from .comparing import OF_ELEMENTS, differing
from .recording import Recording
from .replaying import Replay

Tensors = list[Any]
Before = list[tuple[torch.Tensor, torch.Tensor]]


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
        unlike = _differing(replay, inputs, outputs, before)
        if not unlike:
            return replay
        exact = Replay(recording, exactly=True)
        if _differing(exact, inputs, outputs, before) > OF_ELEMENTS:
            return None
    return replay if unlike <= OF_ELEMENTS else exact


def _differing(replay: Replay, inputs: Tensors, outputs: Tensors, before: Before) -> float:
    """How much a replay differs from the call: see `differing`. All is left as it was found."""
    targets = [x for x, _ in before]
    after = [x.clone() for x in targets]
    try:
        for x, old in reversed(before):
            x.copy_(old)
        return differing(replay(inputs), targets, outputs, after, [old for _, old in before])
    finally:
        for x, new in zip(targets, after, strict=True):
            x.copy_(new)
