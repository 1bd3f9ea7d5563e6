"""`RandomRotation`: images turned at random."""

from __future__ import annotations

import math
from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Length, Sample
from keraslite.layers.preprocessing.images.warp import FillMode, Interpolation, Warp, centre_of
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomRotation"]


@builtin("keras.layers")
class RandomRotation(Warp):
    """Turns each image at random in training, about its middle.

    Bounding boxes and segmentation masks turn with their images; a turned box is the smallest one around its corners.

    Args:
        factor: the angle in full turns, anticlockwise: a pair (lower, upper), or a number f for (-f, f), in [-1, 1].
        fill_mode: what is beyond the border: "reflect" mirrors about the edge, "mirror" about the outermost pixel,
            "wrap" repeats the image, "nearest" the outermost pixel, "constant" takes `fill_value`. Default: "reflect".
        interpolation: "nearest" or "bilinear". Default: "bilinear".
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        fill_value: a number, what `fill_mode="constant"` fills with. Default: 0.0.
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
        >>> from keraslite import layers, ops
        >>> images = np.arange(4.0).reshape(1, 2, 2, 1)
        >>> turned = layers.RandomRotation((0.25, 0.25))(images)
        >>> ops.convert_to_numpy(turned).round(3).reshape(2, 2).tolist()
        [[1.0, 3.0], [0.0, 2.0]]
    """

    argument_checks = ranges.checks(factor=ranges.interval(-1.0, 1.0))

    def __init__(
        self,
        factor: Factor,
        fill_mode: FillMode = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self._keep(fill_mode, interpolation, fill_value, seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        angle = self._uniform((images,), *self._bounds(self.factor), seed) * 360.0
        shape = (images, height, width)
        matrix = _rotation(angle, shape)
        return {"angle": angle, "rotation_matrix": matrix, "input_shape": shape}

    def _matrix(self, transformation: Transformation) -> Tensor:
        return transformation["rotation_matrix"][:, :6]


def _rotation(degrees: Tensor, shape: tuple[Length, Length, Length]) -> Tensor:
    cx, cy = centre_of({"input_shape": shape})
    angle = degrees * (math.pi / 180)
    cos, sin = ops.cos(angle), ops.sin(angle)
    return ops.stack([cos, -sin, cx - cx * cos + cy * sin, sin, cos, cy - cx * sin - cy * cos], 1)
