"""`RandomElasticTransform`: images bent at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import Boxes, BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.warp import FillMode, Interpolation, Warp
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.image.warps import bend, smooth_field
from keraslite.random import generators
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomElasticTransform"]


@builtin("keras.layers")
class RandomElasticTransform(Warp):
    """Bends some images at random in training, as `ops.image.elastic_transform` does.

    Segmentation masks are bent by the same field as their images. Bounding boxes stay, since no pixel moves far.

    Args:
        factor: the chance of an image to be changed, which is drawn itself: a pair (lower, upper) of [0, 1], or a
            number f for (0, f). Default: 1.0, so about half of the images are changed; (1, 1) changes all.
        scale: how far pixels move, drawn per image: a pair (lower, upper), or a number f for (0, f), in [0, 1]. With 1
            the `alpha` of the field is a tenth of the height. Default: 1.0.
        interpolation: "nearest" or "bilinear". Default: "bilinear".
        fill_mode: what is beyond the border: "reflect" mirrors about the edge, "mirror" about the outermost pixel,
            "wrap" repeats the image, "nearest" the outermost pixel, "constant" takes `fill_value`. Default: "reflect".
        fill_value: a number, what `fill_mode="constant"` fills with. Default: 0.0.
        value_range: (lowest, highest) value of a pixel, which results are cut to. Default: (0, 255).
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

    Source:
        Simard, Steinkraus and Platt, "Best practices for convolutional neural networks applied to visual document
        analysis", 2003.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers
        >>> tuple(layers.RandomElasticTransform(seed=1)(np.ones((2, 16, 16, 3))).shape)
        (2, 16, 16, 3)
    """

    factor_bounds = (0.0, 1.0)
    argument_checks = ranges.checks(
        factor=ranges.interval(0.0, 1.0), scale=ranges.interval(0.0, 1.0), value_range=ranges.items(ranges.number(), 2)
    )

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = 1.0,
        interpolation: Interpolation = "bilinear",
        fill_mode: FillMode = "reflect",
        fill_value: float = 0.0,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.scale, self.value_range = self._bounds(scale), tuple(value_range)
        self._keep(fill_mode, interpolation, fill_value, seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((3, images), 0, 1, seed)
        (low, high), (weak, strong) = self._bounds(self.factor), self._bounds(self.scale)
        chosen = ops.less(drawn[0], drawn[1] * (high - low) + low)
        alpha = (drawn[2] * (strong - weak) + weak) * 0.1 * ops.cast(height, "float32")
        sigma = 0.05 * width if isinstance(width, int) else ops.multiply(ops.cast(width, "float32"), 0.05)
        sigma = max(sigma, 0.5) if isinstance(sigma, float) else ops.maximum(sigma, 0.5)
        with generators.portable():
            noise = random.normal((images, height, width, 2), 0.0, sigma, "float32", seed or self.generator)
        field = smooth_field(noise, sigma) * ops.reshape(alpha, (-1, 1, 1, 1))
        return {"apply_transform": chosen, "field": field}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        changed = super().transform_images(images, transformation, training)
        return ops.clip(changed, *self.value_range) if transformation is not None and training else changed

    def _warped(self, images: Tensor, transformation: Transformation, training: bool, interpolation: str) -> Tensor:
        if transformation is None or not training:
            return images
        chosen = ops.reshape(transformation["apply_transform"], (-1, 1, 1, 1))
        changed = bend(
            images, transformation["field"], interpolation, self.fill_mode, self.fill_value, self.data_format
        )
        return ops.where(chosen, changed, images)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        return bounding_boxes
