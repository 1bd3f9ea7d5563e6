"""Boxes as offsets from anchors, which detectors predict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

from keraslite import check, ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError
from keraslite.layers.preprocessing.images.boxes import convert_format
from keraslite.utils.bounding_boxes.overlap import in_pixels

__all__ = ["decode_deltas_to_boxes", "encode_box_to_deltas"]

_FORMATS = ("center_yxhw", "center_xywh")
_Levels = TypeVar("_Levels", bound="TensorLike | Mapping[object, TensorLike]")


def encode_box_to_deltas(
    anchors: TensorLike,
    boxes: TensorLike,
    anchor_format: str,
    box_format: str,
    encoding_format: str = "center_yxhw",
    variance: Sequence[float] | None = None,
    image_shape: Sequence[int] | None = None,
) -> Tensor:
    """Compute the offsets of boxes from anchors: centres in sizes of the anchor, and logarithms of ratios of sizes.

    Args:
        anchors: `(n, 4)`.
        boxes: `(n, 4)` or `(batch, n, 4)`.
        anchor_format: the format of `anchors`, as in `convert_format`.
        box_format: the format of `boxes`.
        encoding_format: the order of the result, "center_yxhw" or "center_xywh". Default: "center_yxhw".
        variance: 4 numbers that the offsets are divided by. Default: None, ones.
        image_shape: (height, width) of the image, needed for relative formats. Default: None.

    Returns:
        Offsets, in the shape of `boxes`.

    Raises:
        ArgumentError: for an unknown format, a `variance` of another length, or a relative format without
            `image_shape`.

    Source:
        Girshick et al., "Rich feature hierarchies for accurate object detection", 2014, appendix C.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> anchors, boxes = np.array([[0, 0, 10, 10]]), np.array([[5, 0, 15, 10]])
        >>> deltas = bounding_boxes.encode_box_to_deltas(anchors, boxes, "xyxy", "xyxy")
        >>> ops.convert_to_numpy(deltas).tolist()
        [[0.0, 0.5, 0.0, 0.0]]
    """
    check.one_of(encoding_format, _FORMATS, "encoding_format", "encode_box_to_deltas")
    scale = _variance(variance, "encode_box_to_deltas")
    anchor, box = (
        convert_format(in_pixels(each, form, image_shape, "encode_box_to_deltas"), "xyxy", encoding_format)
        for each, form in ((anchors, anchor_format), (boxes, box_format))
    )
    box = ops.maximum(box, ops.convert_to_tensor([-float("inf")] * 2 + [_SMALL] * 2))
    anchor = ops.maximum(anchor, ops.convert_to_tensor([-float("inf")] * 2 + [_SMALL] * 2))
    moved = (box[..., :2] - anchor[..., :2]) / anchor[..., 2:]
    grown = ops.log(box[..., 2:] / anchor[..., 2:])
    deltas = ops.concatenate([moved, grown], -1)
    return deltas if scale is None else ops.divide(deltas, scale)


def decode_deltas_to_boxes(
    anchors: _Levels,
    boxes_delta: _Levels,
    anchor_format: str,
    box_format: str,
    encoded_format: str = "center_yxhw",
    variance: Sequence[float] | None = None,
    image_shape: Sequence[int] | None = None,
) -> _Levels:
    """Compute boxes from anchors and offsets: the reverse of `encode_box_to_deltas`.

    Args:
        anchors: `(n, 4)`, or a dict of such by level.
        boxes_delta: offsets `(n, 4)` or `(batch, n, 4)`, or a dict of such by level.
        anchor_format: the format of `anchors`, as in `convert_format`.
        box_format: the format of the result.
        encoded_format: the order of `boxes_delta`, "center_yxhw" or "center_xywh". Default: "center_yxhw".
        variance: 4 numbers that the offsets are multiplied by. Default: None, ones.
        image_shape: (height, width) of the image, needed for relative formats. Default: None.

    Returns:
        Boxes in the shape of `boxes_delta`; a dict if dicts were given.

    Raises:
        ArgumentError: for an unknown format, a `variance` of another length, or a relative format without
            `image_shape`.

    Example:
        >>> import numpy as np
        >>> from keraslite import ops
        >>> from keraslite.utils import bounding_boxes
        >>> anchors, deltas = np.array([[0, 0, 10, 10]]), np.array([[0.0, 0.5, 0.0, 0.0]], "float32")
        >>> boxes = bounding_boxes.decode_deltas_to_boxes(anchors, deltas, "xyxy", "xyxy")
        >>> ops.convert_to_numpy(boxes).tolist()
        [[5.0, 0.0, 15.0, 10.0]]
    """
    check.one_of(encoded_format, _FORMATS, "encoded_format", "decode_deltas_to_boxes")
    scale = _variance(variance, "decode_deltas_to_boxes")

    def decode(anchor: TensorLike, delta: TensorLike) -> Tensor:
        corners = in_pixels(anchor, anchor_format, image_shape, "decode_deltas_to_boxes")
        start = convert_format(corners, "xyxy", encoded_format)
        given: Tensor = ops.convert_to_tensor(delta, "float32")
        given = given if scale is None else ops.multiply(given, scale)
        centre = given[..., :2] * start[..., 2:] + start[..., :2]
        size = ops.exp(given[..., 2:]) * start[..., 2:]
        height, width = tuple(image_shape)[:2] if image_shape is not None else (None, None)
        return convert_format(ops.concatenate([centre, size], -1), encoded_format, box_format, height, width)

    if isinstance(anchors, Mapping) and isinstance(boxes_delta, Mapping):
        return cast("_Levels", {level: decode(anchors[level], boxes_delta[level]) for level in anchors})
    return cast("_Levels", decode(cast("TensorLike", anchors), cast("TensorLike", boxes_delta)))


_SMALL = 1e-7  # sizes below have no logarithm to count with


def _variance(variance: Sequence[float] | None, where: str) -> Tensor | None:
    if variance is None:
        return None
    found = ops.convert_to_tensor(variance, "float32")
    if tuple(found.shape) != (4,):
        raise ArgumentError(f"`{where}` needs `variance` to be 4 numbers. Received shape {tuple(found.shape)}.")
    return found
