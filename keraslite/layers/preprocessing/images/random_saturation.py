"""`RandomSaturation`: saturation changed at random."""

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
class RandomSaturation(RandomByShare):
    """Changes the saturation of each image at random in training.

    A factor f multiplies the saturation by `f / (1 - f)`, up to full saturation: 0 makes an image grey, 0.5 leaves it,
    1 makes it fully saturated.

    A single number stands for (0, factor). Keras 3.15 documents that, but draws from (-factor, factor), where all below
    0 is grey; and its values leave their range where the saturation exceeds 1.

    Args:
        factor: a number f in [0, 1] for (0, f), or a pair (lower, upper) that it is drawn from; below 0 is like 0.
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
        >>> images = np.array([[[[200.0, 100.0, 150.0]]]])
        >>> ops.convert_to_numpy(layers.RandomSaturation((0.0, 0.0))(images)).round(3).ravel().tolist()
        [200.0, 200.0, 200.0]
    """

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        return {"factor": saturation_factor(self, count, self.factor, seed)}

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        self.need_channels(images, 3)
        return tones.saturated(images, transformation["factor"], self.value_range, self.axes)


def saturation_factor(layer: RandomOnValues, count: Size, factor: tuple[float, float], seed: Seed) -> Tensor:
    """What the saturation of each image is multiplied by, `(count,)`."""
    share = ops.reshape(layer.per_image(count, factor, seed), (-1,))
    return share / ops.maximum(1.0 - share, 1e-7)
