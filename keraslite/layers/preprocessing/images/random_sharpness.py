"""`RandomSharpness`: images blurred or sharpened at random."""

from __future__ import annotations

from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import Transformation
from keraslite.layers.preprocessing.images.on_values import RandomByShare
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomSharpness(RandomByShare):
    """Blurs or sharpens each image at random in training.

    Each image is mixed with a smooth version of it: the mean of 3 by 3 pixels in which the middle one counts five
    times.

    Args:
        factor: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from. 0 is the smooth
            version, 0.5 leaves an image, 1 sharpens it as much.
        value_range: (lower, upper), the range of the values of images. Results are kept in it. Default: (0, 255).
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
        >>> images[0, 1, 1] = 130
        >>> ops.convert_to_numpy(layers.RandomSharpness((0.0, 0.0))(images))[0, 1].ravel().round(3).tolist()
        [10.0, 50.0, 10.0]
    """

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.sharpened(images, transformation["factor"], self.value_range, self.axes)
