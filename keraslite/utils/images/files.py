"""Image files."""

from __future__ import annotations

import io
import os
from typing import IO, TYPE_CHECKING

from keraslite.check import int_tuple, one_of
from keraslite.config.messages import say
from keraslite.errors import ArgumentError
from keraslite.saving.files import path_of, write_file
from keraslite.utils.images.arrays import array_to_img
from keraslite.utils.images.cropping import centre
from keraslite.utils.images.pillow import COLOR_MODES, converted, damage_named, pillow

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["load_img", "save_img"]

_RESAMPLING = {
    "nearest": "NEAREST",
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "hamming": "HAMMING",
    "box": "BOX",
    "lanczos": "LANCZOS",
}


def load_img(
    path: str | os.PathLike[str] | io.BytesIO,
    color_mode: str = "rgb",
    target_size: int | tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """Return the image in a file as an image of Pillow.

    Args:
        path: path of the file, or a `BytesIO` with its content.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width of the result. None keeps those of the file.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos", by which Pillow resizes.
        keep_aspect_ratio: whether the middle of the image is cut out in the proportions of `target_size` before it is
            resized.

    Raises:
        CorruptFileError: if the file is no image that Pillow can read.

    Example:
        >>> import numpy as np, pathlib, tempfile
        >>> from keraslite import utils
        >>> path = pathlib.Path(tempfile.mkdtemp(), "image.png")
        >>> utils.save_img(path, np.zeros((20, 30, 3)))
        >>> utils.load_img(path, color_mode="grayscale", target_size=(10, 10)).size
        (10, 10)
    """
    one_of(color_mode, COLOR_MODES, "color_mode", "load_img")
    one_of(interpolation, _RESAMPLING, "interpolation", "load_img")
    if not isinstance(path, io.BytesIO):
        path = path_of(path, "load_img")
    with damage_named(path), pillow().open(path) as file:
        file.load()
        if color_mode == "grayscale" and file.mode in ("I", "I;16", "I;16L", "I;16B"):
            image = file.copy()
        else:
            image = converted(file, color_mode)
    if target_size is None:
        return image
    height, width = int_tuple(target_size, 2, "target_size", "load_img")
    if (image.height, image.width) == (height, width):
        return image
    box = None
    if keep_aspect_ratio:
        top, left, rows, columns = centre(image.height, image.width, height, width)
        box = (left, top, left + columns, top + rows)
    return image.resize((width, height), getattr(pillow().Resampling, _RESAMPLING[interpolation]), box)


def save_img(
    path: str | os.PathLike[str] | IO[bytes],
    x: object,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: object,
) -> None:
    """Write an array as an image file.

    Args:
        path: path of the file, or a file that is open for writing. An existing file is replaced.
        x: array or tensor, as in `array_to_img`.
        data_format: "channels_last" or "channels_first". None is the one of the configuration.
        file_format: format of the file, such as "png" or "jpeg". None tells it by the path's ending.
        scale: whether the values are shifted and stretched to the range [0, 255].
        **kwargs: options that Pillow has for the format, such as `quality`.

    Raises:
        ArgumentError: if the format is unknown or the array is no image.

    Example:
        >>> import numpy as np, pathlib, tempfile
        >>> from keraslite import utils
        >>> path = pathlib.Path(tempfile.mkdtemp(), "image.png")
        >>> utils.save_img(path, np.zeros((20, 30, 3)))
        >>> path.exists()
        True
    """
    image = array_to_img(x, data_format=data_format, scale=scale)
    name = None if hasattr(path, "write") else path_of(path, "save_img")
    known = pillow().registered_extensions()
    ending = os.path.splitext(name or "")[1].lower()
    kind = known.get(ending) if file_format is None else known.get(f".{file_format.lower()}", file_format.upper())
    if kind not in pillow().SAVE:
        raise ArgumentError(
            f"`save_img` needs a format that Pillow writes, such as png or jpeg. Received path={str(path)!r} and "
            f"file_format={file_format!r}."
        )
    if image.mode == "RGBA" and kind == "JPEG":
        say("JPEG files hold no opacity. The image is saved as RGB.")
        image = image.convert("RGB")
    content = io.BytesIO()
    image.save(content, format=kind, **kwargs)
    if name is None:
        path.write(content.getvalue())  # type: ignore[union-attr]
    else:
        write_file(name, content.getvalue(), overwrite=True)
