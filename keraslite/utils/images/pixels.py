"""The memory of Pillow's images as an array, without a copy where Pillow offers it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["pixels"]


class _Array(ctypes.Structure):
    """`ArrowArray` of Arrow's C data interface."""


_Array._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_Array))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


@contextmanager
def pixels(image: Image) -> Iterator[np.ndarray]:
    """A uint8 image as an array `(height, width, channels)`, which holds within the `with`.

    Pillow keeps RGB in four bytes per pixel, and so the array may have a fourth channel that means nothing.
    """
    image.load()
    try:
        capsules = image.__arrow_c_array__() if hasattr(image, "__arrow_c_array__") else None
    except ValueError:  # Pillow keeps large images in several blocks
        capsules = None
    array = None if capsules is None else _view(capsules[1], image.size)
    if array is None:
        array = np.asarray(image)
        array = array[:, :, None] if array.ndim == 2 else array
    yield array
    del capsules  # with which Pillow may free the memory


def _view(capsule: object, size: tuple[int, int]) -> np.ndarray | None:
    """The bytes of an Arrow array of pixels; None if it is of another form."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    whole = _Array.from_address(get(capsule, b"arrow_array"))
    leaf = whole.children[0].contents if whole.n_children == 1 else whole
    width, height = size
    channels = 4 if whole.n_children == 1 else 1
    if leaf.length != width * height * channels or leaf.offset or leaf.n_buffers != 2 or not leaf.buffers[1]:
        return None
    return np.ctypeslib.as_array(
        ctypes.cast(leaf.buffers[1], ctypes.POINTER(ctypes.c_uint8)), (height, width, channels)
    )
