"""Statistics of a tensor, and tensors brought to mean 0, variance 1 or norm 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite.errors import ArgumentError
from keraslite.ops.core import cast
from keraslite.ops.core import dtype as dtype_of
from keraslite.ops.core import shape as shape_of
from keraslite.ops.declare import Axis, AxisIndex, Epsilon, Tensor, TensorLike, composite, given, given_number
from keraslite.ops.differentiation import stop_gradient
from keraslite.ops.dimension import may_equal
from keraslite.ops.dtype import Names, promote_float
from keraslite.ops.elementwise import absolute, maximum, power, square
from keraslite.ops.exponential import rsqrt
from keraslite.ops.manipulation import reshape, squeeze
from keraslite.ops.reduction import max, mean, sum
from keraslite.ops.shape import Dims, broadcast, shown

__all__ = ["batch_normalization", "layer_normalization", "moments", "normalize", "rms_normalization"]

_HALF = ("float16", "bfloat16")


def wide(x: Any) -> Tensor:
    """Half precision as float32: sums of squares overflow or lose everything in it."""
    return cast(x, "float32") if dtype_of(x) in _HALF else x


@composite(dtype=promote_float)
def moments(x: TensorLike, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance over axes (divided by n); half precision is summed in float32.

    Args:
        x: any shape.
        axes: int, several, or None for all.
        keepdims: whether the axes stay with size 1.
        synchronized: accepted as in Keras. Where a batch is sharded over devices, statistics are always the
            whole batch's.

    Returns:
        `(mean, variance)`.

    Example:
        >>> from keraslite import ops
        >>> [float(x) for x in ops.moments([1.0, 3.0], axes=[0])]
        [2.0, 1.0]
    """
    dtype = dtype_of(x)
    x = wide(x)
    center = mean(x, axis=axes, keepdims=True)
    variance = mean(square(x - center), axis=axes, keepdims=keepdims)
    if not keepdims:
        center = squeeze(center, axis=axes) if axes else center
    return cast(center, dtype), cast(variance, dtype)


def _along(x: TensorLike, parameter: Any, axes: Any, name: str, where: str) -> Tensor:
    """`parameter`, whose axes are `axes` of `x`, in a shape that broadcasts with `x`."""
    given = tuple(parameter.shape)
    dims = _dims_along(shape_of(x), given, axes, name, where)
    return parameter if dims == given else reshape(parameter, dims)


def _dims_along(sizes: Dims, given: Dims, axes: tuple[int, ...], name: str, where: str) -> Dims:
    """`_along` for shapes."""
    if len(given) == len(sizes) or given == ():  # broadcasts as it is
        return given
    wanted = tuple(sizes[a] for a in axes)
    if len(given) != len(axes) or any(not may_equal(w, g) for w, g in zip(wanted, given, strict=True)):
        raise ArgumentError(
            f"`{where}` needs `{name}` of shape {shown(wanted)}: the sizes of `x` along the axes "
            f"{axes}. Received shape {shown(given)}."
        )
    if axes == tuple(range(len(sizes) - len(axes), len(sizes))):
        return given
    return tuple(d if i in axes else 1 for i, d in enumerate(sizes))


def _normalized_shape(where: str, x: Dims, axes: tuple[int, ...], **parameters: Dims | None) -> Dims:
    given = {name: dims for name, dims in parameters.items() if dims is not None}
    return broadcast(x, *(_dims_along(x, dims, axes, name, where) for name, dims in given.items()))


def _batch_shape(
    x: Dims, mean: Dims, variance: Dims, axis: int, offset: Dims | None, scale: Dims | None, epsilon: float | None
) -> Dims:
    parameters = {"variance": variance, "scale": scale, "mean": mean, "offset": offset}
    return _normalized_shape("batch_normalization", x, (axis,), **parameters)


def _layer_shape(x: Dims, gamma: Dims | None, beta: Dims | None, axis: tuple[int, ...], epsilon: float | None) -> Dims:
    return _normalized_shape("layer_normalization", x, axis, gamma=gamma, beta=beta)


def _rms_shape(x: Dims, scale: Dims | None, axis: tuple[int, ...], epsilon: float | None) -> Dims:
    return _normalized_shape("rms_normalization", x, axis, scale=scale)


@composite(shape=_batch_shape, dtype=promote_float)
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    variance: TensorLike,
    axis: AxisIndex,
    offset: TensorLike | None = None,
    scale: TensorLike | None = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """Return `(x - mean) / sqrt(variance + epsilon) * scale + offset` (Ioffe & Szegedy, 2015).

    Args:
        x: any shape.
        mean, variance, offset, scale: `(x.shape[axis],)`.
        axis: the axis of features.
        epsilon: added to the variance.

    Example:
        >>> from keraslite import ops
        >>> x = ops.batch_normalization([[3.0, 5.0]], [1.0, 1.0], [4.0, 4.0], axis=-1, epsilon=0.0)
        >>> ops.convert_to_numpy(x).tolist()
        [[1.0, 2.0]]
    """

    def fitted(parameter: TensorLike, name: str) -> Tensor:
        return _along(x, parameter, (axis,), name, "batch_normalization")

    factor = rsqrt(fitted(variance, "variance") + epsilon)
    if scale is not None:
        factor = factor * fitted(scale, "scale")
    result = (x - fitted(mean, "mean")) * factor
    return result if offset is None else result + fitted(offset, "offset")


