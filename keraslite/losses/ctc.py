"""`CTC`: a loss on sequences of labels whose places in a longer sequence are not known."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import FunctionLoss, LossDType, operands
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def ctc(y_true: TensorLike, y_pred: TensorLike) -> Tensor:
    """Compute the negative logarithm of the probability of each sequence of labels, over all its alignments.

    All steps of `y_pred` count. Use `ops.ctc_loss` where sequences are of several lengths.

    Args:
        y_true: labels, `(batch, length)` integers. 0 is the blank class and fills up shorter sequences: of a row with
            `n` labels other than 0 the first `n` count.
        y_pred: logits, `(batch, steps, classes)`.

    Returns:
        One value per sequence, `(batch,)`; infinite if there are too few steps for the labels.

    Raises:
        ArgumentError: if the shapes are not like that.

    Source: Graves et al., "Connectionist Temporal Classification", 2006.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> loss = losses.ctc(np.array([[1, 2, 0]]), np.zeros((1, 4, 3), "float32"))
        >>> print(ops.convert_to_numpy(loss).round(3))
        [1.686]
    """
    labels, logits = as_tensor(y_true), operands(0.0, y_pred)[1]
    if len(labels.shape) != 2 or len(logits.shape) != 3:
        raise ArgumentError(
            "`ctc` needs `y_true` of shape (batch, length) and `y_pred` of shape (batch, steps, classes). Received "
            f"shapes {tuple(labels.shape)} and {tuple(logits.shape)}."
        )
    labels = ops.cast(labels, "int32")
    lengths = ops.sum(ops.cast(ops.not_equal(labels, 0), "int32"), axis=1)
    batch, steps = ops.shape(logits)[:2]
    return ops.ctc_loss(labels, logits, lengths, ops.broadcast_to(ops.cast(steps, "int32"), (batch,)), mask_index=0)


@builtin("keras.losses")
class CTC(FunctionLoss):
    """Loss of sequences of labels that are shorter than the sequences they are predicted from.

    Targets are labels, `(batch, length)`, filled up with 0; predictions are logits, `(batch, steps, classes)`, whose
    class 0 is the blank. `losses.ctc` has the details.

    Args:
        reduction: what becomes of the values per sequence: "sum_over_batch_size", "mean", "sum",
            "mean_with_sample_weight" or "none".
        name: of the loss.
        dtype: in which the loss is computed; None is `config.floatx()`.

    Source: Graves et al., "Connectionist Temporal Classification", 2006.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> round(float(keras.losses.CTC()(np.array([[1, 2, 0]]), np.zeros((1, 4, 3), "float32"))), 3)
        1.686
    """

    function = staticmethod(ctc)
    takes_indices = True
    shapes_wanted = "`y_true` of shape (batch, length) and `y_pred` of shape (batch, steps, classes)"

    def __init__(self, reduction: str | None = "sum_over_batch_size", name: str = "ctc", dtype: LossDType = None):
        super().__init__(reduction, name, dtype)
