"""The parts of a sample: images, labels, boxes and masks, single or in batches, dense or ragged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np

from keraslite import ops, ranges, tree
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.ops.sizes import is_known

__all__ = [
    "BOX_FORMAT",
    "PARTS",
    "Boxes",
    "Length",
    "Part",
    "Sample",
    "batch_of",
    "dense_boxes",
    "first",
    "is_batch",
    "is_list",
    "one_by_one",
    "over_images",
    "real",
    "with_channels",
]

#: Images, labels or masks, in batches or single.
Part: TypeAlias = Tensor
#: An image, a batch of images, or a dict of parts by name.
Sample: TypeAlias = "Tensor | Mapping[str, Any]"
#: A size of an image: an int, or a tensor in a trace. (A `Dimension` while shapes are worked out.)
Length: TypeAlias = "int | Tensor"
#: Boxes of images: "boxes" `(batch, boxes, 4)`, "labels" `(batch, boxes)`, and whatever else belongs to each box.
Boxes: TypeAlias = dict[str, Part]
#: The parts of a sample that layers may change.
PARTS = ("images", "labels", "bounding_boxes", "segmentation_masks")
BOX_FORMAT = ranges.one_of("xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh",
                           "rel_center_xywh")  # fmt: skip


_Nest = TypeVar("_Nest", Tensor, Boxes)


def batch_of(nest: _Nest) -> _Nest:
    """A batch of one sample."""
    return tree.map(lambda x: ops.expand_dims(x, 0), nest)


def first(nest: _Nest) -> _Nest:
    """The first sample of a batch."""
    return tree.map(lambda x: x[0], nest)


def is_batch(images: Part, who: str) -> bool:
    """Whether images are a batch, rather than a single one."""
    if isinstance(images, (list, tuple)):
        advice = (
            "Make them one size by `Resizing`" if is_list(images) else
            'Give labels by name: `{"images": images, "labels": labels}`'
        )  # fmt: skip
        raise ArgumentError(
            f"{who} needs an image, a batch of images, or a dict of parts. Received a {type(images).__name__} of "
            f"{len(images)}. {advice}."
        )
    rank = len(ops.shape(images))
    if rank not in (3, 4):
        raise ArgumentError(
            f"{who} needs an image with 3 axes or a batch of images with 4. Received shape {tuple(images.shape)}."
        )
    return rank == 4


def is_list(data: Sample) -> bool:
    """Whether images are a list of single ones, whose sizes may differ."""
    images = data.get("images") if isinstance(data, Mapping) else data
    return isinstance(images, (list, tuple)) and len(images) > 0 and all(len(ops.shape(x)) == 3 for x in images)


def one_by_one(data: Any, change: Callable[[Sample], Any], who: str) -> Any:
    """A list of images, or the parts of samples with one, as a batch of what `change` makes of each sample.

    Args:
        data: for which `is_list` is True. Masks may be a list too.
        change: a function of a single sample, which gives all images one size.
        who: the layer, for errors.
    """
    if not isinstance(data, Mapping):
        return ops.stack([change(image) for image in data])
    parts = {name: value for name, value in data.items() if name in PARTS}
    if "bounding_boxes" in parts:
        parts["bounding_boxes"] = dense_boxes(parts["bounding_boxes"], True, who)
    rows = [
        {name: tree.map(lambda x, i=i: x[i], value) if name == "bounding_boxes" else value[i]
         for name, value in parts.items()}
        for i in range(len(parts["images"]))
    ]  # fmt: skip
    changed = [change(row) for row in rows]
    return {**data, **tree.map(lambda *each: ops.stack(each), *changed)}


def over_images(values: Part, images: Part) -> Part:
    """One number per image, so that it broadcasts to the images, or to whatever else there is one of per image."""
    return ops.reshape(values, (-1, *[1] * (len(ops.shape(images)) - 1)))


def with_channels(masks: Part, batched: bool, data_format: str) -> tuple[Part, Callable[[Part], Part]]:
    """Masks with an axis of channels, and a function that takes the axis away again if they had none."""
    if len(ops.shape(masks)) != 2 + batched:
        return masks, lambda x: x
    axis = -1 if data_format == "channels_last" else -3
    return ops.expand_dims(masks, axis), lambda x: ops.squeeze(x, axis)


def dense_boxes(boxes: object, batched: bool, who: str) -> Boxes:
    """Boxes as tensors. Lists with another number of boxes per image are filled up with boxes and labels of -1."""
    if not isinstance(boxes, Mapping) or "boxes" not in boxes:
        raise ArgumentError(
            f'{who} needs bounding boxes as a dict with "boxes" and "labels". Received {type(boxes).__name__}.'
        )
    found = {name: _dense(value, batched) for name, value in boxes.items()}
    shape = tuple(found["boxes"].shape)
    if len(shape) != 2 + batched or shape[-1] not in (4, None):
        wanted = "(batch, boxes, 4)" if batched else "(boxes, 4)"
        raise ArgumentError(f'{who} needs "boxes" of shape {wanted}. Received shape {shape}.')
    return found


def _dense(value: object, batched: bool) -> Part:
    to_dense = getattr(value, "to_tensor", None)  # a ragged tensor
    if to_dense is not None:
        return to_dense(default_value=-1)
    if not isinstance(value, (list, tuple)) or not batched:
        return ops.convert_to_tensor(value)
    rows = [row if registry.engine_of(row) is not None else np.asarray(row) for row in value]
    most = max((row.shape[0] for row in rows), default=0)
    rows = [ops.pad(row, [(0, most - row.shape[0]), *[(0, 0)] * (row.ndim - 1)], constant_values=-1) for row in rows]
    return ops.stack(rows)


def real(*lengths: Length) -> tuple[Length, ...]:
    """Sizes, as numbers with which floats can be computed."""
    return tuple(length if is_known(length) else ops.cast(length, "float32") for length in lengths)
