"""`Mosaic`: four images put together."""

from __future__ import annotations

from typing import Unpack

from keraslite import ops, random, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.names import title
from keraslite.layers.preprocessing.images.base import (
    Boxes,
    BoxOptions,
    Sample,
    Transformation,
)
from keraslite.layers.preprocessing.images.data import Length, over_images
from keraslite.layers.preprocessing.images.mixing import Mixing, float_labels
from keraslite.layers.preprocessing.images.moving import moved_boxes
from keraslite.layers.preprocessing.images.patches import permuted
from keraslite.layers.types import DataFormat, Factor
from keraslite.random.seeds import Seed
from keraslite.serialization import builtin

__all__ = ["Mosaic"]


@builtin("keras.layers")
class Mosaic(Mixing):
    """Puts each image of a batch together with three others in training, which meet at a random point.

    The image itself is at the top left. Each of the four shows the corner that lies at that point, in its own size.
    Labels are mixed by the areas, and bounding boxes and segmentation masks are put together like the images.

    Args:
        factor: where the four images meet, as a part of the height and of the width: a pair (lower, upper) of [0, 1].
            Default: (0.25, 0.75).
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        **kwargs: `bounding_box_format` for data with boxes; `name`, `dtype` and the other keywords of every layer (see
            `Layer`).

    Input:
        a batch of 4 axes, or a dict with "images" and any of "labels", "bounding_boxes" and
        "segmentation_masks".

    Output:
        the same shape, in the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if labels are no floats.

    Source:
        Bochkovskiy et al., "YOLOv4: optimal speed and accuracy of object detection", 2020.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> data = {"images": np.ones((4, 8, 8, 3)), "labels": np.eye(4, dtype="float32")}
        >>> mixed = layers.Mosaic(seed=1)(data)
        >>> ops.convert_to_numpy(ops.sum(mixed["labels"], axis=1)).round(3).tolist()
        [1.0, 1.0, 1.0, 1.0]
    """

    factor_bounds = (0.0, 1.0)
    argument_checks = ranges.checks(factor=ranges.interval(0.0, 1.0))

    def __init__(
        self,
        factor: Factor = (0.25, 0.75),
        seed: int | None = None,
        data_format: DataFormat = None,
        **kwargs: Unpack[BoxOptions],
    ) -> None:
        super().__init__(factor=factor, data_format=data_format, **kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data: Sample, training: bool = True, seed: Seed = None) -> Transformation:
        if not training:
            return None
        images, height, width = self._sizes(data)
        drawn = self._uniform((5, images), 0, 1, seed)
        low, high = self._bounds(self.factor)
        rows, columns = (
            ops.round((place * (high - low) + low) * ops.cast(length, "float32"))
            for place, length in ((drawn[0], height), (drawn[1], width))
        )
        first = ops.arange(0, images, dtype="int32")
        orders = [first, *(permuted(drawn[i]) for i in (2, 3, 4))]
        return {"rows": rows, "columns": columns, "orders": orders, "input_shape": (images, height, width)}

    def transform_images(self, images: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return images
        _, height, width = transformation["input_shape"]
        above, rows = _places(transformation["rows"], height)
        before, columns = _places(transformation["columns"], width)
        parts = []
        for order in transformation["orders"]:
            part = ops.take(images, order, axis=0)
            for places, axis in ((rows, self.height_axis), (columns, self.width_axis)):
                part = ops.take_along_axis(part, _along(places, axis), axis=axis)
            parts.append(part)
        above, before = _along(above, self.height_axis), _along(before, self.width_axis)
        return ops.where(above, ops.where(before, parts[0], parts[1]), ops.where(before, parts[2], parts[3]))

    def transform_labels(self, labels: Tensor, transformation: Transformation, training: bool = True) -> Tensor:
        if transformation is None or not training:
            return labels
        labels = float_labels(title(self), labels)
        _, height, width = transformation["input_shape"]
        down = transformation["rows"] / ops.cast(height, "float32")
        across = transformation["columns"] / ops.cast(width, "float32")
        shares = (down * across, down * (1 - across), (1 - down) * across, (1 - down) * (1 - across))
        mixed = [
            over_images(ops.cast(share, ops.dtype(labels)), labels) * ops.take(labels, order, axis=0)
            for share, order in zip(shares, transformation["orders"], strict=True)
        ]
        return mixed[0] + mixed[1] + mixed[2] + mixed[3]

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        size = transformation["input_shape"][1:3]
        moved = []
        for place, order in enumerate(transformation["orders"]):
            others = {name: ops.take(value, order, axis=0) for name, value in bounding_boxes.items()}
            moved.append(self._moved(others, transformation, size, place))
        return {name: ops.concatenate([each[name] for each in moved], axis=1) for name in bounding_boxes}

    def _moved(self, boxes: Boxes, transformation: Transformation, size: tuple[Length, Length], place: int) -> Boxes:
        """Boxes of the images at one of the four places, in what is seen of them."""
        row, column = (ops.reshape(transformation[name], (-1, 1)) for name in ("rows", "columns"))
        height, width = (ops.cast(length, "float32") for length in size)
        y_shift, y_low, y_high = (row - height, 0, row) if place < 2 else (row, row, height)
        x_shift, x_low, x_high = (column - width, 0, column) if place % 2 == 0 else (column, column, width)

        def cut(x0: Tensor, y0: Tensor, x1: Tensor, y1: Tensor) -> tuple[Tensor, ...]:
            x0, x1 = (ops.minimum(ops.maximum(x + x_shift, x_low), x_high) for x in (x0, x1))
            y0, y1 = (ops.minimum(ops.maximum(y + y_shift, y_low), y_high) for y in (y0, y1))
            return x0, y0, x1, y1

        return moved_boxes(boxes, self.bounding_box_format, size, cut)


def _places(meeting: Tensor, length: Length) -> tuple[Tensor, Tensor]:
    """For each place along an axis whether it is before the meeting point, and which place of its image it shows."""
    start = ops.cast(ops.reshape(meeting, (-1, 1)), "int32")
    places = ops.reshape(ops.arange(0, length, dtype="int32"), (1, -1))
    before = ops.less(places, start)
    return before, ops.where(before, places - start + length, places - start)


def _along(values: Tensor, axis: int) -> Tensor:
    """`(batch, places)` so that it broadcasts to images along one axis."""
    for other in sorted({-1, -2, -3} - {axis}, reverse=axis != -1):
        values = ops.expand_dims(values, other if other > axis else 1)
    return values
