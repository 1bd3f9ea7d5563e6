"""Names of the types that layers on images take."""

from __future__ import annotations

from typing import TypeAlias

from keraslite.layers.preprocessing.images.data import Part
from keraslite.layers.types import DataFormat, LayerOptions, UnnamedOptions

__all__ = ["BoxOptions", "ImageOptions", "Transformation", "UnnamedBoxOptions"]

#: What `get_random_transformation` returns: whatever the layer's `transform_...` methods take; None for no change.
Transformation: TypeAlias = Part


class BoxOptions(LayerOptions, total=False):
    """Keywords of every layer, and the format of bounding boxes."""

    bounding_box_format: str | None


class UnnamedBoxOptions(UnnamedOptions, total=False):
    """The same for layers that have a parameter `name`."""

    bounding_box_format: str | None


class ImageOptions(BoxOptions, total=False):
    """Keywords of every layer on images."""

    data_format: DataFormat
