"""Names of the types that layers on images take."""

from __future__ import annotations

from typing import Any, TypeAlias

from keraslite.layers.types import DataFormat, LayerOptions, UnnamedOptions

__all__ = ["BoxOptions", "ImageOptions", "Transformation", "UnnamedBoxOptions"]

#: What `get_random_transformation` returns: each layer's own dict, which its `transform_...` methods take; None for
#: no change. Subclasses of users may return anything.
Transformation: TypeAlias = Any


class BoxOptions(LayerOptions, total=False):
    """Keywords of every layer, and the format of bounding boxes."""

    bounding_box_format: str | None


class UnnamedBoxOptions(UnnamedOptions, total=False):
    """The same for layers that have a parameter `name`."""

    bounding_box_format: str | None


class ImageOptions(BoxOptions, total=False):
    """Keywords of every layer on images."""

    data_format: DataFormat
