"""`MixUp`: pairs of images blended."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import (
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
)
from keraslite.layers.preprocessing.images.data import over_images
from keraslite.layers.preprocessing.images.mixing import MixingPairs
from keraslite.layers.preprocessing.images.patches import permuted
from keraslite.layers.types import DataFormat
from keraslite.random import generators
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["MixUp"]


@builtin("keras.layers")
class MixUp(MixingPairs):
    """Blends each image of a batch with another one in training, and their labels in the same shares.

    The share of the image itself is drawn from a beta distribution. Segmentation masks are blended in the same shares,
    and an image gets the bounding boxes of both.

    Args:
        alpha: both parameters of the beta distribution, at least 0. With small values one of the two images dominates;
            with 0 images stay as they are. Default: 0.2.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if labels are no floats.

    Source:
        Zhang et al., "mixup: beyond empirical risk minimization", 2018.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> data = {"images": np.ones((4, 8, 8, 3)), "labels": np.eye(4, dtype="float32")}
        >>> mixed = layers.MixUp(seed=1)(data)
        >>> ops.convert_to_numpy(ops.sum(mixed["labels"], axis=1)).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    argument_checks = ranges.checks(alpha=ranges.unsigned)

    def __init__(
        self,
        alpha: float = 0.2,
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.alpha, self.seed = alpha, seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training or not self.alpha:
            return None
        images = self._sizes(data)[0]
        order = permuted(self._uniform((images,), 0, 1, seed))
        with generators.portable():
            weight = random.beta((images,), self.alpha, self.alpha, "float32", seed or self.generator)
        return {"mix_weight": weight, "permutation_order": order}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        images = ops.cast(images, self.compute_dtype)
        share = over_images(ops.cast(transformation["mix_weight"], self.compute_dtype), images)
        return share * images + (1 - share) * ops.take(images, transformation["permutation_order"], axis=0)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        order = transformation["permutation_order"]
        return {
            name: ops.concatenate([value, ops.take(value, order, axis=0)], axis=1)
            for name, value in bounding_boxes.items()
        }
