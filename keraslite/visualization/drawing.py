"""Boxes and masks on pictures, drawn in NumPy on the host."""

from __future__ import annotations

import colorsys
import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keraslite import check, config, ops
from keraslite.backend.contract import TensorLike
from keraslite.errors import ArgumentError, DTypeError, MissingPackageError
from keraslite.utils.bounding_boxes import convert_format

__all__ = ["as_pictures", "draw_bounding_boxes", "draw_segmentation_masks"]

Color = Sequence[int]


def draw_bounding_boxes(
    images: TensorLike,
    bounding_boxes: Mapping[str, TensorLike],
    bounding_box_format: str,
    class_mapping: Mapping[int, str] | None = None,
    color: Color = (128, 128, 128),
    line_thickness: int = 2,
    text_thickness: int = 1,
    font_scale: float = 1.0,
    data_format: str | None = None,
) -> np.ndarray:
    """Return pictures with the outlines of boxes. Boxes with a label below 0 are left out.

    Args:
        images: of shape `(batch, height, width, channels)`, with 1 or 3 channels and values from 0 to 255.
        bounding_boxes: a dict of "boxes" of shape `(batch, boxes, 4)`, "labels" of shape `(batch, boxes)`, and maybe
            "confidences" of that shape.
        bounding_box_format: such as "xyxy" or "rel_xywh"; see `utils.bounding_boxes.convert_format`.
        class_mapping: names by label, which are written above boxes and need Pillow; None (default) for no names.
        color: of the outlines, red, green and blue from 0 to 255; grey by default.
        line_thickness: of the outlines in pixels, at least 1; 2 by default.
        text_thickness: of the strokes of letters, at least 1; 1 by default.
        font_scale: size of the letters, 1 (default) is 12 pixels.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A NumPy array of dtype uint8 and of the shape of `images`.

    Raises:
        ArgumentError: if `images` has no 4 axes, or `bounding_boxes` is no dict of "boxes" and "labels".
        MissingPackageError: (an ImportError) if names are asked for and Pillow is not installed.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> boxes = {"boxes": np.array([[[1, 1, 4, 4]]]), "labels": np.array([[0]])}
        >>> drawn = keras.visualization.draw_bounding_boxes(
        ...     np.zeros((1, 5, 5, 3), "uint8"), boxes, "xyxy", color=(9, 9, 9), line_thickness=1
        ... )
        >>> drawn[0, 1, :, 0].tolist()
        [0, 9, 9, 9, 9]
    """
    where = "draw_bounding_boxes"
    pictures, first = as_pictures(images, data_format, where)
    if not isinstance(bounding_boxes, Mapping) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ArgumentError(
            f"`{where}` needs a dict of 'boxes' and 'labels'. Received {type(bounding_boxes).__name__}."
        )
    thickness = check.positive_int(line_thickness, "line_thickness", where)
    height, width = pictures.shape[1:3]
    given = ops.cast(ops.convert_to_tensor(bounding_boxes["boxes"]), "float32")
    corners: Any = convert_format(given, bounding_box_format, "xyxy", height, width)
    corners = np.round(ops.convert_to_numpy(corners)).astype(int)
    labels = np.asarray(ops.convert_to_numpy(bounding_boxes["labels"])).astype(int)
    confidences = bounding_boxes.get("confidences")
    sure = None if confidences is None else np.asarray(ops.convert_to_numpy(confidences))
    for i, picture in enumerate(pictures):
        for j, (box, label) in enumerate(zip(corners[i], labels[i], strict=True)):
            if label < 0:
                continue
            _outline(picture, box.tolist(), color, thickness)
            if class_mapping is not None and int(label) in class_mapping:
                text = class_mapping[int(label)] + ("" if sure is None else f" | {float(sure[i][j]):.2f}")
                _write(picture, text, box.tolist(), color, text_thickness, font_scale)
    return np.moveaxis(pictures, -1, 1) if first else pictures


def _outline(picture: np.ndarray, box: list[int], color: Color, thickness: int) -> None:
    left, top, right, bottom = box
    before = thickness // 2
    height, width = picture.shape[:2]
    shade = np.asarray(color[: picture.shape[-1]], np.uint8)

    def fill(rows: tuple[int, int], columns: tuple[int, int]) -> None:
        (y0, y1), (x0, x1) = rows, columns
        picture[max(y0, 0) : max(min(y1, height), 0), max(x0, 0) : max(min(x1, width), 0)] = shade

    whole = (left - before, right - before + thickness)
    for y in (top, bottom):
        fill((y - before, y - before + thickness), whole)
    for x in (left, right):
        fill((top - before, bottom - before + thickness), (x - before, x - before + thickness))


