"""How much boxes overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence

from keraslite import config, ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.boxes import convert_format

__all__ = ["compute_ciou", "compute_iou", "in_pixels"]


def in_pixels(boxes: TensorLike, form: str, image_shape: Sequence[int] | None, where: str) -> Tensor:
    """Boxes of any format as (left, top, right, bottom); relative ones need the image's shape."""
    relative = isinstance(form, str) and form.lower().startswith("rel_")
    if relative and image_shape is None:
        raise ArgumentError(
            f"`{where}` needs `image_shape` for boxes in the format {form!r}. Received None. Give (height, width)."
        )
    height, width = tuple(image_shape)[:2] if image_shape is not None else (None, None)
    return convert_format(ops.convert_to_tensor(boxes), form, "xyxy", height, width)


def compute_iou(
    boxes1: TensorLike,
    boxes2: TensorLike,
    bounding_box_format: str,
    use_masking: bool = False,
    mask_val: float = -1,
    image_shape: Sequence[int] | None = None,
) -> Tensor:
    """Compute the overlap of each box with each of others: the area of the intersection, divided by that of the union.

    Args:
        boxes1: `(m, 4)` or `(batch, m, 4)`.
        boxes2: `(n, 4)` or `(batch, n, 4)`.
        bounding_box_format: as in `convert_format`.
        use_masking: whether boxes of negative numbers, which fill up a batch, get `mask_val`. Default: False.
        mask_val: the result for such boxes. Default: -1.
        image_shape: (height, width) of the image, needed for relative formats. Default: None.

    Returns:
        `(m, n)`, or `(batch, m, n)` if one of the two has a batch: floats of [0, 1]. Boxes without an area have 0.

    Raises:
        ArgumentError: for an unknown format, or a relative one without `image_shape`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> one, others = np.array([[0, 0, 10, 10]]), np.array([[0, 0, 10, 10], [0, 0, 10, 5]])
        >>> ops.convert_to_numpy(bounding_boxes.compute_iou(one, others, "xyxy")).tolist()
        [[1.0, 0.5]]
    """
    first, second = (in_pixels(boxes, bounding_box_format, image_shape, "compute_iou") for boxes in (boxes1, boxes2))
    a, b = ops.expand_dims(first, -2), ops.expand_dims(second, -3)
    common = _intersection(a, b)
    result = ops.divide_no_nan(common, _area(a) + _area(b) - common)
    if not use_masking:
        return result
    left_out = ops.logical_or(
        ops.expand_dims(ops.all(ops.less(first, 0), -1), -1), ops.expand_dims(ops.all(ops.less(second, 0), -1), -2)
    )
    return ops.where(left_out, ops.cast(mask_val, ops.dtype(result)), result)


def compute_ciou(
    boxes1: TensorLike, boxes2: TensorLike, bounding_box_format: str, image_shape: Sequence[int] | None = None
) -> Tensor:
    """Compute the complete overlap of pairs of boxes: that of `compute_iou`, less penalties.

    The penalties are the squared distance of the centres, divided by the squared diagonal of the smallest box around
    both, and a measure of how much the ratios of width to height differ.

    Source: Zheng et al., "Distance-IoU loss: faster and better learning for bounding box regression", 2020.

    Args:
        boxes1: `(..., 4)`.
        boxes2: `(..., 4)`, which broadcasts with `boxes1`.
        bounding_box_format: as in `convert_format`.
        image_shape: (height, width) of the image, needed for relative formats. Default: None.

    Returns:
        `(...)`: floats, 1 for equal boxes, negative for those far apart.

    Raises:
        ArgumentError: for an unknown format, or a relative one without `image_shape`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> boxes = np.array([[0, 0, 10, 10]])
        >>> ops.convert_to_numpy(bounding_boxes.compute_ciou(boxes, boxes, "xyxy")).round(3).tolist()
        [1.0]
    """
    a, b = (in_pixels(boxes, bounding_box_format, image_shape, "compute_ciou") for boxes in (boxes1, boxes2))
    epsilon = config.epsilon()
    common = _intersection(a, b)
    overlap = common / (_area(a) + _area(b) - common + epsilon)
    around = ops.maximum(a[..., 2:], b[..., 2:]) - ops.minimum(a[..., :2], b[..., :2])
    apart = (a[..., :2] + a[..., 2:] - b[..., :2] - b[..., 2:]) / 2
    distance = ops.sum(apart**2, -1) / (ops.sum(around**2, -1) + epsilon)
    ratio = (_slope(b, epsilon) - _slope(a, epsilon)) ** 2 * (4 / math.pi**2)
    return overlap - distance - ratio * (ratio / (ratio - overlap + 1 + epsilon))


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _intersection(a: Tensor, b: Tensor) -> Tensor:
    size = ops.maximum(ops.minimum(a[..., 2:], b[..., 2:]) - ops.maximum(a[..., :2], b[..., :2]), 0)
    return size[..., 0] * size[..., 1]


def _slope(boxes: Tensor, epsilon: float) -> Tensor:
    """The angle of the diagonal."""
    width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return ops.arctan(width / (height + epsilon))
