"""Images as NumPy arrays and as Pillow's images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from keraslite import config
from keraslite.backend import dtypes
from keraslite.check import one_of
from keraslite.errors import ArgumentError
from keraslite.layers.on_host import arrays
from keraslite.utils.images.pillow import pillow

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["array_to_img", "data_format_of", "img_to_array"]


def array_to_img(x: object, data_format: str | None = None, scale: bool = True, dtype: str | None = None) -> Image:
    """Return an array as an image of Pillow.

    Args:
        x: array or tensor of shape `(height, width, channels)`, or `(channels, height, width)` if the channels come
            first. It has 1 channel (grey), 3 (red, green, blue) or 4 (the last is opacity).
        data_format: "channels_last" or "channels_first". None is the one of the configuration.
        scale: whether the values are shifted and stretched to the range [0, 255]. Otherwise they have to be in it.
        dtype: dtype to compute in. None is `config.floatx()`.

    Returns:
        An image of the mode "L", "RGB" or "RGBA"; "I" for grey values above 255.

    Raises:
        ArgumentError: if the array does not have three axes, or has another number of channels.

    Example:
        >>> import numpy as np
        >>> from keraslite import utils
        >>> utils.array_to_img(np.zeros((20, 30, 3))).size
        (30, 20)
    """
    data_format = data_format_of(data_format, "array_to_img")
    array = np.asarray(arrays(x), dtype=dtypes.to_numpy_dtype(dtype or config.floatx()))
    if array.ndim != 3:
        raise ArgumentError(f"`array_to_img` needs an array of three axes. Received shape {array.shape}.")
    if data_format == "channels_first":
        array = array.transpose(1, 2, 0)
    if array.shape[2] not in (1, 3, 4):
        raise ArgumentError(f"`array_to_img` needs 1, 3 or 4 channels. Received shape {array.shape}, channels last.")
    if scale:
        array = array - array.min(initial=np.inf)
        most = array.max(initial=0)
        array = array / most * 255 if most else array
    if array.shape[2] == 1:
        grey = array[:, :, 0]
        return pillow().fromarray(grey.astype("int32" if grey.max(initial=0) > 255 else "uint8"))
    return pillow().fromarray(array.astype("uint8"))


def img_to_array(img: Image | np.ndarray, data_format: str | None = None, dtype: str | None = None) -> np.ndarray:
    """Return an image of Pillow as an array.

    Args:
        img: image of Pillow, or an array of rank 2 or 3.
        data_format: "channels_last" or "channels_first", where the result has the channels. None is the one of the
            configuration.
        dtype: dtype of the result. None is `config.floatx()`.

    Returns:
        A NumPy array of shape `(height, width, channels)` or `(channels, height, width)`, with the values of the image,
        [0, 255] for most.

    Raises:
        ArgumentError: if the image has another rank.

    Example:
        >>> import numpy as np
        >>> from keraslite import utils
        >>> image = utils.array_to_img(np.zeros((20, 30, 3)))
        >>> utils.img_to_array(image).shape
        (20, 30, 3)
    """
    data_format = data_format_of(data_format, "img_to_array")
    array = np.asarray(img, dtype=dtypes.to_numpy_dtype(dtype or config.floatx()))
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise ArgumentError(f"`img_to_array` needs an image of two or three axes. Received shape {array.shape}.")
    return array.transpose(2, 0, 1) if data_format == "channels_first" else array


def data_format_of(data_format: str | None, where: str) -> str:
    """The data format that an argument or the configuration asks for."""
    if data_format is None:
        return config.image_data_format()
    return one_of(data_format, ("channels_last", "channels_first"), "data_format", where)
