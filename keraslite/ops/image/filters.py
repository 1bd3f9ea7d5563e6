"""Filters over windows of images, and similarity by them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, where
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.declare import DataFormat, Tensor, TensorLike, composite
from keraslite.ops.dimension import may_equal
from keraslite.ops.division import divide
from keraslite.ops.dtype import promote_float
from keraslite.ops.elementwise import add, multiply, square, subtract
from keraslite.ops.exponential import exp, log10
from keraslite.ops.image.layout import as_working, constant, image_axes, own_and_floats, restored
from keraslite.ops.indexing import basic_index
from keraslite.ops.manipulation import broadcast_to, concatenate, pad_constant, stack
from keraslite.ops.padding import pad
from keraslite.ops.reduction import mean, sum
from keraslite.ops.shape import Dims, shown
from keraslite.ops.splitting import split


def gaussian_weights(size: int, sigma: float) -> np.ndarray:
    """`(size,)` weights of a normal distribution around the middle, with sum 1."""
    weights = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return weights / weights.sum()


def _gaussian(size: int, sigma: TensorLike) -> Tensor:
    """`gaussian_weights` of a `()` tensor."""
    middle = np.arange(size) - (size - 1) / 2
    weights = exp(divide(constant(-0.5 * middle**2, sigma), square(sigma)))
    return weights / sum(weights)


def weighted(x: TensorLike, weights: Tensor | np.ndarray, axis: int, padding: str = "valid") -> Tensor:
    """The sum of windows along `axis`, weighted; "same" has zeros around and keeps the size.

    Each of the weights is a number, or a tensor that is broadcast against `x`.

    Written as a sum of slices, since convolutions on GPUs round their operands, which differences of means can't bear.
    """
    size, dims = dims_of(weights)[0], dims_of(x)
    if padding == "same":
        x = pad_constant(x, tuple(((size - 1) // 2, size // 2) if i == axis else (0, 0) for i in range(len(dims))), 0)
    count = dims_of(x)[axis] - size + 1
    total: Any = None
    for k in range(size):
        weight = float(weights[k]) if isinstance(weights, np.ndarray) and weights.ndim == 1 else weights[k]
        part = multiply(basic_index(x, (*[slice(None)] * axis, slice(k, k + count), *_rest(dims, axis))), weight)
        total = part if total is None else add(total, part)
    return total


def _rest(dims: Dims, axis: int) -> list[slice]:
    return [slice(None)] * (len(dims) - axis - 1)


def _blurred(images: Dims, kernel_size: object, sigma: Dims, data_format: str | None = None) -> Dims:
    image_axes(images, data_format, "gaussian_blur")
    check.int_tuple(kernel_size, 2, "kernel_size", "gaussian_blur")
    if sigma not in ((), (2,)):
        raise ArgumentError(
            f"`gaussian_blur` needs `sigma` to be one number or two, (height, width). Received shape {shown(sigma)}."
        )
    return images


@composite(shape=_blurred, dtype=own_and_floats, eager_check=True)
def gaussian_blur(
    images: TensorLike,
    kernel_size: int | Sequence[int] = (3, 3),
    sigma: TensorLike = (1.0, 1.0),
    data_format: DataFormat = None,
) -> Tensor:
    """Blur images: each pixel becomes the mean of those around it, weighted by a normal distribution.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        kernel_size: (height, width) of the window, or one int.
        sigma: positive standard deviations (vertical, horizontal) in pixels, or one number; may be a tensor.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The images in their shape and dtype; integers are rounded.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.gaussian_blur(images).shape)
        (4, 4, 3)
    """
    sizes = check.int_tuple(kernel_size, 2, "kernel_size", "gaussian_blur")
    name, result = dtype_of(images), as_working(images)
    sigma = broadcast_to(sigma, (2,))
    for i, axis in enumerate(image_axes(dims_of(images), data_format, "gaussian_blur")[:2]):
        result = weighted(result, _gaussian(sizes[i], sigma[i]), axis, "same")
    return restored(result, name)


# ---- edges ------------------------------------------------------------------------------------------------------


def _edges(images: Dims, data_format: str | None = None) -> Dims:
    if len(images) != 4:
        raise ArgumentError(
            f"`sobel_edges` needs a batch of images, of rank 4. Received shape {shown(images)}. Use `ops.expand_dims`."
        )
    for axis in image_axes(images, data_format, "sobel_edges")[:2]:
        if isinstance(images[axis], int) and images[axis] < 2:
            raise ArgumentError(
                f"`sobel_edges` needs images of at least two rows and columns. Received shape {shown(images)}."
            )
    return (*images, 2)


@composite(shape=_edges, dtype=promote_float, eager_check=True)
def sobel_edges(images: TensorLike, data_format: DataFormat = None) -> Tensor:
    """Return how fast images rise downwards and to the right, by Sobel's windows of 3 x 3 pixels.

    Images go on mirrored at the border (without their last line), as in TensorFlow; Keras on PyTorch and JAX has
    zeros there.

    Args:
        images: `(batch, height, width, channels)`, or channels first.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        `images.shape` and a last axis of 2: vertical, horizontal.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> tuple(ops.image.sobel_edges(np.ones((1, 4, 4, 3), "float32")).shape)
        (1, 4, 4, 3, 2)
    """
    rows, columns, _ = image_axes(dims_of(images), data_format, "sobel_edges")
    padded = pad(images, [(1, 1) if i in (rows, columns) else (0, 0) for i in range(4)], "reflect")
    rise, mean_of_three = np.array([-1, 0, 1]), np.array([1, 2, 1])
    down = weighted(weighted(padded, rise, rows), mean_of_three, columns)
    across = weighted(weighted(padded, mean_of_three, rows), rise, columns)
    return stack([down, across], -1)


# ---- similarity -------------------------------------------------------------------------------------------------


def _equal_shapes(x1: Dims, x2: Dims, where: str) -> None:
    if len(x1) != len(x2) or not all(may_equal(a, b) for a, b in zip(x1, x2, strict=True)):
        raise ArgumentError(f"`{where}` needs two tensors of one shape. Received shapes {shown(x1)} and {shown(x2)}.")


def _similarities(
    image1: Dims,
    image2: Dims,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: str | None = None,
) -> Dims:
    _equal_shapes(image1, image2, "ssim")
    check.positive_int(filter_size, "filter_size", "ssim")
    for value, name in ((max_val, "max_val"), (filter_sigma, "filter_sigma"), (k1, "k1"), (k2, "k2")):
        check.number(value, name, "ssim")
    for axis in image_axes(image1, data_format, "ssim")[:2]:
        if isinstance(image1[axis], int) and image1[axis] < filter_size:
            raise ArgumentError(
                f"`ssim` needs images of at least `filter_size` rows and columns ({filter_size}). "
                f"Received shape {shown(image1)}. Use a smaller `filter_size`."
            )
    return image1[:1] if len(image1) == 4 else ()


@composite(shape=_similarities, dtype=promote_float, eager_check=True)
def ssim(
    image1: TensorLike,
    image2: TensorLike,
    max_val: float = 1.0,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
    data_format: DataFormat = None,
) -> Tensor:
    """Return the structural similarity of two images, from -1 to 1 for equal ones (Wang et al., 2004).

    The mean over channels and all windows that lie inside.

    Args:
        image1, image2: `(height, width, channels)` or batches `(batch, height, width, channels)`, or channels first.
        max_val: the difference between the largest and the smallest possible value: 1, or 255.
        filter_size, filter_sigma: of the Gaussian window, in pixels.
        k1, k2: keep the quotient finite where means or variances are small.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        `(batch,)`, or `()` for two images. Floats, of integers too (Keras truncates theirs to 0 or 1).

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> image = np.random.default_rng(0).random((16, 16, 3)).astype("float32")
        >>> round(float(ops.image.ssim(image, image)), 3)
        1.0
    """
    name = dtype_of(image1)
    rows, columns, channels = image_axes(dims_of(image1), data_format, "ssim")
    x, y = as_working(image1), as_working(image2)
    weights = gaussian_weights(filter_size, filter_sigma)
    both = concatenate([x, y, square(x) + square(y), x * y], channels)
    mean1, mean2, powers, products = split(weighted(weighted(both, weights, rows), weights, columns), 4, channels)
    product, squares = mean1 * mean2, square(mean1) + square(mean2)
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    quality = (2 * product + c1) * (2 * (products - product) + c2) / ((squares + c1) * (powers - squares + c2))
    return cast(mean(quality, (rows, columns, channels)), name)


def _psnr(x1: Dims, x2: Dims, max_val: Dims) -> Dims:
    _equal_shapes(x1, x2, "psnr")
    return ()


@composite(shape=_psnr, dtype=promote_float, eager_check=True)
def psnr(x1: TensorLike, x2: TensorLike, max_val: TensorLike) -> Tensor:
    """Return the peak signal-to-noise ratio in decibels: `20 log10(max_val) - 10 log10(mean((x1 - x2) ** 2))`.

    Args:
        x1, x2: of one shape.
        max_val: the largest possible value.

    Returns:
        `()`; infinite for equal signals, with gradients of 0 there.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> round(float(ops.psnr(np.zeros((2, 2)), np.ones((2, 2)), 10.0)), 3)
        20.0
    """
    noise = mean(square(subtract(x1, x2)))
    none = equal(noise, 0)
    return where(none, float("inf"), 20 * log10(max_val) - 10 * log10(where(none, 1, noise)))
