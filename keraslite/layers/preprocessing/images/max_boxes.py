"""`MaxNumBoundingBoxes`: as many boxes for each image."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BaseImagePreprocessingLayer, Boxes, ImageOptions, Transformation
from keraslite.layers.preprocessing.images.data import Part
from keraslite.serialization import builtin

__all__ = ["MaxNumBoundingBoxes"]


@builtin("keras.layers")
class MaxNumBoundingBoxes(BaseImagePreprocessingLayer):
    """Gives every image the same number of bounding boxes: some are left out, or boxes of one value are added.

    Images, labels and segmentation masks stay as they are.

    Args:
        max_number: how many, a positive int.
        fill_value: what boxes and labels are filled up with. Default: -1.
        **kwargs: `data_format`; `bounding_box_format` for data with boxes; `name`, `dtype` and the other
            keywords of every layer (see `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same, with "boxes" `(batch, max_number, 4)` and "labels" `(batch, max_number)`.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> layer = layers.MaxNumBoundingBoxes(3, bounding_box_format="xyxy")
        >>> boxes = {"boxes": np.ones((1, 2, 4)), "labels": np.ones((1, 2), "int32")}
        >>> filled = layer.on_host()({"images": np.ones((1, 4, 4, 3)), "bounding_boxes": boxes})
        >>> filled["bounding_boxes"]["labels"].tolist()
        [[1, 1, -1]]
    """

    keeps_integers = True
    argument_checks = ranges.checks(max_number=ranges.positive_int, fill_value=ranges.integer())

    def __init__(self, max_number: int, fill_value: int = -1, **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(**kwargs)
        self.max_number, self.fill_value = max_number, fill_value

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        return images

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        return {name: self._filled(value) for name, value in bounding_boxes.items()}

    def _filled(self, values: Part) -> Part:
        kept = values[:, : self.max_number]
        rest = [(0, 0)] * (len(ops.shape(values)) - 2)
        missing = self.max_number - ops.shape(kept)[1]
        return ops.pad(kept, [(0, 0), (0, missing), *rest], constant_values=self.fill_value) if missing else kept
