"""Pillow, which is needed for image files and nothing else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keraslite.errors import CorruptFileError, FileError, MissingCapabilityError

if TYPE_CHECKING:
    import types

    from PIL.Image import Image

__all__ = ["COLOR_MODES", "converted", "damage_named", "pillow"]

#: Pillow's name of each colour mode, and the number of its channels.
COLOR_MODES = {"grayscale": ("L", 1), "rgb": ("RGB", 3), "rgba": ("RGBA", 4)}

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)


def pillow() -> types.ModuleType:
    """The module `PIL.Image`."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingCapabilityError(
            "Image files need Pillow, which is not installed. Install it: pip install 'keraslite[images]'."
        ) from error
    return Image


def converted(image: Image, color_mode: str) -> Image:
    """An image in a colour mode. Images with 16 bits per channel keep their range: the upper 8 bits stay."""
    mode = COLOR_MODES[color_mode][0]
    image.load()
    if image.mode == mode:
        return image
    if image.mode.startswith("I"):  # what Pillow would cut off at 255
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image if image.mode == mode else image.convert(mode)


@contextmanager
def damage_named(path: object) -> Iterator[None]:
    """Let an error of Pillow say which file it is about."""
    bombs = pillow().DecompressionBombError, pillow().DecompressionBombWarning
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise FileError(f"{path} cannot be read. Received {error}. Check the path and the permissions.") from error
    except (*_DAMAGE, *bombs) as error:
        raise CorruptFileError(
            f"{path} needs to be an image. Received a file that cannot be read: {error}. Mend or remove it."
        ) from error
