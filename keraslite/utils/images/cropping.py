"""The part of an image that has given proportions, or the frame around it that has."""

from __future__ import annotations

__all__ = ["centre", "frame"]


def centre(height: int, width: int, to_height: int, to_width: int) -> tuple[int, int, int, int]:
    """The largest part in the middle that has the proportions of a target: top, left, height and width."""
    rows = min(height, int(width * to_height / to_width))
    columns = min(width, int(height * to_width / to_height))
    return (height - rows) // 2, (width - columns) // 2, rows, columns


def frame(height: int, width: int, to_height: int, to_width: int) -> tuple[int, int, int, int]:
    """The smallest frame around an image with the proportions of a target: the image's top and left, height, width."""
    rows = max(height, int(width * to_height / to_width))
    columns = max(width, int(height * to_width / to_height))
    return (rows - height) // 2, (columns - width) // 2, rows, columns
