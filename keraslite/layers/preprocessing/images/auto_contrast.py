"""`AutoContrast`: values stretched over their whole range."""

from __future__ import annotations

from typing import Unpack

from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import ImageOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import OnValues
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.serialization import builtin


@builtin("keras.layers")
class AutoContrast(OnValues):
    """Stretches the values of each channel of each image over their whole range, in training and otherwise.

    The least value becomes the lower end, the largest one the upper end. Channels of one value stay as they are.

    Args:
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        **kwargs: `data_format`; `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of
            every layer (see `Layer`).

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
        >>> images = np.array([[[[100.0], [150.0], [200.0]]]])
        >>> ops.convert_to_numpy(layers.AutoContrast()(images)).ravel().tolist()
        [0.0, 127.5, 255.0]
    """

    def __init__(self, value_range: ValueRange = (0, 255), **kwargs: Unpack[ImageOptions]) -> None:
        super().__init__(value_range=value_range, **kwargs)

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        return tones.stretched(images, self.value_range, self.axes)
