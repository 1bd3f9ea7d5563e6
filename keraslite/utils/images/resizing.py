"""Resizing of single images in NumPy: weighted sums of rows, then of columns."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable
from types import ModuleType

import numpy as np

from keraslite.ops.resampling import KERNELS

__all__ = ["INTERPOLATIONS", "resize_into", "resized"]


def _mitchell(x: np.ndarray, _: ModuleType) -> np.ndarray:
    """The cubic filter with B = C = 1/3 (D. P. Mitchell, A. N. Netravali, 1988)."""
    inner, outer = ((7 * x - 12) * x * x + 16 / 3) / 6, (((-7 / 3 * x + 12) * x - 20) * x + 32 / 3) / 6
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


def _gaussian(x: np.ndarray, _: ModuleType) -> np.ndarray:
    return np.where(x < 1.5, np.exp(-2.0 * x * x), 0.0)


#: The weight of a pixel by its distance, and the distance from which on it is 0.
_KERNELS: dict[str, tuple[float, Callable[[np.ndarray, ModuleType], np.ndarray]]] = {
    "bilinear": (1.0, KERNELS["bilinear"]),
    "bicubic": (2.0, KERNELS["bicubic"]),
    "lanczos3": (3.0, KERNELS["lanczos3"]),
    "lanczos5": (5.0, KERNELS["lanczos5"]),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2.0, _mitchell),
}

_SMOOTHING = ("gaussian", "mitchellcubic")  # they change an axis that keeps its size

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic")


def resized(image: np.ndarray, height: int, width: int, interpolation: str) -> np.ndarray:
    """An image of shape `(height, width, channels)` in another size, as float32. There is no smoothing before."""
    out = np.empty((height, width, image.shape[2]), np.float32)
    resize_into(out, image, interpolation)
    return out


def resize_into(out: np.ndarray, image: np.ndarray, interpolation: str) -> None:
    """Write an image into `out`, a contiguous float32 array of another size. Channels that `out` lacks are left out.

    Rows go first where they become fewer, which leaves less to do and no large copy in float32.
    """
    height, width, channels = out.shape
    rows = height != image.shape[0] or interpolation in _SMOOTHING
    columns = width != image.shape[1] or interpolation in _SMOOTHING
    if rows and not columns and channels == image.shape[2]:
        _along(0, image, out, interpolation)
    elif rows and (height < image.shape[0] or not columns):
        between = _scratch.array("between", (height, *image.shape[1:]))
        _along(0, image, between, interpolation)
        _along(1, between, out, interpolation) if columns else np.copyto(out, between[:, :, :channels])
    elif rows:
        between = _scratch.array("between", (image.shape[0], width, channels))
        _along(1, image, between, interpolation)
        _along(0, between, out, interpolation)
    elif columns:
        _along(1, image, out, interpolation)
    else:
        out[...] = image[:, :, :channels]


def _along(axis: int, image: np.ndarray, out: np.ndarray, interpolation: str) -> None:
    """Resize rows (axis 0) or columns (axis 1)."""
    if image.dtype != out.dtype and image.shape[axis] <= out.shape[axis]:
        whole = _scratch.array("whole", image.shape)
        whole[...] = image
        image = whole
    channels = (image.shape[2], out.shape[2]) if axis == 1 else (1, 1)
    index, weight = _taps(image.shape[axis], out.shape[axis], *channels, interpolation)
    source, target = image.reshape(len(image), -1), out.reshape(len(out), -1)
    if axis == 0:
        weight = weight[:, :, None]
    _take(source, index[0], axis, target)
    if len(index) == 1:
        return
    other = _scratch.array("other", target.shape)
    if interpolation == "bilinear":
        _take(source, index[1], axis, other)
        other -= target
        other *= weight[1]
        target += other
        return
    target *= weight[0]
    for places, factors in zip(index[1:], weight[1:], strict=True):
        _take(source, places, axis, other)
        other *= factors
        target += other


def _take(source: np.ndarray, index: np.ndarray, axis: int, out: np.ndarray) -> None:
    if source.dtype == out.dtype:
        np.take(source, index, axis, out, "clip")
    else:
        part = _scratch.array("part", out.shape, dtype=source.dtype)
        np.take(source, index, axis, part, "clip")
        out[...] = part


class _Scratch(threading.local):
    """Memory of this thread that is used again, since asking the system for it takes longer than what is computed."""

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def array(
        self, name: str, shape: tuple[int, ...], *more: int, dtype: np.typing.DTypeLike = np.float32
    ) -> np.ndarray:
        """An array that holds until the next one of this name."""
        shape = (*shape, *more)
        size, dtype = math.prod(shape), np.dtype(dtype)
        if size * dtype.itemsize > _MOST_KEPT:
            return np.empty(shape, dtype)
        kept = self._kept.get(name)
        if kept is None or kept.nbytes < size * dtype.itemsize:
            kept = self._kept[name] = np.empty(size * dtype.itemsize, np.uint8)
        return kept[: size * dtype.itemsize].view(dtype).reshape(shape)


_MOST_KEPT = 4 << 20  # bytes
_scratch = _Scratch()


@functools.lru_cache(256)
def _taps(before: int, after: int, step: int, channels: int, interpolation: str) -> tuple[np.ndarray, np.ndarray]:
    """Which numbers make each new one, and by which weights: two arrays of shape `(taps, after * channels)`.

    Args:
        step: channels of the pixels before.
    """
    index, weight = _pixels(before, after, interpolation)
    index = index[:, :, None] * step + np.arange(channels)
    return index.reshape(len(index), -1), np.repeat(weight, channels, axis=1)


def _pixels(before: int, after: int, interpolation: str) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels make each new one, and by which weights: two arrays of shape `(taps, after)`."""
    if interpolation == "nearest":
        index = np.minimum(((np.arange(after) + 0.5) * (before / after)).astype(np.intp), before - 1)
        return index[None], np.ones((1, after), np.float32)
    if interpolation == "area":
        return _areas(before, after)
    radius, kernel = _KERNELS[interpolation]
    middle = (np.arange(after) + 0.5) * (before / after) - 0.5
    places = np.floor(middle - radius)[None] + np.arange(1, 2 * int(np.ceil(radius)) + 2)[:, None]
    weight = kernel(np.abs(places - middle), np)
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
