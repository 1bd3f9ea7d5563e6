"""Bounding boxes: formats, cutting, moving, overlap, and offsets from anchors."""

from __future__ import annotations

from keraslite.layers.preprocessing.images.box_moves import affine_transform, crop, pad
from keraslite.layers.preprocessing.images.boxes import clip_to_image_size, convert_format
from keraslite.utils.bounding_boxes.deltas import decode_deltas_to_boxes, encode_box_to_deltas
from keraslite.utils.bounding_boxes.overlap import compute_ciou, compute_iou

__all__ = [
    "affine_transform",
    "clip_to_image_size",
    "compute_ciou",
    "compute_iou",
    "convert_format",
    "crop",
    "decode_deltas_to_boxes",
    "encode_box_to_deltas",
    "pad",
]
