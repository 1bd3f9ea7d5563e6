"""`RandomColorJitter`: brightness, contrast, saturation and hue changed at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images import tones
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.on_values import SHARE, RandomOnValues, share_bounds
from keraslite.layers.preprocessing.images.random_brightness import brightness_delta
from keraslite.layers.preprocessing.images.random_contrast import contrast_bounds, contrast_factor
from keraslite.layers.preprocessing.images.random_hue import hue_turn
from keraslite.layers.preprocessing.images.random_saturation import saturation_factor
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, Factor
from keraslite.ops.dimension import Size
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin


@builtin("keras.layers")
class RandomColorJitter(RandomOnValues):
    """Changes brightness, contrast, saturation and hue of each image at random in training, in this order.

    Args:
        value_range: (lower, upper), the range of the values of images. Results are kept in it. Default: (0, 255).
        brightness_factor: as `factor` of `RandomBrightness`. Default: None, brightness stays.
        contrast_factor: as `factor` of `RandomContrast`. Default: None, contrast stays.
        saturation_factor: as `factor` of `RandomSaturation`. Default: None, saturation stays.
        hue_factor: as `factor` of `RandomHue`. Default: None, hues stay.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes with 3 channels if saturation or hue change, a batch of 4 axes, or a dict with "images" and
        any of "labels", "bounding_boxes" and "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range, or images do not have the channels.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[100.0, 200.0, 250.0]]]])
        >>> jitter = layers.RandomColorJitter(brightness_factor=(0.1, 0.1), saturation_factor=(0.0, 0.0))
        >>> ops.convert_to_numpy(jitter(images)).ravel().tolist()
        [255.0, 255.0, 255.0]
    """

    argument_checks = ranges.checks(
        brightness_factor=ranges.interval(-1, 1) | None,
        contrast_factor=ranges.fraction | ranges.items(ranges.unsigned, 2) | None,
        saturation_factor=SHARE | None,
        hue_factor=SHARE | None,
    )

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        brightness_factor: Factor | None = None,
        contrast_factor: Factor | None = None,
        saturation_factor: Factor | None = None,
        hue_factor: Factor | None = None,
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(value_range=value_range, seed=seed, data_format=data_format, **kwargs)
        self.brightness_factor, self.contrast_factor = brightness_factor, contrast_factor
        self.saturation_factor, self.hue_factor = saturation_factor, hue_factor

    def drawn(self, count: Size, seed: Seed) -> Transformation:
        found = {}
        if self.brightness_factor is not None:
            found["brightness"] = brightness_delta(self, count, self._bounds(self.brightness_factor), seed)
        if self.contrast_factor is not None:
            found["contrast"] = contrast_factor(self, count, contrast_bounds(self.contrast_factor), seed)
        if self.saturation_factor is not None:
            found["saturation"] = saturation_factor(self, count, share_bounds(self.saturation_factor), seed)
        if self.hue_factor is not None:
            found["hue"] = hue_turn(self, count, share_bounds(self.hue_factor), seed)
        return found

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        drawn, values = transformation, self.value_range
        if "brightness" in drawn:
            images = tones.brightened(images, drawn["brightness"], values)
        if "contrast" in drawn:
            images = tones.contrasted(images, drawn["contrast"], values, self.axes)
        if "saturation" in drawn:
            self.need_channels(images, 3)
            images = tones.saturated(images, drawn["saturation"], values, self.axes)
        if "hue" in drawn:
            self.need_channels(images, 3)
            images = tones.hue_turned(images, drawn["hue"], values, self.data_format)
        return images
