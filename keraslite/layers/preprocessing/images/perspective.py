"""`RandomPerspective`: images seen from elsewhere at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import Boxes, BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.moving import around, moved_boxes
from keraslite.layers.preprocessing.images.warp import INTERPOLATION, Interpolation, Warp
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.image.warps import homography
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomPerspective"]


@builtin("keras.layers")
class RandomPerspective(Warp):
    """Moves the corners of some images at random in training, as if the camera had moved.

    Bounding boxes and segmentation masks move with their images; a moved box is the smallest one around its corners.

    Args:
        factor: the chance of an image to be changed, which is drawn itself: a pair (lower, upper) of [0, 1], or a
            number f for (0, f). Default: 1.0, so about half of the images are changed; (1, 1) changes all.
        scale: how far a corner moves at most along each axis, as a part of half the image, in [0, 1]. Default: 1.0.
        interpolation: "nearest" or "bilinear". Default: "bilinear".
        fill_value: a number, what is beyond the border. Default: 0.0.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> tuple(layers.RandomPerspective(scale=0.2, seed=1)(np.ones((2, 8, 8, 3))).shape)
        (2, 8, 8, 3)
    """

    factor_bounds = (0.0, 1.0)
    argument_checks = ranges.checks(
        factor=ranges.interval(0.0, 1.0), scale=ranges.number(0.0, 1.0), interpolation=INTERPOLATION
    )

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: float = 1.0,
        interpolation: Interpolation = "bilinear",
        fill_value: float = 0.0,
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale = scale
        self._keep("constant", interpolation, fill_value, seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((10, images), 0, 1, seed)
        low, high = self._bounds(self.factor)
        chosen = ops.less(drawn[0], drawn[1] * (high - low) + low)
        right, bottom = (ops.cast(length - 1, "float32") for length in (width, height))
        none = ops.zeros_like(right)
        start = ops.stack([ops.stack(p) for p in ((none, none), (right, none), (none, bottom), (right, bottom))])
        start = ops.broadcast_to(start, (images, 4, 2))
        moved = (ops.reshape(ops.transpose(drawn[2:]), (-1, 4, 2)) - 0.5) * self.scale * ops.stack([right, bottom])
        return {
            "apply_perspective": chosen,
            "start_points": start,
            "end_points": start + moved,
            "input_shape": (images, height, width),
        }

    def _warped(self, images: Tensor, transformation: Transformation, training: bool, interpolation: str) -> Tensor:
        if transformation is None or not training:
            return images
        chosen = ops.reshape(transformation["apply_perspective"], (-1, 1, 1, 1))
        changed = ops.image.perspective_transform(
            images,
            transformation["start_points"],
            transformation["end_points"],
            interpolation,
            self.fill_value,
            self.data_format,
        )
        return ops.where(chosen, changed, images)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        matrix = homography(transformation["start_points"], transformation["end_points"])
        a0, a1, a2, b0, b1, b2, c0, c1 = (ops.reshape(part, (-1, 1, 1)) for part in ops.unstack(matrix, 8, 1))
        chosen = ops.reshape(transformation["apply_perspective"], (-1, 1, 1))

        def moved(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            depth = c0 * x + c1 * y + 1
            new_x, new_y = (a0 * x + a1 * y + a2) / depth, (b0 * x + b1 * y + b2) / depth
            return ops.where(chosen, new_x, x), ops.where(chosen, new_y, y)

        size = transformation["input_shape"][1:3]
        return moved_boxes(bounding_boxes, self.bounding_box_format, size, around(moved))
