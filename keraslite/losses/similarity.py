"""The angle between targets and predictions."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.losses.base import FunctionLoss, LossDType, operands, same_rank
from keraslite.serialization import builtin


def cosine_similarity(y_true: TensorLike, y_pred: TensorLike, axis: int = -1) -> Tensor:
    """Return minus the cosine of the angle between two vectors.

    The result is in [-1, 1]: -1 if the vectors point the same way, 0 if they are orthogonal or one of them is 0.

    Args:
        y_true: targets, `(batch, ..., d)`.
        y_pred: predictions, of the same shape.
        axis: the axis of the vectors; -1 by default.

    Returns:
        A tensor of the shape of `y_true` without `axis`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.cosine_similarity(np.array([[1.0, 0.0]]), np.array([[2.0, 2.0]]))
        >>> round(float(loss[0]), 3)
        -0.707
    """
    true, pred = same_rank(*operands(y_true, y_pred))
    return -ops.sum(ops.multiply(unit(true, axis), unit(pred, axis)), axis=axis)


def unit(x: Tensor, axis: int) -> Tensor:
    """Return `x` with length 1 along `axis`; zeros stay zeros."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


@builtin("keras.losses")
class CosineSimilarity(FunctionLoss):
    """Minus the cosine of the angle between targets and predictions, both `(batch, ..., d)`.

    The loss is in [-1, 1]: -1 if the vectors point the same way, 0 if they are orthogonal or one of them is 0.

    Args:
        axis: the axis of the vectors, an int; -1 by default.
        reduction: how the values per sample become one number: "sum_over_batch_size" (default), "mean", "sum",
            "mean_with_sample_weight" or "none"; see `Loss`.
        name: of the loss, for logs and error messages.
        dtype: the dtype in which the loss is computed; None (default) is `config.floatx()`.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses
        >>> loss = losses.CosineSimilarity()
        >>> round(float(loss(np.array([[1.0, 0.0]]), np.array([[2.0, 2.0]]))), 3)
        -0.707
    """

    function = staticmethod(cosine_similarity)
    arguments = ("axis",)
    argument_checks = ranges.checks(axis=ranges.axes | None)

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.axis = axis
