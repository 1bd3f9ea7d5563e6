"""`Circle`: a loss on embeddings, by which of them have the same label."""

from __future__ import annotations

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.losses.base import FunctionLoss, LossDType, dtype_name, operands
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin


def circle(
    y_true: TensorLike,
    y_pred: TensorLike,
    ref_labels: TensorLike | None = None,
    ref_embeddings: TensorLike | None = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Tensor:
    """Compute the circle loss of each embedding: small where those of its label are near and all others are far.

    With `s` the similarity to a reference, `p` over references of the same label and `n` over all others, it is
    `softplus(logsumexp_n(gamma * relu(s + margin) * (s - margin)) + logsumexp_p(-gamma * relu(1 + margin - s) *
    (s - 1 + margin)))`. An embedding without both kinds of references has the loss 0.

    Args:
        y_true: labels, `(batch,)` or `(batch, 1)` integers.
        y_pred: embeddings of length 1, `(batch, size)`. They are not normalised here.
        ref_labels: labels of the references, `(references,)`; None: `y_true`.
        ref_embeddings: the references, `(references, size)`; None: `y_pred`.
        remove_diagonal: whether the reference at place `i` does not count for the embedding at place `i`. True where
            the references are the embeddings themselves.
        gamma: by what similarities are multiplied, at least 0.
        margin: how far similarities may be from 0 and 1, in [0, 1].

    Returns:
        One value per embedding, `(batch,)`.

    Raises:
        ArgumentError: if the shapes do not fit, or if labels of references come without embeddings or the other way
            round.

    Source: Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", 2020.

    Example:
        >>> import numpy as np
        >>> from keraslite import losses, ops
        >>> embeddings = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], "float32")
        >>> loss = losses.circle(np.array([0, 0, 1]), embeddings, gamma=1.0)
        >>> print(ops.convert_to_numpy(loss).round(3))
        [0.616 0.962 0.   ]
    """
    labels, y_pred = _labels(y_true), operands(0.0, y_pred)[1]
    if (ref_labels is None) != (ref_embeddings is None):
        raise ArgumentError(
            "`circle` needs `ref_labels` and `ref_embeddings` together. "
            f"Received {'`ref_labels`' if ref_embeddings is None else '`ref_embeddings`'} alone."
        )
    others = labels if ref_labels is None else _labels(ref_labels)
    references = y_pred if ref_embeddings is None else operands(0.0, ref_embeddings)[1]
    _check_shapes(labels, y_pred, others, references)
    # A similarity above 1 is rounding, or embeddings that are longer than 1.
    similarity = ops.minimum(ops.matmul(y_pred, ops.transpose(references)), 1.0)
    same = ops.equal(ops.expand_dims(labels, 1), ops.expand_dims(others, 0))
    counts = ops.ones_like(same)
    if remove_diagonal:
        rows, columns = (ops.arange(ops.shape(x)[0], dtype="int32") for x in (labels, others))
        counts = ops.not_equal(ops.expand_dims(rows, 1), ops.expand_dims(columns, 0))
    near = -gamma * ops.relu(1 + margin - similarity) * (similarity - (1 - margin))
    far = gamma * ops.relu(similarity + margin) * (similarity - margin)
    positive = _log_of_sum(near, ops.logical_and(same, counts))
    negative = _log_of_sum(far, ops.logical_and(ops.logical_not(same), counts))
    return ops.softplus(positive + negative)


def _labels(y_true: TensorLike) -> Tensor:
    labels = as_tensor(y_true)
    return ops.squeeze(labels, -1) if len(labels.shape) == 2 and labels.shape[-1] == 1 else labels


def _check_shapes(labels: Tensor, embeddings: Tensor, others: Tensor, references: Tensor) -> None:
    ranks = [len(x.shape) for x in (labels, embeddings, others, references)]
    if ranks != [1, 2, 1, 2]:
        raise ArgumentError(
            "`circle` needs labels of shape (batch,) and embeddings of shape (batch, size). Received shapes "
            f"{tuple(labels.shape)} and {tuple(embeddings.shape)}, for references {tuple(others.shape)} and "
            f"{tuple(references.shape)}."
        )


def _log_of_sum(values: Tensor, counts: Tensor) -> Tensor:
    """The logarithm of the sum of `exp(values)` along the rows where `counts` holds; far below 0 where it does not."""
    low = -3e4 if dtype_name(values) == "float16" else -1e9
    return ops.logsumexp(ops.where(counts, values, ops.cast(low, values.dtype)), axis=1)


@builtin("keras.losses")
class Circle(FunctionLoss):
    """Loss on embeddings that draws those of one label together and pushes those of different labels apart.

    Targets are labels, `(batch,)` or `(batch, 1)`; predictions are embeddings of length 1, `(batch, size)`. Each
    sample is compared with all others of the batch. `losses.circle` has the formula. A mean is one over the samples
    whose loss is above 0.

    Args:
        gamma: by what similarities are multiplied, at least 0.
        margin: how far similarities may be from 0 and 1, in [0, 1].
        remove_diagonal: whether a sample is not compared with itself.
        reduction: what becomes of the values per sample: "sum_over_batch_size", "mean", "sum",
            "mean_with_sample_weight" or "none".
        name: of the loss.
        dtype: in which the loss is computed; None is `config.floatx()`.

    Source: Sun et al., "Circle Loss: A Unified Perspective of Pair Similarity Optimization", 2020.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> embeddings = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], "float32")
        >>> round(float(keras.losses.Circle(gamma=1.0)(np.array([0, 0, 1]), embeddings)), 3)
        0.789
    """

    function = staticmethod(circle)
    arguments = ("gamma", "margin", "remove_diagonal")
    argument_checks = ranges.checks(gamma=ranges.number(0), margin=ranges.number(0, 1), remove_diagonal=ranges.flag)
    takes_indices = None
    shapes_wanted = "labels `y_true` of shape (batch,) and embeddings `y_pred` of shape (batch, size)"

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction: str | None = "sum_over_batch_size",
        name: str = "circle",
        dtype: LossDType = None,
    ):
        super().__init__(reduction, name, dtype)
        self.gamma, self.margin, self.remove_diagonal = gamma, margin, remove_diagonal

    def _convert_target(self, y_true: TensorLike) -> Tensor:
        return as_tensor(y_true)  # labels of any kind: only whether two are equal matters

    def call(self, y_true: TensorLike, y_pred: TensorLike) -> Tensor:
        """Compute the loss of each sample.

        Args:
            y_true: labels, `(batch,)` or `(batch, 1)`.
            y_pred: embeddings of length 1, `(batch, size)`.

        Returns:
            One value per sample, `(batch,)`.
        """
        return circle(y_true, y_pred, remove_diagonal=self.remove_diagonal, gamma=self.gamma, margin=self.margin)

    def value_mask(self, y_true: TensorLike, y_pred: TensorLike, values: Tensor) -> Tensor:
        """Let the samples count whose loss is not 0, as in Keras: those that are done do not make the mean small.

        Args:
            y_true: labels.
            y_pred: embeddings.
            values: the losses, `(batch,)`.

        Returns:
            Booleans, `(batch,)`.
        """
        return ops.not_equal(values, 0)  # NaN counts
