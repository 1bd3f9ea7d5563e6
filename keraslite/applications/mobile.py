"""What the MobileNets, EfficientNets and NASNets share: sizes of images and of layers."""

from __future__ import annotations

from collections.abc import Sequence

from keraslite import check, config
from keraslite.applications.frame import Frame, ImageShape
from keraslite.errors import ArgumentError

__all__ = ["check_alpha", "default_size", "halving_pad", "multiple_of_8", "size_of_weights"]

#: The sizes of images that there are published weights for.
_SIZES = (128, 160, 192, 224)


def multiple_of_8(value: float) -> int:
    """The multiple of 8 next to a number of channels, and at least nine tenths of it."""
    found = max(8, int(value + 4) // 8 * 8)
    return found if found >= 0.9 * value else found + 8


def halving_pad(size: Sequence[int | None], kernel: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Zeros before and after height and width, such that a convolution of stride 2 reads the last row and column."""
    after = kernel // 2
    rows, columns = (after if count is not None and count % 2 else after - 1 for count in size)
    return (rows, after), (columns, after)


def check_alpha(alpha: float, where: str) -> None:
    """Refuse a factor of channels that is not above 0."""
    if check.number(alpha, "alpha", where, 0) == 0:
        raise ArgumentError(f"`{where}` needs `alpha` to be above 0. Received alpha={alpha}.")


def default_size(input_shape: ImageShape, more: Sequence[int] = ()) -> int:
    """The size that a user asks for, if there are published weights for it, or else 224."""
    if input_shape is not None and len(input_shape) == 3:
        first = config.image_data_format() == "channels_first"
        rows, columns = input_shape[1:] if first else input_shape[:2]
        if rows is not None and rows == columns and rows in (*_SIZES, *more):
            return rows
    return 224


def size_of_weights(
    frame: Frame, alpha: float, published: Sequence[float], input_shape: ImageShape, more: Sequence[int] = ()
) -> int | None:
    """The size of the published weights if those are asked for, or else the image's height.

    Args:
        frame: the application.
        alpha: the factor of channels.
        published: the factors that there are published weights for.
        input_shape: what the user asks for.
        more: further sizes that there are weights for.
    """
    if not frame.published:
        return frame.shape[1 if frame.axis == 1 else 0]
    if alpha not in published:
        raise ArgumentError(
            f'`{frame.function}` needs `alpha` to be one of {", ".join(map(str, published))} with weights="imagenet". '
            f"Received alpha={alpha}. Pass `weights=None` for new weights."
        )
    return default_size(input_shape, more)
