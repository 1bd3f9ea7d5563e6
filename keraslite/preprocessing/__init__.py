"""Older names of functions in `keraslite.utils`, as in `keras.preprocessing`."""

from __future__ import annotations

from keraslite.preprocessing import image, sequence
from keraslite.utils.folders.images import image_dataset_from_directory
from keraslite.utils.folders.texts import text_dataset_from_directory
from keraslite.utils.timeseries import timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
