"""`CutMix`: rectangles of images taken from other images."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.images.base import (
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
)
from keraslite.layers.preprocessing.images.mixing import MixingPairs
from keraslite.layers.preprocessing.images.patches import permuted, rectangles
from keraslite.layers.types import DataFormat, Factor
from keraslite.random import generators
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["CutMix"]


@builtin("keras.layers")
class CutMix(MixingPairs):
    """Replaces a rectangle of each image of a batch in training by that of another one, and mixes labels by the areas.

    Segmentation masks are cut and pasted like their images. Bounding boxes cannot be.

    Args:
        factor: both parameters of the beta distribution that the share of the image is drawn from: a pair (lower,
            upper) that they are drawn from, or a number f for (0, f), in [0, 1]. Default: 1.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if labels are no floats, or if there are
            bounding boxes.

    Source:
        Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features", 2019.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> data = {"images": np.ones((4, 8, 8, 3)), "labels": np.eye(4, dtype="float32")}
        >>> mixed = layers.CutMix(seed=1)(data)
        >>> ops.convert_to_numpy(ops.sum(mixed["labels"], axis=1)).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    factor_bounds = (0.0, 1.0)
    argument_checks = ranges.checks(factor=ranges.interval(0.0, 1.0))

    def __init__(
        self,
        factor: Factor = 1.0,
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((4, images), 0, 1, seed)
        low, high = self._bounds(self.factor)
        alpha = ops.maximum(drawn[0] * (high - low) + low, 1e-3)
        with generators.portable():
            weight = random.beta((images,), alpha, alpha, "float32", seed or self.generator)
        side = ops.sqrt(1 - weight)
        rows, columns = (ops.round(side * ops.cast(length, "float32")) for length in (height, width))
        top, left = (
            ops.round(place * ops.cast(length, "float32") - count / 2)
            for place, length, count in ((drawn[1], height, rows), (drawn[2], width, columns))
        )
        masks = rectangles(top, left, rows, columns, (height, width), self.data_format)
        weight = 1 - ops.mean(ops.cast(masks, "float32"), axis=(1, 2, 3))
        return {"permutation_order": permuted(drawn[3]), "batch_masks": masks, "mix_weight": weight}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        others = ops.take(images, transformation["permutation_order"], axis=0)
        return ops.where(transformation["batch_masks"], others, images)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        raise ArgumentError(
            f"{title(self)} needs data without bounding boxes, since it would cut through them. Received some. Use "
            "`Mosaic` or `MixUp`."
        )
