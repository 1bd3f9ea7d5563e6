"""Labels of images that were put together from several."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.data import Part, over_images

__all__ = ["float_labels", "mixed_labels"]


def mixed_labels(who: str, labels: Tensor, transformation: Part, training: bool) -> Tensor:
    """Labels of pairs in the shares "mix_weight", the second ones in the order "permutation_order"."""
    if transformation is None or not training:
        return labels
    labels = float_labels(who, labels)
    share = over_images(ops.cast(ops.reshape(transformation["mix_weight"], (-1,)), ops.dtype(labels)), labels)
    return share * labels + (1 - share) * ops.take(labels, transformation["permutation_order"], axis=0)


def float_labels(who: str, labels: Tensor) -> Tensor:
    """The labels; an error if they are class indices, which have no shares."""
    labels = ops.convert_to_tensor(labels)
    if not dtypes.is_float(ops.dtype(labels)):
        raise ArgumentError(
            f"{who} needs labels in floats, one number per class. Received dtype {ops.dtype(labels)}. Make them by "
            "`utils.to_categorical`."
        )
    return labels
