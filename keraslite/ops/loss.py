"""Crossentropies, one value a prediction or a row; the losses average them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keraslite import config
from keraslite.backend import dtypes as lattice
from keraslite.errors import ArgumentError
from keraslite.ops.activation import log_softmax, softplus
from keraslite.ops.comparison import equal, where
from keraslite.ops.core import shape as shape_of
from keraslite.ops.creation import zeros_like
from keraslite.ops.declare import AxisIndex, Tensor, TensorLike, composite, given
from keraslite.ops.dimension import may_equal, same
from keraslite.ops.dtype import Names, promote_float, to_float
from keraslite.ops.elementwise import clip
from keraslite.ops.exponential import log
from keraslite.ops.indexing import take_along_axis
from keraslite.ops.manipulation import expand_dims, squeeze
from keraslite.ops.reduction import sum
from keraslite.ops.shape import Dims, shown

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def _check_same_shape(target: TensorLike, output: TensorLike, where: str) -> None:
    first, second = shape_of(target), shape_of(output)
    if len(first) == len(second) and all(may_equal(a, b) for a, b in zip(first, second, strict=True)):
        return
    raise ArgumentError(
        f"`{where}` needs `target` and `output` of one shape. Received {shown(first)} and {shown(second)}."
    )


def _clipped(probabilities: TensorLike) -> Tensor:
    epsilon = config.epsilon()
    return clip(probabilities, epsilon, 1.0 - epsilon)


@composite(dtype=promote_float)
def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> Tensor:
    """Return `-(target * log(p) + (1 - target) * log(1 - p))`, element by element.

    Args:
        target: a tensor of any shape with values in [0, 1].
        output: probabilities `p`, which are clipped to `[epsilon, 1 - epsilon]`, or logits; of the shape of `target`.
        from_logits: whether `output` is logits instead of probabilities; False by default.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.binary_crossentropy([1.0], [0.5])).round(3))
        [0.693]
    """
    target, output = given(target), given(output)
    _check_same_shape(target, output, "binary_crossentropy")
    if from_logits:  # no absolute value, so that the gradient is right at 0
        return target * softplus(-output) + (1.0 - target) * softplus(output)
    p: Tensor = _clipped(output)
    return -(target * log(p) + (1.0 - target) * log(1.0 - p))


def _log_probabilities(output: Any, from_logits: bool, axis: int | None) -> Tensor:
    if from_logits:
        return log_softmax(output, axis)
    return log(_clipped(output / sum(output, axis=axis, keepdims=True)))


@composite(dtype=promote_float)
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: AxisIndex = -1
) -> Tensor:
    """Return `-sum(target * log(p))` along an axis.

    Args:
        target: distributions over classes.
        output: probabilities `p` (scaled to sum to 1, then clipped to `[epsilon, 1 - epsilon]`), or logits; of the
            shape of `target`.
        from_logits: whether `output` is logits instead of probabilities; False by default.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]])).round(3))
        [0.693]
    """
    _check_same_shape(target, output, "categorical_crossentropy")
    return -sum(target * _log_probabilities(output, from_logits, axis), axis=axis)


def _classes_and_floats(operands: Names, attributes: Mapping[str, object]) -> tuple[Names, str | Names | None]:
    output = to_float(lattice.promote(operands[1]))
    own = lattice.promote(operands[0])
    return (own if lattice.is_int(own) else "int32", output), output


@composite(dtype=_classes_and_floats)
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """Return `-log(p[target])` for class indices.

    Args:
        target: class indices, of the shape of `output` without `axis` (or with size 1 there, if it is the last). The
            result is 0 for indices outside `[0, classes)`.
        output: probabilities `p` (scaled to sum to 1, then clipped to `[epsilon, 1 - epsilon]`), or logits.
        from_logits: whether `output` is logits instead of probabilities; False by default.
        axis: the axis of the classes; -1 by default.

    Returns:
        A tensor of the shape of `output` without `axis`.

    Example:
        >>> from keraslite import ops
        >>> print(ops.convert_to_numpy(ops.sparse_categorical_crossentropy([1], [[0.5, 0.5]])).round(3))
        [0.693]
    """
    target, output = given(target), given(output)
    rank = len(output.shape)
    if rank < 1 or not -rank <= axis < rank:
        raise ArgumentError(
            f"`sparse_categorical_crossentropy` needs `axis` of `output`, whose rank is {rank}. Received axis={axis}."
        )
    axis %= rank
    sizes = shape_of(output)
    if len(target.shape) == rank and same(shape_of(target)[axis], 1):
        target = squeeze(target, axis=axis)
    _check_classes(shape_of(target), (*sizes[:axis], *sizes[axis + 1 :]), sizes)
    logarithms = _log_probabilities(output, from_logits, axis)
    target = expand_dims(target, axis)
    place = clip(target, 0, sizes[axis] - 1)
    picked = take_along_axis(logarithms, place, axis=axis)
    return squeeze(where(equal(place, target), -picked, zeros_like(picked)), axis=axis)


def _check_classes(target: Dims, wanted: Dims, output: Dims) -> None:
    if len(target) != len(wanted) or not all(may_equal(a, b) for a, b in zip(target, wanted, strict=True)):
        raise ArgumentError(
            f"`sparse_categorical_crossentropy` needs one class index a row: `target` of shape "
            f"{shown(wanted)}. Received shape {shown(target)} for `output` of shape "
            f"{shown(output)}. For one-hot targets use `categorical_crossentropy`."
        )
