"""`RandomZoom`: images scaled at random."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers.preprocessing.images.base import Boxes, BoxOptions, Transformation
from keraslite.layers.preprocessing.images.data import Sample
from keraslite.layers.preprocessing.images.warp import FillMode, Interpolation, Warp, centre_of
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["RandomZoom"]


@builtin("keras.layers")
class RandomZoom(Warp):
    """Zooms each image at random in training, about its middle, and keeps the size of the image.

    Bounding boxes and segmentation masks zoom with their images.

    Args:
        height_factor: how much more of the height is seen, as a part of it: a pair (lower, upper), or a number f for
            (-f, f); above -1. Positive values zoom out: 0.5 shows half an image more.
        width_factor: the same for the width. Default: None, that of the height, so that proportions stay.
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
        >>> images = np.ones((1, 4, 4, 1))
        >>> zoomed = layers.RandomZoom((1.0, 1.0), fill_mode="constant")(images)
        >>> float(ops.sum(zoomed))
        4.0
    """

    factor_bounds = (-1.0, 10.0)
    argument_checks = ranges.checks(
        height_factor=ranges.interval(above=-1.0), width_factor=ranges.interval(above=-1.0) | None
    )

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
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
        drawn = self._uniform((2, images, 1), 0, 1, seed)
        down = 1 + _between(drawn[0], self._bounds(self.height_factor))
        across = down if self.width_factor is None else 1 + _between(drawn[1], self._bounds(self.width_factor))
        return {"height_zoom": down, "width_zoom": across, "input_shape": (images, height, width)}

    def get_clipped_bbox(
        self, bounding_boxes: Boxes, h_end: TensorLike, h_start: TensorLike, w_end: TensorLike, w_start: TensorLike
    ) -> Boxes:
        """Return what a part of the image shows of boxes, counted from the corner of that part.

        Args:
            bounding_boxes: a dict with "boxes" `(batch, boxes, 4)`: left, top, right and bottom.
            h_end: where the part ends below, a number or `(batch, 1)`.
            h_start: where it begins above, likewise.
            w_end: where it ends on the right, likewise.
            w_start: where it begins on the left, likewise.
        """
        boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
        x0, y0, x1, y1 = ops.unstack(boxes, 4, -1)
        left, right, top, bottom = (
            ops.reshape(ops.cast(at, boxes.dtype), (-1, 1)) for at in (w_start, w_end, h_start, h_end)
        )
        shown = [
            ops.maximum(ops.minimum(value, end), start) - start
            for value, start, end in ((x0, left, right), (y0, top, bottom), (x1, left, right), (y1, top, bottom))
        ]
        return {**bounding_boxes, "boxes": ops.stack(shown, -1)}

    def _matrix(self, transformation: Transformation) -> Tensor:
        cx, cy = centre_of(transformation)
        across, down = (ops.reshape(transformation[name], (-1,)) for name in ("width_zoom", "height_zoom"))
        none = ops.zeros_like(across)
        return ops.stack([across, none, cx - cx * across, none, down, cy - cy * down], 1)


def _between(drawn: Tensor, bounds: tuple[float, float]) -> Tensor:
    """Numbers of [0, 1) moved to other bounds."""
    return drawn * (bounds[1] - bounds[0]) + bounds[0]
