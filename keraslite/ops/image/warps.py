"""Images turned, sheared, seen from elsewhere, and bent."""

from __future__ import annotations

import math
from collections.abc import Callable

from keraslite import check
from keraslite.errors import ArgumentError
from keraslite.ops.comparison import equal, less_equal, where
from keraslite.ops.contraction import einsum
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as dims_of
from keraslite.ops.creation import ones_like, zeros_like
from keraslite.ops.declare import DataFormat, Name, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import Size, may_equal
from keraslite.ops.division import divide
from keraslite.ops.elementwise import absolute, add, multiply, square, subtract
from keraslite.ops.exponential import exp
from keraslite.ops.factorizations import solve
from keraslite.ops.image.filters import gaussian_weights, weighted
from keraslite.ops.image.layout import as_working, image_axes, own_and_floats, restored
from keraslite.ops.image.sampling import fitting, sample
from keraslite.ops.manipulation import broadcast_to, concatenate, expand_dims, reshape, squeeze, stack
from keraslite.ops.operators import OPS
from keraslite.ops.order import moveaxis
from keraslite.ops.reduction import sum as total_of
from keraslite.ops.rounding import ceil
from keraslite.ops.shape import Dims, shown
from keraslite.ops.sizes import numbers
from keraslite.ops.splitting import unstack

#: What sizes of windows may be off by, where they were computed with other numbers of bits.
_ROUNDING = 1e-4
_ORDERS = {"nearest": 0, "bilinear": 1}
_MODES = ("constant", "nearest", "wrap", "mirror", "reflect")


def _check(
    images: Dims, interpolation: object, fill_mode: object, fill_value: object, data_format: str | None, where: str
) -> None:
    check.one_of(interpolation, _ORDERS, "interpolation", where)
    check.one_of(fill_mode, _MODES, "fill_mode", where)
    check.number(fill_value, "fill_value", where)
    image_axes(images, data_format, where)


def _drawn(images: Tensor, x: TensorLike, y: TensorLike, order: int, mode: str, value: float) -> Tensor:
    """Images with the pixels at columns `x` and rows `y`, both `(batch, height, width)`. They are channels last."""
    _, height, width, channels = dims_of(images)
    first = given(numbers(images, 0, "int32"))[:, None, None]
    return sample(reshape(images, (-1, channels)), (height, width), (y, x), order, mode, value, first)


