"""Images of other sizes on NumPy, one after the other: what one needs stays in the processor's cache."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .quiet import quiet as _quiet


@_quiet
def resample_bilinear(x: Any, rows: Any, columns: Any, height: Any, width: Any) -> Any:
    before, channels = x.shape[rows : columns + 1], math.prod(x.shape[columns + 1 :])
    result = np.empty((*x.shape[:rows], height, width, *x.shape[columns + 1 :]), x.dtype)
    images, targets = x.reshape(-1, before[0], before[1] * channels), result.reshape(-1, height, width * channels)
    changes = []
    if width != before[1]:
        changes.append(functools.partial(_along, 1, _neighbours(before[1], width, channels, x.dtype)))
    if height != before[0]:
        down = functools.partial(_along, 0, _neighbours(before[0], height, 1, x.dtype))
        changes.insert(0 if height < before[0] else 1, down)  # first where the images shrink: the rest is less work
    if not changes:
        return x
    for image, target in zip(images, targets, strict=True):
        for change in changes[:-1]:
            image = change(image, None)
        changes[-1](image, target)
    return result


@functools.lru_cache(256)
def _neighbours(size: int, target: int, channels: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    """The elements on both sides of each new one's centre, and their weights, `(2, new)`. Pixels have `channels`."""
    centres = ((np.arange(target) + 0.5) * (size / target) - 0.5).clip(0, size - 1)
    low = np.floor(centres).astype(np.intp)
    pair = np.stack([low, np.minimum(low + 1, size - 1)])[..., None] * channels + np.arange(channels)
    share = np.repeat(centres - low, channels)
    return pair.reshape(2, -1), np.stack([1 - share, share]).astype(dtype)


def _along(axis: int, neighbours: Any, image: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    """Resize rows (axis 0) or columns (axis 1)."""
    (low, high), weights = neighbours
    weights = weights[:, :, None] if axis == 0 else weights
    result, other = image.take(low, axis, out, "clip"), image.take(high, axis, mode="clip")
    result *= weights[0]
    other *= weights[1]
    result += other
    return result
