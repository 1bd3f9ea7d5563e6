"""`RandomHue`: hues turned at random."""

from __future__ import annotations

from keraslite import ops
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import Transformation
from keraslite.layers.preprocessing.images.on_values import RandomByShare, RandomOnValues
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomHue(RandomByShare):
    """Turns the hues of each image at random in training.

    Each image is turned one way or the other around the colour circle, by up to half of it.

    Args:
        factor: how far, as a share of half the colour circle: a number f in [0, 1] for (0, f), or a pair (lower, upper)
            that it is drawn from.
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
        ArgumentError: if an argument is outside its range, or images do not have 3 channels.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> red = np.array([[[[255.0, 0.0, 0.0]]]])
        >>> turned = layers.RandomHue((1.0, 1.0))(red)
        >>> ops.convert_to_numpy(turned).round().ravel().tolist()
        [0.0, 255.0, 255.0]
    """

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {"factor": hue_turn(self, count, self.factor, seed)}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        self.need_channels(images, 3)
        return tones.hue_turned(images, transformation["factor"], self.value_range, self.data_format)


def hue_turn(layer: RandomOnValues, count: Size, factor: tuple[float, float], seed: Seed) -> Tensor:
    """By how much of the colour circle each image is turned, `(count,)`."""
    size = layer.per_image(count, factor, seed) * 0.5
    return ops.reshape(ops.where(layer.chosen(count, 0.5, seed), size, -size), (-1,))
