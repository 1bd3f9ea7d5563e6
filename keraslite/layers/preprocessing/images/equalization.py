"""`Equalization` and `ContrastLimitedAdaptiveHistogramEqualization`: levels made equally frequent."""

from __future__ import annotations

from typing import Unpack, cast

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.histograms import equalized, locally_equalized
from keraslite.layers.preprocessing.images.on_values import OnValues
from keraslite.layers.preprocessing.images.tones import ValueRange
from keraslite.layers.types import DataFormat, IntOrTuple
from keraslite.serialization import builtin


class _OnHistograms(OnValues):
    """A layer on the histograms of channels."""

    def changed(self, images: Tensor, transformation: Transformation) -> Tensor:
        if self.data_format == "channels_first":
            return self._from_histograms(images)
        return ops.transpose(self._from_histograms(ops.transpose(images, (0, 3, 1, 2))), (0, 2, 3, 1))

    def _from_histograms(self, images: Tensor) -> Tensor:
        """Images `(batch, channels, height, width)`, changed."""
        raise NotImplementedError


@builtin("keras.layers")
class Equalization(_OnHistograms):
    """Makes the levels of each channel of each image about equally frequent, in training and otherwise.

    A value becomes the share of values up to it. Each image has a histogram of its own; in Keras 3.15 the images of a
    batch share one.

    Args:
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        bins: number of levels that values are counted in, at least 2. Default: 256.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Gonzalez & Woods, "Digital Image Processing", 2008, section 3.3.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.array([[[[1.0], [1.0], [2.0], [9.0]]]])
        >>> ops.convert_to_numpy(layers.Equalization()(images)).round(3).ravel().tolist()
        [0.0, 0.0, 128.0, 255.0]
    """

    argument_checks = ranges.checks(bins=ranges.integer(2))

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        bins: int = 256,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(value_range=value_range, data_format=data_format, **kwargs)
        self.bins = bins

    def _from_histograms(self, images: Tensor) -> Tensor:
        return equalized(images, self.value_range, self.bins)


@builtin("keras.layers")
class ContrastLimitedAdaptiveHistogramEqualization(_OnHistograms):
    """Equalizes each channel of each image tile by tile, with limited contrast, in training and otherwise.

    In each tile, levels become about equally frequent (see `Equalization`), but no level counts more than `clip_limit`
    times the mean. Between the middles of tiles their results are mixed.

    Args:
        value_range: (lower, upper), the range of the values of images. Default: (0, 255).
        clip_limit: how many times the mean count a level may count; what is above is spread over all levels. 0 or less
            for no limit. Default: 4.
        tile_grid_size: the numbers of tiles (down, to the side), positive ints, or one for both. Default: (8, 8).
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes, `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        an image of 3 axes, a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks", which stay as they are.

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range.

    Source:
        Zuiderveld, "Contrast limited adaptive histogram equalization", 1994.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> images = np.arange(64.0).reshape(1, 8, 8, 1)
        >>> clahe = layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(1, 1), clip_limit=0)
        >>> ops.convert_to_numpy(clahe(images)).max().round(3).item()
        255.0
    """

    argument_checks = ranges.checks(clip_limit=ranges.number(), tile_grid_size=ranges.sizes(2))

    def __init__(
        self,
        value_range: ValueRange = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: IntOrTuple = (8, 8),
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(value_range=value_range, data_format=data_format, **kwargs)
        self.clip_limit = clip_limit
        self.tile_grid_size = cast("tuple[int, int]", tile_grid_size)

    def _from_histograms(self, images: Tensor) -> Tensor:
        return locally_equalized(images, self.value_range, self.clip_limit, self.tile_grid_size)
