"""Resizing of single images in NumPy: weighted sums of rows, then of columns."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

__all__ = ["INTERPOLATIONS", "resized"]


def _triangle(x: np.ndarray) -> np.ndarray:
    return np.maximum(0.0, 1.0 - x)


def _cubic(x: np.ndarray) -> np.ndarray:
    """Cubic convolution with the parameter -0.5 (R. G. Keys, 1981)."""
    inner, outer = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0.0))


def _mitchell(x: np.ndarray) -> np.ndarray:
    """The cubic filter with B = C = 1/3 (D. P. Mitchell, A. N. Netravali, 1988)."""
    inner, outer = ((7 * x - 12) * x * x + 16 / 3) / 6, (((-7 / 3 * x + 12) * x - 20) * x + 32 / 3) / 6
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


def _gaussian(x: np.ndarray) -> np.ndarray:
    return np.where(x < 1.5, np.exp(-2.0 * x * x), 0.0)


def _lanczos(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: np.where(x < radius, np.sinc(x) * np.sinc(x / radius), 0.0)


#: The weight of a pixel by its distance, and the distance from which on it is 0.
_KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "bilinear": (1.0, _triangle),
    "bicubic": (2.0, _cubic),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2.0, _mitchell),
}

_SMOOTHING = ("gaussian", "mitchellcubic")  # they change an axis that keeps its size

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def resized(image: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    """An image of shape `(height, width, channels)` in another size, as float32. There is no smoothing before."""
    for axis, size in enumerate((height, width)):
        if image.shape[axis] != size or interpolation in _SMOOTHING:
            image = _along(image, axis, size, interpolation)
    return image if image.dtype == np.float32 else image.astype(np.float32)


def _along(image: np.ndarray, axis: int, size: int, interpolation: str) -> np.ndarray:
    index, weight = _taps(image.shape[axis], size, interpolation)
    shape = (size, 1, 1) if axis == 0 else (1, size, 1)
    if len(index) == 1:
        return image.take(index[0], axis)
    total = image.take(index[0], axis) * weight[0].reshape(shape)
    for places, factors in zip(index[1:], weight[1:], strict=True):
        part = image.take(places, axis) * factors.reshape(shape)
        total += part
    return total


@functools.lru_cache(256)
def _taps(before: int, after: int, interpolation: str) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels make each new one, and by which weights: two arrays of shape `(taps, after)`."""
    if interpolation == "nearest":
        index = np.minimum(((np.arange(after) + 0.5) * (before / after)).astype(np.intp), before - 1)
        return index[None], np.ones((1, after), np.float32)
    if interpolation == "area":
        return _areas(before, after)
    radius, kernel = _KERNELS[interpolation]
    middle = (np.arange(after) + 0.5) * (before / after) - 0.5
    places = np.floor(middle - radius)[None] + np.arange(1, 2 * int(np.ceil(radius)) + 2)[:, None]
    weight = kernel(np.abs(places - middle))
    if interpolation != "bilinear":
        weight = np.where((places >= 0) & (places < before), weight, 0.0)
    weight /= weight.sum(0)
    index = np.clip(places, 0, before - 1).astype(np.intp)
    used = weight.any(1)
    return index[used], weight[used].astype(np.float32)


def _areas(before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Each new pixel is the mean of the part that it covers."""
    scale = before / after
    start = np.arange(after) * scale
    places = np.floor(start)[None] + np.arange(int(np.ceil(scale)) + 1)[:, None]
    weight = np.clip(np.minimum(places + 1, start + scale) - np.maximum(places, start), 0.0, None)
    weight /= weight.sum(0)
    used = weight.any(1)
    return np.clip(places, 0, before - 1).astype(np.intp)[used], weight[used].astype(np.float32)
