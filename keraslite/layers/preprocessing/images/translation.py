"""`RandomTranslation`: images shifted at random."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.warp import FillMode, Interpolation, Warp
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomTranslation"]


@builtin("keras.layers")
class RandomTranslation(Warp):
    """Shifts each image at random in training.

    Bounding boxes and segmentation masks shift with their images.

    Args:
        height_factor: the shift downwards as a part of the height: a pair (lower, upper), or a number f for (-f, f), in
            [-1, 1].
        width_factor: the shift to the right as a part of the width, in the same way.
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
        >>> shifted = layers.RandomTranslation((0.5, 0.5), 0.0, fill_mode="constant")(images)
        >>> ops.convert_to_numpy(shifted).reshape(2, 2).tolist()
        [[0.0, 0.0], [0.0, 1.0]]
    """

    argument_checks = ranges.checks(height_factor=ranges.interval(-1.0, 1.0), width_factor=ranges.interval(-1.0, 1.0))

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: FillMode = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._keep(fill_mode, interpolation, fill_value, seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        across, down = self._bounds(self.width_factor), self._bounds(self.height_factor)
        low, high = np.array([across[0], down[0]], "float32"), np.array([across[1], down[1]], "float32")
        size = ops.stack([ops.cast(length, "float32") for length in (width, height)])
        shift = ops.multiply(ops.add(ops.multiply(self._uniform((images, 2), 0, 1, seed), high - low), low), size)
        return {"translations": shift, "input_shape": (images, height, width)}

    def _matrix(self, transformation: Transformation) -> Tensor:
        across, down = ops.unstack(transformation["translations"], 2, 1)
        none, one = ops.zeros_like(across), ops.ones_like(across)
        return ops.stack([one, none, -across, none, one, -down], 1)
