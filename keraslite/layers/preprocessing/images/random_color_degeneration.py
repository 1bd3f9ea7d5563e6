"""`RandomColorDegeneration`: colours made paler at random."""

from __future__ import annotations

from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import Transformation
from keraslite.layers.preprocessing.images.on_values import RandomByShare
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomColorDegeneration(RandomByShare):
    """Mixes each image with its grey version at random in training.

    A single number f stands for (0, f). Keras 3.15 documents that, but draws from (-f, f), where a share below 0
    strengthens colours.

    Args:
        factor: the share of grey: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from. 0
            leaves an image, 1 makes it grey, below 0 strengthens its colours.
        value_range: (lower, upper), the range of the values of images. Results are kept in it. Default: (0, 255).
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes with 3 channels, a batch of 4 axes, or a dict with "images" and any of "labels",
        "bounding_boxes" and "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range, or images have neither 3 channels nor 1.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[200.0, 100.0, 0.0]]]])
        >>> ops.convert_to_numpy(layers.RandomColorDegeneration((1.0, 1.0))(images)).round().ravel().tolist()
        [118.0, 118.0, 118.0]
    """

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        if self.need_channels(images, 3, 1) == 1:
            return images
        grey = tones.grey(images, self.axes)
        return tones.clipped(tones.blended(images, grey, transformation["factor"]), self.value_range)
