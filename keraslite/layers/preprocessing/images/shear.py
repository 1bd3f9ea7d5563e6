"""`RandomShear`: images sheared at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.preprocessing.images.base import BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.warp import FillMode, Interpolation, Warp
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomShear"]


@builtin("keras.layers")
class RandomShear(Warp):
    """Shears each image at random in training: columns or rows lean to one side.

    Bounding boxes and segmentation masks are sheared with their images; a sheared box is the smallest one around its
    corners.

    Args:
        x_factor: by how many pixels a row is shifted against the one above it: a pair (lower, upper), or a number f for
            (-f, f), in [-1, 1]. With a lower bound of 0 or more, either side is as likely. Default: 0.0.
        y_factor: by how many pixels a column is shifted against the one to its left, in the same way. Default: 0.0.
        interpolation: "nearest" or "bilinear". Default: "bilinear".
        fill_mode: what is beyond the border: "reflect" mirrors about the edge, "mirror" about the outermost pixel,
            "wrap" repeats the image, "nearest" the outermost pixel, "constant" takes `fill_value`. Default: "reflect".
        fill_value: a number, what `fill_mode="constant"` fills with. Default: 0.0.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
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
        >>> from keraslite import layers
        >>> layers.RandomShear(x_factor=0.2, seed=1)(np.ones((1, 4, 4, 3))).shape[1:] == (4, 4, 3)
        True
    """

    argument_checks = ranges.checks(x_factor=ranges.interval(-1.0, 1.0), y_factor=ranges.interval(-1.0, 1.0))

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: Interpolation = "bilinear",
        fill_mode: FillMode = "reflect",
        fill_value: float = 0.0,
        data_format: DataFormat = None,
        seed: int | None = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **kwargs)
        self.x_factor, self.y_factor = self._bounds(x_factor), self._bounds(y_factor)
        self._keep(fill_mode, interpolation, fill_value, seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((4, images), 0, 1, seed)
        factors = [
            _drawn(drawn[i], drawn[i + 1], self._bounds(factor))
            for i, factor in ((0, self.x_factor), (2, self.y_factor))
        ]
        return {"shear_factor": ops.stack(factors, 1), "input_shape": (images, height, width)}

    def _matrix(self, transformation: Transformation) -> Tensor:
        across, down = ops.unstack(transformation["shear_factor"], 2, 1)
        none, one = ops.zeros_like(across), ops.ones_like(across)
        return ops.stack([one, across, none, down, one, none], 1)


def _drawn(size: Tensor, side: Tensor, bounds: tuple[float, float]) -> Tensor:
    found = size * (bounds[1] - bounds[0]) + bounds[0]
    return found if bounds[0] < 0 else ops.where(ops.less(side, 0.5), -found, found)