@composite(dtype=promote_float)
def normalize_batch(
    x: TensorLike, scale: TensorLike | None = None, offset: TensorLike | None = None, axis: AxisIndex = -1, epsilon=1e-3
) -> tuple[Tensor, Tensor, Tensor]:
    """`batch_normalization` with the mean and the variance of `x` over all axes but `axis`. Not exported.

    Returns:
        The result, and that mean and variance, `(x.shape[axis],)`, through which no gradients go.
    """
    x = given(x)
    center, variance = moments(x, tuple(i for i in range(len(x.shape)) if i != axis))
    result = batch_normalization(x, center, variance, axis, offset, scale, epsilon)
    return result, stop_gradient(center), stop_gradient(variance)


def _of_first(dtypes: Names, attributes: Mapping[str, object]) -> tuple[Names, str | Names | None]:
    """Computed in what all promote to; the result has the dtype of the first, whatever scales and shifts it."""
    return promote_float(dtypes, attributes)[0], promote_float(dtypes[:1], attributes)[1]


@composite(shape=_layer_shape, dtype=_of_first)
def layer_normalization(
    x: TensorLike,
    gamma: TensorLike | None = None,
    beta: TensorLike | None = None,
    axis: Axis = -1,
    epsilon: Epsilon = None,
) -> Tensor:
    """Give each vector mean 0 and variance 1, then return it `* gamma + beta` (Ba et al., 2016).

    Args:
        x: any shape.
        gamma, beta: the sizes of `x` along `axis`.
        axis: int, or several.
        epsilon: added to the variance; None: `config.epsilon()`.

    Half precision is computed in float32.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.layer_normalization([1.0, 3.0])).round(2))
        [-1.  1.]
    """
    dtype = dtype_of(x)
    values = wide(x)
    center = mean(values, axis=axis, keepdims=True)
    centered = values - center
    variance = mean(square(centered), axis=axis, keepdims=True)
    factor = rsqrt(variance + given_number(epsilon))
    if gamma is not None:
        factor = factor * wide(_along(x, gamma, axis, "gamma", "layer_normalization"))
    result = centered * factor
    if beta is not None:
        result = result + wide(_along(x, beta, axis, "beta", "layer_normalization"))
    return cast(result, dtype)


@composite(dtype=_of_first)
def group_normalization(
    x: TensorLike,
    scale: TensorLike | None = None,
    offset: TensorLike | None = None,
    groups: int = 1,
    axis: AxisIndex = -1,
    epsilon=1e-3,
) -> Tensor:
    """Give each group of channels of each sample mean 0 and variance 1. Not exported.

    The mean and the variance are those over all axes but the batch (axis 0), among the channels of the group. The
    result is `* scale + offset` (Wu & He, 2018). Half precision is computed in float32.
    """
    x, axis = given(x), int(given_number(axis))
    dtype, sizes = dtype_of(x), shape_of(x)
    width = sizes[axis] // groups
    parts = reshape(wide(x), (*sizes[:axis], groups, width, *sizes[axis + 1 :]))
    others = tuple(i for i in range(1, len(sizes) + 1) if i != axis)
    along = [groups if i == axis else width if i == axis + 1 else 1 for i in range(len(sizes) + 1)]
    centered = parts - mean(parts, axis=others, keepdims=True)
    factor = rsqrt(mean(square(centered), axis=others, keepdims=True) + epsilon)
    if scale is not None:
        factor = factor * reshape(wide(scale), along)
    result = centered * factor
    if offset is not None:
        result = result + reshape(wide(offset), along)
    return cast(reshape(result, sizes), dtype)


@composite(shape=_rms_shape, dtype=_of_first)
def rms_normalization(
    x: TensorLike, scale: TensorLike | None = None, axis: Axis = -1, epsilon: Epsilon = None
) -> Tensor:
    """Divide each vector by the root of its mean square, and multiply it by `scale` (Zhang & Sennrich, 2019).

    Args:
        x: any shape.
        scale: the sizes of `x` along `axis`.
        axis: int, or several.
        epsilon: added to the mean square; None: `config.epsilon()`.

    Half precision is computed in float32.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.rms_normalization([3.0, 3.0])).round(2))
        [1. 1.]
    """
    dtype = dtype_of(x)
    values = wide(x)
    result = values * rsqrt(mean(square(values), axis=axis, keepdims=True) + given_number(epsilon))
    if scale is not None:
        result = result * wide(_along(x, scale, axis, "scale", "rms_normalization"))
    return cast(result, dtype)


@composite(dtype=promote_float)
def normalize(x: TensorLike, axis: Axis = -1, order: int = 2, epsilon: Epsilon = None) -> Tensor:
    """Divide a tensor by its norm along axes. Norms below `epsilon` count as `epsilon`.

    Args:
        x: a tensor of any shape.
        axis: the axis or axes of the vectors; -1 by default, None for all.
        order: of the norm, an integer of at least 1; 2 by default.
        epsilon: the least norm; None (default) for `config.epsilon()`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.normalize([3.0, 4.0])).round(3))
        [0.6 0.8]
    """
    x = given(x)
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ArgumentError(f"`normalize` needs `order` to be an integer of at least 1. Received order={order!r}.")
    smallest = given_number(epsilon)
    if order == 2:
        return x * rsqrt(maximum(sum(square(x), axis=axis, keepdims=True), smallest**2))
    if order == 1:
        return x / maximum(sum(absolute(x), axis=axis, keepdims=True), smallest)
    size = absolute(x)
    # Scaled by the largest element so that high powers do not overflow.
    largest = maximum(max(size, axis=axis, keepdims=True), smallest)
    norm = largest * power(sum(power(size / largest, order), axis=axis, keepdims=True), 1.0 / order)
    return x / maximum(norm, smallest)