def _changed(
    images: TensorLike, interpolation: str, data_format: str | None, change: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """Images by a function of a batch of images, channels last and in their working dtype, and of an order."""
    name, axis = dtype_of(images), image_axes(dims_of(images), data_format, "affine_transform")[2]
    order = _ORDERS[interpolation]
    images = given(images) if order == 0 else as_working(images)
    single = len(dims_of(images)) == 3
    images = moveaxis(images, axis, -1)
    result = change(expand_dims(images, 0) if single else images, order)
    result = squeeze(result, 0) if single else result
    return restored(moveaxis(result, -1, axis), name)


def _grid(images: TensorLike, like: TensorLike, data_format: str | None) -> tuple[Size, Tensor, Tensor]:
    """Number of images, columns `(1, width)` and rows `(height, 1)`."""
    dims = dims_of(images)
    rows, columns, _ = image_axes(dims, data_format, "affine_transform")
    name = dtype_of(like)
    images = given(images)
    x, y = (given(numbers(images, axis, name)) for axis in (columns, rows))
    x, y = x[None], y[:, None]
    return 1 if len(dims) == 3 else dims[0], x, y


def _projected(
    images: TensorLike, transform: TensorLike, interpolation: str, mode: str, value: float, data_format: str | None
) -> Tensor:
    """`images` by `transform`, `(batch, 8)` or `(1, 8)`."""
    value = fitting(value, dtype_of(images)) if interpolation == "nearest" and mode == "constant" else value
    return _changed(
        images, interpolation, data_format, lambda batch, order: warp_images(batch, transform, order, mode, value)
    )


def _same_images(images: Dims, *rest: object) -> Dims:
    return images


@composite(shape=_same_images, dtype=own_and_floats)
def warp_images(images: TensorLike, transform: TensorLike, order: int, mode: Name, value: float) -> Tensor:
    """Warp images by projective transforms.

    Args:
        images: `(batch, height, width, channels)`, floats of 32 or 64 bits except for order 0.
        transform: `(batch, 8)` or `(1, 8)`, as in `affine_transform`.
        order, mode, value: as in `sample`. The dtype of `images` holds `value`.
    """
    batch, x, y = _grid(images, transform, "channels_last")
    transform = broadcast_to(transform, (batch, 8))
    a0, a1, a2, b0, b1, b2, c0, c1 = (reshape(t, (-1, 1, 1)) for t in unstack(transform, 8, 1))
    k = _plane(c0, c1, 1, x, y)
    k = where(equal(k, 0), 1e-12, k)  # the horizon
    x, y = _plane(a0, a1, a2, x, y) / k, _plane(b0, b1, b2, x, y) / k
    return _drawn(given(images), x, y, order, mode, value)


def _plane(across: TensorLike, down: TensorLike, offset: TensorLike, x: Tensor, y: Tensor) -> Tensor:
    """`across x + down y + offset` for each image and pixel, `(batch, height, width)`."""
    return add(add(multiply(across, x), multiply(down, y)), offset)


def _for_each(images: Dims, given: Dims, shape: tuple[int, ...], name: str, where: str) -> None:
    """An error unless `given` is of `shape`, or has one of it for each image."""
    rest = given[1:] if len(given) == len(shape) + 1 else given
    batch = images[0] if len(images) == 4 else 1
    fits = rest == shape and (len(given) == len(shape) or may_equal(given[0], batch) or may_equal(given[0], 1))
    if not fits:
        raise ArgumentError(
            f"`{where}` needs `{name}` of shape {shape}, or one of them for each image. "
            f"Received shape {shown(given)} and images of shape {shown(images)}."
        )


# ---- transforms -------------------------------------------------------------------------------------------------


def _transformed(
    images: Dims,
    transform: Dims,
    interpolation: object = "bilinear",
    fill_mode: object = "constant",
    fill_value: object = 0,
    data_format: str | None = None,
) -> Dims:
    _check(images, interpolation, fill_mode, fill_value, data_format, "affine_transform")
    _for_each(images, transform, (8,), "transform", "affine_transform")
    return images


@composite(shape=_transformed, dtype=own_and_floats, eager_check=True)
def affine_transform(
    images: TensorLike,
    transform: TensorLike,
    interpolation: Name = "bilinear",
    fill_mode: Name = "constant",
    fill_value: float = 0,
    data_format: DataFormat = None,
) -> Tensor:
    """Warp images: pixel `(x, y)` is that of `images` at `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)`.

    `k = c0 x + c1 y + 1`. Positions are those of pixels' centres: x = 0, 1, ... from the left, y from the top.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        transform: `(8,)` or `(batch, 8)` floats, (a0, a1, a2, b0, b1, b2, c0, c1).
        interpolation: "nearest" or "bilinear".
        fill_mode, fill_value: what is beyond the border, as in `map_coordinates`.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The images in their shape and dtype; integers are rounded. Unlike Keras's, c0 and c1 count on every engine, one
        transform serves a batch, and it has gradients by `transform`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> identity = np.array([1, 0, 0, 0, 1, 0, 0, 0], "float32")
        >>> float(ops.max(ops.image.affine_transform(images, identity)))
        1.0
    """
    transform = expand_dims(transform, 0) if len(dims_of(transform)) == 1 else transform
    return _projected(images, transform, interpolation, fill_mode, fill_value, data_format)


def _seen(
    images: Dims,
    start_points: Dims,
    end_points: Dims,
    interpolation: object = "bilinear",
    fill_value: object = 0,
    data_format: str | None = None,
) -> Dims:
    _check(images, interpolation, "constant", fill_value, data_format, "perspective_transform")
    _for_each(images, start_points, (4, 2), "start_points", "perspective_transform")
    _for_each(images, end_points, (4, 2), "end_points", "perspective_transform")
    return images


@composite(shape=_seen, dtype=own_and_floats, eager_check=True)
def perspective_transform(
    images: TensorLike,
    start_points: TensorLike,
    end_points: TensorLike,
    interpolation: Name = "bilinear",
    fill_value: float = 0,
    data_format: DataFormat = None,
) -> Tensor:
    """Warp images so that four points move to four others.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        start_points: `(4, 2)` or `(batch, 4, 2)`, (x, y) of points in `images`, no three on a line.
        end_points: the same: where they are in the result.
        interpolation: "nearest" or "bilinear".
        fill_value: beyond the border.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The images in their shape and dtype; integers are rounded.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> corners = np.array([[0, 0], [3, 0], [0, 3], [3, 3]], "float32")
        >>> tuple(ops.image.perspective_transform(images, corners, corners).shape)
        (4, 4, 3)
    """
    start, end = (expand_dims(p, 0) if len(dims_of(p)) == 2 else p for p in (start_points, end_points))
    start, end = add(start, zeros_like(end)), add(end, zeros_like(start))  # one of them may serve the batch
    return _projected(images, homography(end, start), interpolation, "constant", fill_value, data_format)


def homography(points: Tensor, images: Tensor) -> Tensor:
    """`(batch, 8)`: the transform that takes four `points` to four `images`, both `(batch, 4, 2)` (x, y)."""
    x, y = points[:, :, 0], points[:, :, 1]
    u, v = images[:, :, 0], images[:, :, 1]
    none, one = zeros_like(x), ones_like(x)
    matrix = concatenate(
        [
            stack([x, y, one, none, none, none, -u * x, -u * y], -1),
            stack([none, none, none, x, y, one, -v * x, -v * y], -1),
        ],
        1,
    )
    return squeeze(solve(matrix, expand_dims(concatenate([u, v], 1), -1)), -1)


# ---- bending ----------------------------------------------------------------------------------------------------


def _bent(
    images: Dims,
    alpha: Dims,
    sigma: object = 5.0,
    interpolation: object = "bilinear",
    fill_mode: object = "reflect",
    fill_value: object = 0.0,
    seed: object = None,
    data_format: str | None = None,
) -> Dims:
    _check(images, interpolation, fill_mode, fill_value, data_format, "elastic_transform")
    if check.number(sigma, "sigma", "elastic_transform", low=0) == 0:
        raise ArgumentError("`elastic_transform` needs a positive `sigma`. Received sigma=0.")
    if alpha != ():
        raise ArgumentError(f"`elastic_transform` needs `alpha` to be one number. Received shape {shown(alpha)}.")
    return images


@composite(shape=_bent, dtype=own_and_floats, eager_check=True)
def elastic_transform(
    images: TensorLike,
    alpha: TensorLike = 20.0,
    sigma: float = 5.0,
    interpolation: Name = "bilinear",
    fill_mode: Name = "reflect",
    fill_value: float = 0.0,
    seed: object = None,
    data_format: DataFormat = None,
) -> Tensor:
    """Warp images by a smooth random field (Simard, Steinkraus & Platt, 2003).

    The field is `alpha` times normal noise of standard deviation `sigma`, blurred by a Gaussian of `sigma`; it is drawn
    for each image, and for rows and columns, so that places move by about `0.28 alpha` pixels, smoothly over `sigma`.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        alpha: how far.
        sigma: how smoothly, in pixels; positive.
        interpolation: "nearest" or "bilinear".
        fill_mode, fill_value: what is beyond the border, as in `map_coordinates`.
        seed: an int, a `SeedGenerator`, or None for the global generator.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The images in their shape and dtype; integers are rounded.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> images = np.ones((4, 4, 3), "float32")
        >>> tuple(ops.image.elastic_transform(images, sigma=1.0, seed=1).shape)
        (4, 4, 3)
    """
    batch, x, y = _grid(images, alpha, data_format)
    noise = OPS["random.normal"]((batch, dims_of(y)[0], dims_of(x)[1], 2), 0.0, sigma, dtype_of(alpha), seed)
    field = multiply(smooth_field(noise, sigma), alpha)
    return bend(images, field, interpolation, fill_mode, fill_value, data_format)


def smooth_field(noise: TensorLike, sigma: TensorLike) -> Tensor:
    """`(batch, height, width, 2)`: noise blurred by a Gaussian along rows and columns.

    Args:
        noise: `(batch, height, width, 2)` floats.
        sigma: the standard deviation: a number, or, where the size of images is not known, a tensor of one that is at
            most a third of the width, or 1.
    """
    if isinstance(sigma, (int, float)):
        weights = gaussian_weights(2 * math.ceil(3 * sigma - _ROUNDING) + 1, sigma)
        return weighted(weighted(noise, weights, 1, "same"), weights, 2, "same")
    rows, columns = (_places(noise, axis) for axis in (1, 2))
    last = columns[-1:]
    reached = concatenate([columns, add(last, 1), add(last, 2), add(last, 3)], 0)
    total = subtract(multiply(total_of(_bell(reached, sigma)), 2), 1)
    down, across = (divide(_bell(subtract(x[:, None], x), sigma), total) for x in (rows, columns))
    return einsum("vw,bhwc->bhvc", across, einsum("gh,bhwc->bgwc", down, noise))


def _places(x: TensorLike, axis: int) -> Tensor:
    return given(numbers(given(x), axis, dtype_of(x)))


def _bell(distance: Tensor, sigma: TensorLike) -> Tensor:
    """A normal distribution, not scaled, cut where the weights of known sizes end."""
    reach = ceil(subtract(multiply(sigma, 3), _ROUNDING))
    return where(less_equal(absolute(distance), reach), exp(multiply(square(divide(distance, sigma)), -0.5)), 0.0)


@composite(shape=_same_images, dtype=own_and_floats)
def bend(
    images: TensorLike,
    field: TensorLike,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value: float = 0.0,
    data_format=None,
) -> Tensor:
    """Warp images so that each pixel comes from a place off its own by `field`.

    Args:
        images: `(height, width, channels)` or a batch `(batch, height, width, channels)`, or channels first.
        field: `(batch, height, width, 2)` floats, how far to the right and downwards.
        interpolation, fill_mode, fill_value: as in `elastic_transform`.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.
    """
    _, x, y = _grid(images, field, data_format)
    across, down = unstack(field, 2, 3)
    x, y = add(across, x), add(down, y)
    return _changed(
        images, interpolation, data_format, lambda batch, order: _drawn(batch, x, y, order, fill_mode, fill_value)
    )
