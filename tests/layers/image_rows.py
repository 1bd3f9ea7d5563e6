"""Rows of `test_images.py`: how to make each layer that moves pixels, and what of it to compare with Keras."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class ImageRow:
    """One layer.

    `drawn`: whether Keras's transformation is handed to ours; otherwise the arguments leave one value, or nothing is
    drawn. `differs`: parts that are other than in Keras. `inexact`: parts that are compared where most pixels agree.
    """

    cls: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    drawn: bool = False
    always: bool = False  # whether it changes images outside of training, too
    mixes: bool = False  # whether images of a batch depend on each other
    differs: tuple[str, ...] = ()
    inexact: tuple[str, ...] = ()
    note: str = ""

    @property
    def random(self) -> bool:
        return self.cls.startswith("Random") or self.mixes

    def __str__(self) -> str:
        return f"{self.cls}-{self.note}" if self.note else self.cls


BOXES, MASKS, LABELS = "bounding_boxes", "segmentation_masks", "labels"
ROWS = [
    ImageRow("RandomFlip", {"mode": "horizontal"}, drawn=True, note="horizontal"),
    ImageRow("RandomFlip", {"mode": "vertical"}, drawn=True, note="vertical"),
    ImageRow("RandomFlip", {}, drawn=True),
    ImageRow("RandomRotation", {"factor": (0.1, 0.1)}, differs=(MASKS,)),
    ImageRow("RandomRotation", {"factor": (-0.3, -0.3), "fill_mode": "constant", "fill_value": 3.0}, differs=(MASKS,),
             note="constant"),
    ImageRow("RandomZoom", {"height_factor": (0.45, 0.45)}, inexact=(MASKS,)),
    ImageRow("RandomZoom", {"height_factor": (-0.45, -0.45), "width_factor": (0.3, 0.3), "fill_mode": "wrap"},
             inexact=(MASKS,), note="wrap"),
    ImageRow("RandomTranslation", {"height_factor": (0.2, 0.2), "width_factor": (-0.1, -0.1)}),
    ImageRow("RandomTranslation", {"height_factor": (0.2, 0.2), "width_factor": (-0.1, -0.1), "fill_mode": "nearest",
                                   "interpolation": "nearest"}, note="nearest"),
    ImageRow("RandomShear", {"x_factor": (0.2, 0.2), "y_factor": (0.1, 0.1)}, drawn=True, differs=(BOXES,),
             inexact=(MASKS,)),
    ImageRow("RandomPerspective", {"factor": 1.0, "scale": 0.3}, drawn=True, differs=(MASKS,)),
    ImageRow("RandomElasticTransform", {"factor": 1.0, "scale": 1.0}, differs=("images", LABELS, BOXES, MASKS)),
    ImageRow("RandomErasing", {"factor": 1.0, "scale": (0.2, 0.3), "fill_value": 5.0}, drawn=True),
    ImageRow("RandomErasing", {"factor": (0.5, 0.6)}, drawn=True, note="noise"),
    ImageRow("RandomCrop", {"height": 5, "width": 7}, differs=("images", BOXES, MASKS), always=True),
    ImageRow("CenterCrop", {"height": 4, "width": 5}, always=True),
    ImageRow("CenterCrop", {"height": 14, "width": 5}, always=True, differs=(MASKS,), note="larger"),
    ImageRow("Resizing", {"height": 4, "width": 7}, always=True),
    ImageRow("Resizing", {"height": 14, "width": 7, "interpolation": "bicubic", "antialias": True}, always=True,
             note="bicubic"),
    ImageRow("Resizing", {"height": 6, "width": 6, "interpolation": "nearest", "crop_to_aspect_ratio": True},
             always=True, differs=(BOXES,), note="crop"),
    ImageRow("Resizing", {"height": 6, "width": 6, "pad_to_aspect_ratio": True, "fill_value": 3.0}, always=True,
             differs=(BOXES,), note="pad"),
    ImageRow("MixUp", {}, drawn=True, mixes=True, differs=(BOXES, MASKS)),
    ImageRow("CutMix", {}, drawn=True, mixes=True, differs=(BOXES,)),
    ImageRow("Mosaic", {}, mixes=True, differs=("images", LABELS, BOXES, MASKS)),
    ImageRow("MaxNumBoundingBoxes", {"max_number": 3}, always=True, note="more"),
    ImageRow("MaxNumBoundingBoxes", {"max_number": 1}, always=True),
]  # fmt: skip


def sample() -> dict[str, Any]:
    """Three images with labels, boxes and masks."""
    generator = np.random.default_rng(0)
    return {
        "images": generator.uniform(0, 255, (3, 9, 12, 3)).astype("float32"),
        "labels": np.eye(3, dtype="float32"),
        "bounding_boxes": {
            "boxes": np.array([[[1, 1, 5, 4], [2, 3, 9, 8]]] * 3, "float32"),
            "labels": np.array([[1, 2]] * 3, "int32"),
        },
        "segmentation_masks": generator.integers(0, 5, (3, 9, 12, 1)).astype("int32"),
    }
