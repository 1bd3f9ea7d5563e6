"""Pictures with boxes and masks drawn on them, and galleries of pictures."""

from __future__ import annotations

from keraslite.visualization.drawing import draw_bounding_boxes, draw_segmentation_masks
from keraslite.visualization.galleries import (
    plot_bounding_box_gallery,
    plot_image_gallery,
    plot_segmentation_mask_gallery,
)

__all__ = [
    "draw_bounding_boxes",
    "draw_segmentation_masks",
    "plot_bounding_box_gallery",
    "plot_image_gallery",
    "plot_segmentation_mask_gallery",
]
