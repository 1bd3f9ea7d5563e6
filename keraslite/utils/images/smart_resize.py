"""`smart_resize`: another size without distortion."""

from __future__ import annotations

from typing import TypeVar, cast

import numpy as np

from keraslite import ops
from keraslite.backend import registry
from keraslite.backend.contract import Tensor
from keraslite.check import int_tuple, one_of
from keraslite.errors import ArgumentError
from keraslite.utils.images.cropping import centre

__all__ = ["smart_resize"]

_Image = TypeVar("_Image")


def smart_resize(
    x: _Image,
    size: tuple[int, int],
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **kwargs: object,
) -> _Image:
    """Cut images to the proportions of `size`, about their middle, and resize them without distortion.

    Args:
        x: image or batch of images, an array or tensor of shape `(..., height, width, channels)`, or
            `(..., channels, height, width)` if the channels come first.
        size: height and width of the result, two positive ints.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        data_format: "channels_last" or "channels_first".
        **kwargs: `backend_module`, which Keras has for its own use and which changes nothing here.

    Returns:
        Images of the given size: a NumPy array if `x` is one, otherwise a tensor.

    Raises:
        ArgumentError: if `x` has neither three nor four axes, or `size` is not two positive ints.

    Example:
        >>> import numpy as np
        >>> from keraslite.preprocessing.image import smart_resize
        >>> smart_resize(np.zeros((200, 300, 3), "float32"), (64, 64)).shape
        (64, 64, 3)
    """
    if kwargs.keys() - {"backend_module"}:
        raise ArgumentError(f"`smart_resize` needs arguments that it has. Received {sorted(kwargs)}.")
    if not isinstance(size, (list, tuple)):
        raise ArgumentError(f"`smart_resize` needs `size` to be height and width. Received {size!r}.")
    to_height, to_width = int_tuple(size, 2, "size", "smart_resize")
    one_of(data_format, ("channels_last", "channels_first"), "data_format", "smart_resize")
    if isinstance(x, np.ndarray):
        with registry.use_backend(registry.host()):
            return _resized(x, to_height, to_width, interpolation, data_format)  # type: ignore[return-value]
    return _resized(x, to_height, to_width, interpolation, data_format)  # type: ignore[return-value]


def _resized(x: object, to_height: int, to_width: int, interpolation: str, data_format: str) -> object:
    tensor = cast("Tensor", ops.convert_to_tensor(x) if registry.engine_of(x) is None else x)
    shape = ops.shape(tensor)
    if len(shape) not in (3, 4):
        raise ArgumentError(f"`smart_resize` needs an image or a batch of images. Received shape {shape}.")
    first = len(shape) - 3 + (data_format == "channels_first")
    top, left, rows, columns = centre(shape[first], shape[first + 1], to_height, to_width)
    index = (*(slice(None),) * first, slice(top, top + rows), slice(left, left + columns))
    resized = ops.image.resize(
        tensor[index], (to_height, to_width), interpolation=interpolation, data_format=data_format
    )
    return ops.convert_to_numpy(resized) if isinstance(tensor, np.ndarray) else resized
