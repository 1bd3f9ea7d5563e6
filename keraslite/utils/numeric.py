"""Conversions of arrays on the host."""

from __future__ import annotations

import numpy as np

from keraslite import ops
from keraslite.backend import registry
from keraslite.check import positive_int
from keraslite.errors import ArgumentError
from keraslite.types import Tensor, TensorLike

__all__ = ["normalize", "to_categorical"]


def to_categorical(x: TensorLike, num_classes: int | None = None) -> np.ndarray | Tensor:
    """Return class indices `(...)` or `(..., 1)` as one-hot rows `(..., num_classes)` of float32.

    Args:
        x: integers in [0, num_classes).
        num_classes: None is the largest index plus 1.

    Example:
        >>> from keraslite import utils
        >>> utils.to_categorical([0, 2]).tolist()
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    engine = registry.engine_of(x)
    if engine is not None:
        size = num_classes if num_classes is not None else int(ops.convert_to_numpy(ops.max(x))) + 1
        squeezed = ops.squeeze(x, -1) if ops.ndim(x) > 1 and ops.shape(x)[-1] == 1 else x
        return ops.one_hot(ops.cast(squeezed, "int32"), size)
    labels = np.asarray(x)
    if labels.dtype.kind not in "iufb":
        raise ArgumentError(f"`to_categorical` needs class indices. Received an array of dtype {labels.dtype}.")
    labels = labels.astype("int64")
    if labels.ndim > 1 and labels.shape[-1] == 1:
        labels = labels[..., 0]
    low, high = (int(labels.min()), int(labels.max())) if labels.size else (0, -1)
    size = positive_int(max(high + 1, 1) if num_classes is None else num_classes, "num_classes", "to_categorical")
    if low < 0 or high >= size:
        raise ArgumentError(
            f"`to_categorical` needs indices from 0 to {size - 1}. Received {low if low < 0 else high}."
        )
    return np.eye(size, dtype="float32")[labels]


def normalize(x: TensorLike, axis: int = -1, order: int = 2) -> np.ndarray | Tensor:
    """Divide an array by its norm along an axis; zeros stay zeros.

    Args:
        x: an array or tensor of at least one axis.
        axis: the axis of the vectors; -1 by default.
        order: of the norm, at least 1; 2 by default.

    Example:
        >>> from keraslite import utils
        >>> [round(float(x), 2) for x in utils.normalize([[3.0, 4.0]])[0]]
        [0.6, 0.8]
    """
    if registry.engine_of(x) is not None:
        return ops.normalize(x, axis=axis, order=order)
    array = np.asarray(x)
    norm = np.atleast_1d(np.linalg.norm(array, order, axis))
    norm[norm == 0] = 1
    return array / np.expand_dims(norm, axis) if array.ndim > 1 else array / norm
