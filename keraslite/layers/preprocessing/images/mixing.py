"""What layers share that put images together from several."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer, Transformation
from keraslite.layers.preprocessing.images.data import over_images

__all__ = ["Mixing", "MixingPairs", "float_labels"]


class Mixing(BaseImagePreprocessingLayer):
    """A layer whose images are made of several. Segmentation masks are mixed as images are."""

    def transform_segmentation_masks(
        self, segmentation_masks: Tensor, transformation: Transformation, training: bool = True
    ) -> Tensor:
        return self.transform_images(segmentation_masks, transformation, training)


class MixingPairs(Mixing):
    """A layer whose images are made of two, in the shares "mix_weight", the second ones in "permutation_order"."""

    def transform_labels(self, labels: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return labels
        labels = float_labels(title(self), labels)
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
