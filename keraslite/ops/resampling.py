"""Weights by which the sizes of axes change: each output a weighted sum of inputs along its axis.

Pixels are little squares: pixel i covers [i, i + 1], its centre is at i + 0.5.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Mapping
from types import ModuleType, SimpleNamespace
from typing import Protocol, TypeAlias, TypeVar

import numpy as np

from keraslite.backend import dtypes as lattice
from keraslite.ops.comparison import logical_or, where
from keraslite.ops.contraction import einsum
from keraslite.ops.core import cast, ndim
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Size
from keraslite.ops.dtype import first
from keraslite.ops.elementwise import absolute, maximum, minimum, subtract
from keraslite.ops.manipulation import expand_dims
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims
from keraslite.ops.sizes import numbers
from keraslite.ops.trigonometry import sin

A = TypeVar("A", Tensor, np.ndarray)
Library: TypeAlias = "SimpleNamespace | ModuleType"


class Kernel(Protocol):
    """The weight at a distance of `x` pixels, in functions of `lib`."""

    def __call__(self, x: A, lib: Library, /) -> A: ...


#: What the kernels below are written in: tensors here, or NumPy for weights that are known beforehand.
TENSORS = SimpleNamespace(abs=absolute, maximum=maximum, where=where, sin=sin)


def along(weights: TensorLike, x: TensorLike, axis: int) -> Tensor:
    """The matrix `weights`, `(out, in)`, times `x` along `axis`."""
    letters = string.ascii_letters[: ndim(x)]
    new = string.ascii_letters[ndim(x)]
    return einsum(f"{new}{letters[axis]},{letters}->{letters.replace(letters[axis], new)}", weights, x)


# ---- kernels: the weight at a distance of `x` pixels ------------------------------------------------------------


def _triangle(x: A, lib: Library) -> A:
    return lib.maximum(1 - lib.abs(x), 0)


def _cubic(x: A, lib: Library) -> A:
    """Keys (1981) with a = -1/2."""
    x = lib.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return lib.where(x < 1, near, lib.where(x < 2, far, 0))


def _lanczos(radius: int) -> Kernel:
    """Sine cardinal times the stretched one, up to `radius`."""

    def kernel(x: A, lib: Library, /) -> A:
        small = lib.abs(x) < 1e-6  # 1 to double precision; the quotient has no gradient at 0
        angle = np.pi * lib.where(small, 1, x)
        value = radius * lib.sin(angle) * lib.sin(angle / radius) / (angle * angle)
        return lib.where(lib.abs(x) < radius, lib.where(small, 1, value), 0)

    return kernel


KERNELS: dict[str, Kernel] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}


# ---- weights that depend on sizes only --------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def resize_weights(size: int, target: int, method: str, antialias: bool) -> np.ndarray:
    """`(target, size)`: the kernel around each new pixel's centre; near the border only the pixels that exist count.

    With `antialias` the kernel widens where the image shrinks. Rows sum to 1.
    """
    if method == "area":
        return overlap_weights(size, target)
    ratio = size / target
    centres = (np.arange(target) + 0.5) * ratio - 0.5
    distance = np.arange(size) - centres[:, None]
    return _unit_rows(KERNELS[method](distance / (max(ratio, 1) if antialias else 1), np))


@functools.lru_cache(maxsize=256)
def overlap_weights(size: int, target: int) -> np.ndarray:
    """`(target, size)`: the share of each pixel in `target` parts of equal length."""
    edges = np.arange(target + 1) * (size / target)
    pixels = np.arange(size)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return _unit_rows(np.where(covered > 1e-9 * size, covered, 0))


@functools.lru_cache(maxsize=256)
def window_weights(size: int, target: int) -> np.ndarray:
    """`(target, size)`: the mean of the pixels that touch each of `target` parts of equal length."""
    starts, ends = adaptive_windows(size, target)
    pixels = np.arange(size)
    return _unit_rows(((pixels >= starts[:, None]) & (pixels < ends[:, None])).astype("float64"))


def adaptive_windows(size: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    """First pixel and the one behind the last that touch each of `target` parts of equal length."""
    part = np.arange(target)
    return part * size // target, -(-(part + 1) * size // target)


def nearest_pixels(size: int, target: int) -> np.ndarray:
    """The pixel that each new pixel's centre lies in, int32."""
    return ((2 * np.arange(target) + 1) * size // (2 * target)).astype("int32")


def _unit_rows(weights: np.ndarray) -> np.ndarray:
    weights = weights / weights.sum(1, keepdims=True)
    weights.setflags(write=False)
    return weights


def weights_for(pixels: Tensor, target: int, method: str, antialias: bool, dtype: str) -> Tensor:
    """`resize_weights` or `overlap_weights` for a size that only the running graph knows.

    Args:
        pixels: the numbers of the pixels, int32.
        target: the number of new pixels.
        method: "area" or a name of `KERNELS`.
        antialias: as in `resize_weights`.
        dtype: the dtype of the weights.
    """
    new, size = np.arange(target, dtype="int32")[:, None], pixels[-1] + 1
    work = dtype if dtype == "float64" else "float32"
    # Distances times 2 * target are whole, so that nothing is rounded.
    if method == "area":
        covered = minimum((new + 1) * size, (pixels + 1) * target) - maximum(new * size, pixels * target)
        weights = cast(maximum(covered, 0), work)
    else:
        distance = cast((2 * pixels + 1) * target - (2 * new + 1) * size, work) / (2 * target)
        ratio = cast(size, work) / target
        weights = KERNELS[method](distance / (maximum(ratio, 1) if antialias else 1), TENSORS)
    return cast(weights / sum(weights, axis=1, keepdims=True), dtype)


def nearest_for(pixels: Tensor, target: int) -> Tensor:
    """`nearest_pixels` for a size that only the running graph knows; `pixels` are their numbers, int32."""
    size = pixels[-1] + 1
    return size * (2 * np.arange(target, dtype="int32") + 1) // (2 * target)


def _bilinear(images: Dims, rows: int, columns: int, height: Size, width: Size) -> Dims:
    return tuple({rows: height, columns: width}.get(i, d) for i, d in enumerate(images))


@composite(shape=_bilinear, dtype=first)
def resample_bilinear(images: TensorLike, rows, columns, height, width) -> Tensor:
    """Images of rank 3 or 4 with other numbers of rows and columns, interpolated linearly, without antialiasing.

    `rows` and `columns` are the axes, neighbours with `rows` first.
    """
    return resample(given(images), {rows: height, columns: width}, "bilinear", False)


def resample(x: Tensor, targets: Mapping[int, int], method: str, antialias: bool) -> Tensor:
    """`x`, of floats, with other sizes on some axes."""
    dims, name = dims_of(x), dtype_of(x)
    known = [axis for axis in sorted(targets, reverse=True) if isinstance(dims[axis], int)]
    changes = [axis for axis in known if dims[axis] != targets[axis]]
    changes.sort(key=lambda axis: targets[axis] / dims[axis])  # first where it shrinks: the rest is less work
    for axis in changes:
        weights = resize_weights(dims[axis], targets[axis], method, antialias)
        x = along(weights.astype(lattice.to_numpy_dtype(name)), x, axis)
    for axis in targets:
        if axis not in known:
            x = along(weights_for(numbers(x, axis, "int32"), targets[axis], method, antialias, name), x, axis)
    return x


# ---- weights that depend on tensors -----------------------------------------------------------------------------


def placed_weights(size: int, target: int, scale: Tensor, offset: TensorLike, method: str, antialias: bool) -> Tensor:
    """`(target, size)`: the kernel around where each new pixel's centre comes from, `(centre - offset) / scale`.

    Rows sum to 1, but are 0 where the centre comes from outside.

    Args:
        size, target: numbers of pixels.
        scale, offset: `()` float tensors of one dtype.
        method: a name of `KERNELS`.
        antialias: whether the kernel widens by `1 / scale` where that is above 1.
    """
    name = dtype_of(scale)
    centres = (np.arange(target) + 0.5).astype(name)
    source = subtract(centres, offset) / scale
    distance = subtract(np.arange(size).astype(name) + 0.5, expand_dims(source, 1))
    weights = KERNELS[method](distance / (maximum(1 / scale, 1) if antialias else 1), TENSORS)
    total = sum(weights, axis=1, keepdims=True)
    outside = logical_or(source < 0, source > size)
    empty = logical_or(expand_dims(outside, 1), absolute(total) < 1e-4)
    return where(empty, 0, weights / where(empty, 1, total))
