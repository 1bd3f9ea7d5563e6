"""`RandomGaussianBlur`: some images blurred."""

from __future__ import annotations

from typing import Unpack, cast

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import SHARE, RandomOnValues, share_bounds
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, Factor, IntOrTuple
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomGaussianBlur(RandomOnValues):
    """Blurs some images in training: each pixel becomes a mean of those around it, weighted by a normal distribution.

    Standard deviations are drawn for each image; Keras 3.15 draws them once for all images of a call.

    Args:
        factor: the chance of each image to be blurred: a number f in [0, 1] for a chance drawn from (0, f), or a pair
            (lower, upper) that it is drawn from. Default: 1.
        kernel_size: (height, width) of the window, odd ints, or one for both. Default: 3.
        sigma: standard deviation in pixels, of at least 0, drawn once to the side and once downwards: a number s for
            (0, s), or a pair (lower, upper) that it is drawn from. Default: 1.
        value_range: (lower, upper), the range of the values of images. Outside an image is the lower one. Default: (0,
            255).
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.zeros((1, 3, 3, 1))
        >>> images[0, 1, 1] = 100
        >>> blurred = layers.RandomGaussianBlur((1.0, 1.0), sigma=(1.0, 1.0))(images)
        >>> ops.convert_to_numpy(blurred)[0, 1].ravel().round().tolist()
        [12.0, 20.0, 12.0]
    """

    argument_checks = ranges.checks(
        factor=SHARE, kernel_size=ranges.sizes(2, odd=True), sigma=ranges.unsigned | ranges.items(ranges.unsigned, 2)
    )

    def __init__(
        self,
        factor: Factor = 1.0,
        kernel_size: IntOrTuple = 3,
        sigma: Factor = 1.0,
        value_range: ValueRange = (0, 255),
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(
            factor=share_bounds(factor), value_range=value_range, data_format=data_format, seed=seed, **kwargs
        )
        self.kernel_size = cast("tuple[int, int]", kernel_size)
        self.sigma = share_bounds(sigma)

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        chosen = self.chosen(count, self.per_image(count, self.factor, seed), seed)
        return {
            "should_apply_blur": ops.reshape(chosen, (-1,)),
            "blur_factor": self._uniform((count, 2), *self.sigma, seed),
        }

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        sigma = ops.reshape(transformation["blur_factor"], (-1, 2))
        blurred = tones.blurred(images, sigma, self.kernel_size, self.value_range, self.axes)
        return ops.where(tones.are_chosen(transformation["should_apply_blur"]), blurred, images)
