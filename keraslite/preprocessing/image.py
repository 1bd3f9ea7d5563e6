"""Images as arrays and files, as in `keras.preprocessing.image`."""

from __future__ import annotations

from keraslite.utils.images.arrays import array_to_img, img_to_array
from keraslite.utils.images.files import load_img, save_img
from keraslite.utils.images.smart_resize import smart_resize

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img", "smart_resize"]