def _write(picture: np.ndarray, text: str, box: list[int], color: Color, thickness: int, scale: float) -> None:
    """Write a text above a box, or within it where there is no room above."""
    try:
        image, draw, font = (importlib.import_module(f"PIL.{name}") for name in ("Image", "ImageDraw", "ImageFont"))
    except ImportError as error:
        raise MissingPackageError(
            "`class_mapping` needs Pillow, which writes the names. It is not installed. Run `pip install pillow`."
        ) from error
    size = max(int(12 * scale), 1)
    single = picture.shape[-1] == 1
    canvas = image.fromarray(picture[..., 0] if single else picture)
    place = (max(box[0], 0), box[1] - size - 2 if box[1] >= size + 2 else box[1] + 2)
    shade = int(color[0]) if single else tuple(int(part) for part in color)
    letters = font.load_default(size)
    draw.Draw(canvas).text(place, text, fill=shade, font=letters, stroke_width=max(int(thickness), 1) - 1)
    written = np.asarray(canvas)
    picture[...] = written[..., None] if single else written


def draw_segmentation_masks(
    images: TensorLike,
    segmentation_masks: TensorLike,
    num_classes: int | None = None,
    color_mapping: Mapping[int, Color] | None = None,
    alpha: float = 0.8,
    blend: bool = True,
    ignore_index: int = -1,
    data_format: str | None = None,
) -> np.ndarray:
    """Return pictures with the pixels of each class coloured. Class 0, the background, stays as it is.

    Args:
        images: of shape `(batch, height, width, channels)`, with 3 channels and values from 0 to 255.
        segmentation_masks: classes of the pixels, integers of shape `(batch, height, width)`, or with an axis of size 1
            at the place of the channels.
        num_classes: number of classes, with the background; None (default) for the greatest class and 1.
        color_mapping: colours (red, green and blue from 0 to 255) by class; None (default) for colours of all hues.
        alpha: how much of the colour there is, in [0, 1]; 0.8 by default.
        blend: False paints the colour alone; True (default) mixes it with the picture by `alpha`.
        ignore_index: a class whose pixels stay as they are too; -1 by default.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        A NumPy array of dtype uint8 and of the shape of `images`.

    Raises:
        ArgumentError: if `images` has no 4 axes, or the masks do not fit.
        DTypeError: if the masks are no integers.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> drawn = keras.visualization.draw_segmentation_masks(
        ...     np.zeros((1, 1, 2, 3), "uint8"), np.array([[[0, 1]]]), color_mapping={1: (100, 0, 0)}, alpha=0.5
        ... )
        >>> drawn[0, 0].tolist()
        [[0, 0, 0], [50, 0, 0]]
    """
    where = "draw_segmentation_masks"
    pictures, first = as_pictures(images, data_format, where)
    masks = np.asarray(ops.convert_to_numpy(segmentation_masks))
    if masks.dtype.kind not in "iu":
        raise DTypeError(f"`{where}` needs masks of integers. Received dtype {masks.dtype}. Cast them.")
    if masks.ndim == 4:
        masks = masks[:, 0] if first else masks[..., 0]
    if masks.shape != pictures.shape[:3]:
        raise ArgumentError(f"`{where}` needs masks of shape {pictures.shape[:3]}. Received shape {masks.shape}.")
    check.number(alpha, "alpha", where, 0, 1)
    number = (
        int(masks.max(initial=0)) + 1 if num_classes is None else check.positive_int(num_classes, "num_classes", where)
    )
    colors = _hues(number) if color_mapping is None else color_mapping
    part = float(alpha) if blend else 1.0
    for index in range(1, number):
        if index != ignore_index and index in colors:
            chosen = masks == index
            mixed = pictures[chosen] * (1 - part) + np.asarray(colors[index]) * part
            pictures[chosen] = np.clip(mixed, 0, 255).astype(np.uint8)
    return np.moveaxis(pictures, -1, 1) if first else pictures


def _hues(number: int) -> dict[int, Color]:
    """As many colours, of hues that are far from each other."""
    found = {}
    for index in range(1, number):
        parts = colorsys.hsv_to_rgb((index * 0.618034) % 1.0, 0.85, 0.95)
        found[index] = [round(255 * part) for part in parts]
    return found


def as_pictures(images: TensorLike, data_format: str | None, where: str) -> tuple[np.ndarray, bool]:
    """Return a copy of pictures as uint8 with the channels last, and whether they came with the channels first."""
    form = check.one_of(
        data_format or config.image_data_format(), ("channels_last", "channels_first"), "data_format", where
    )
    values = np.asarray(ops.convert_to_numpy(images))
    if values.ndim != 4:
        raise ArgumentError(
            f"`{where}` needs `images` to have 4 axes, such as (batch, height, width, channels). Received shape "
            f"{values.shape}."
        )
    first = form == "channels_first"
    values = np.moveaxis(values, 1, -1) if first else values
    return np.clip(values, 0, 255).astype(np.uint8), first
