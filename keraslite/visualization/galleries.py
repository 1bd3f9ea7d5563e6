"""Galleries of pictures, drawn by matplotlib."""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keraslite import check, config, ops
from keraslite.backend.contract import TensorLike
from keraslite.errors import ArgumentError, MissingPackageError
from keraslite.visualization.drawing import Color, draw_bounding_boxes, draw_segmentation_masks

__all__ = ["plot_bounding_box_gallery", "plot_image_gallery", "plot_segmentation_mask_gallery"]


def plot_image_gallery(
    images: TensorLike,
    y_true: TensorLike | None = None,
    y_pred: TensorLike | None = None,
    label_map: Mapping[int, str] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    value_range: tuple[float, float] = (0, 255),
    scale: float = 2,
    path: str | os.PathLike[str] | None = None,
    show: bool | None = None,
    transparent: bool = True,
    dpi: int = 60,
    legend_handles: Sequence[object] | None = None,
    data_format: str | None = None,
) -> Any:
    """Plot pictures in rows and columns. It needs matplotlib.

    Args:
        images: of shape `(batch, height, width, channels)`.
        y_true: true classes of shape `(batch,)`, for titles; None (default) for none.
        y_pred: predicted classes of shape `(batch,)`, for titles; None (default) for none.
        label_map: names by class, needed with `y_true` or `y_pred`.
        rows: number of rows; None (default) for as many as needed.
        cols: number of columns; None (default) for about as many as rows.
        value_range: the values of black and white; (0, 255) by default.
        scale: size of a picture in inches; 2 by default.
        path: file to write; None (default) for none.
        show: whether to show the figure, not with `path`; None (default) for yes, unless there is a `path`.
        transparent: whether the file has a transparent background; True by default.
        dpi: dots per inch of the file; 60 by default.
        legend_handles: patches of matplotlib for a legend; None (default) for no legend.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.

    Returns:
        The matplotlib figure.

    Raises:
        ArgumentError: if `images` has no 4 axes, both `path` and `show` are given, or names are missing.
        MissingPackageError: (an ImportError) if matplotlib is not installed.

    Example:
        >>> import pathlib
        >>> import numpy as np
        >>> import keraslite as keras
        >>> figure = keras.visualization.plot_image_gallery(np.zeros((3, 4, 4, 3)), path="gallery.png")
        >>> pathlib.Path("gallery.png").exists()
        True
    """
    where = "plot_image_gallery"
    if path is not None and show:
        raise ArgumentError(f"`{where}` needs `path` or `show`. Received both. Leave `show` out.")
    if (y_true is not None or y_pred is not None) and label_map is None:
        raise ArgumentError(f"`{where}` needs `label_map` for the titles. Received `y_true` or `y_pred` without it.")
    pictures = _scaled(images, value_range, data_format, where)
    number = len(pictures)
    cols = check.positive_int(cols or math.ceil(number / (rows or math.ceil(math.sqrt(number)))), "cols", where)
    rows = check.positive_int(rows or math.ceil(number / cols), "rows", where)
    plt = _pyplot(where)
    figure, places = plt.subplots(rows, cols, figsize=(cols * scale, rows * scale), squeeze=False, frameon=False)
    titles = _titles(y_true, y_pred, label_map or {}, number)
    for i, place in enumerate(places.flat):
        place.axis("off")
        if i < number:
            place.imshow(pictures[i], cmap="gray" if pictures[i].ndim == 2 else None, vmin=0, vmax=1)
            place.set_title(titles[i], fontsize=8)
    if legend_handles is not None:
        figure.legend(handles=list(legend_handles), loc="lower center")
    if path is not None:
        figure.savefig(os.fspath(path), transparent=transparent, dpi=dpi, bbox_inches="tight", pad_inches=0.05)
        plt.close(figure)
    elif show is not False:
        plt.show()
    return figure


def plot_bounding_box_gallery(
    images: TensorLike,
    bounding_box_format: str,
    y_true: Mapping[str, TensorLike] | None = None,
    y_pred: Mapping[str, TensorLike] | None = None,
    value_range: tuple[float, float] = (0, 255),
    true_color: Color = (0, 188, 212),
    pred_color: Color = (255, 235, 59),
    line_thickness: int = 2,
    font_scale: float = 1.0,
    text_thickness: int | None = None,
    class_mapping: Mapping[int, str] | None = None,
    ground_truth_mapping: Mapping[int, str] | None = None,
    prediction_mapping: Mapping[int, str] | None = None,
    legend: bool = False,
    legend_handles: Sequence[object] | None = None,
    rows: int | None = None,
    cols: int | None = None,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Plot pictures with true and predicted boxes in rows and columns. It needs matplotlib.

    Args:
        images: of shape `(batch, height, width, channels)`.
        bounding_box_format: such as "xyxy" or "rel_xywh"; see `utils.bounding_boxes.convert_format`.
        y_true: true boxes, as in `draw_bounding_boxes`; None (default) for none.
        y_pred: predicted boxes, as in `draw_bounding_boxes`; None (default) for none.
        value_range: the values of black and white; (0, 255) by default.
        true_color: of true boxes, red, green and blue from 0 to 255.
        pred_color: of predicted boxes.
        line_thickness: of the outlines in pixels, at least 1; 2 by default.
        font_scale: size of the letters, 1 (default) is 12 pixels.
        text_thickness: of the strokes of letters; None (default) for `line_thickness`.
        class_mapping: names by label; None (default) for no names.
        ground_truth_mapping: names of true boxes; None (default) for `class_mapping`.
        prediction_mapping: names of predicted boxes; None (default) for `class_mapping`.
        legend: whether to say which colour is which; False by default.
        legend_handles: patches of matplotlib for a legend of your own; None (default) for none.
        rows: number of rows; None (default) for as many as needed.
        cols: number of columns; None (default) for about as many as rows.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.
        **kwargs: more arguments of `plot_image_gallery`.

    Returns:
        The matplotlib figure.

    Raises:
        ArgumentError: if both `legend` and `legend_handles` are given.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> boxes = {"boxes": np.array([[[1, 1, 4, 4]]]), "labels": np.array([[0]])}
        >>> figure = keras.visualization.plot_bounding_box_gallery(np.zeros((1, 8, 8, 3)), "xyxy", boxes, path="b.png")
    """
    where = "plot_bounding_box_gallery"
    if legend and legend_handles is not None:
        raise ArgumentError(f"`{where}` needs `legend` or `legend_handles`. Received both.")
    drawn: Any = _scaled(images, value_range, data_format, where, keep=True) * 255
    for boxes, color, names in (
        (y_true, true_color, ground_truth_mapping or class_mapping),
        (y_pred, pred_color, prediction_mapping or class_mapping),
    ):
        if boxes is not None:
            drawn = draw_bounding_boxes(
                drawn, boxes, bounding_box_format, names, color, line_thickness, text_thickness or line_thickness,
                font_scale, data_format="channels_last",
            )  # fmt: skip
    if legend:
        _pyplot(where)
        patch = importlib.import_module("matplotlib.patches").Patch
        shown = (("truth", true_color, y_true), ("prediction", pred_color, y_pred))
        legend_handles = [patch(color=np.divide(c, 255), label=text) for text, c, boxes in shown if boxes is not None]
    return plot_image_gallery(
        drawn, rows=rows, cols=cols, legend_handles=legend_handles, data_format="channels_last", **kwargs
    )


def plot_segmentation_mask_gallery(
    images: TensorLike,
    num_classes: int,
    value_range: tuple[float, float] = (0, 255),
    y_true: TensorLike | None = None,
    y_pred: TensorLike | None = None,
    color_mapping: Mapping[int, Color] | None = None,
    blend: bool = True,
    alpha: float = 0.8,
    ignore_index: int = -1,
    data_format: str | None = None,
    **kwargs: Any,
) -> Any:
    """Plot pictures, and each with its true and its predicted mask, side by side. It needs matplotlib.

    Args:
        images: of shape `(batch, height, width, 3)`.
        num_classes: number of classes, with the background.
        value_range: the values of black and white; (0, 255) by default.
        y_true: true masks, as in `draw_segmentation_masks`; None (default) for none.
        y_pred: predicted masks, as in `draw_segmentation_masks`; None (default) for none.
        color_mapping: colours by class; None (default) for colours of all hues.
        blend: False paints the colours alone; True (default) mixes them with the pictures.
        alpha: how much of the colour there is, in [0, 1]; 0.8 by default.
        ignore_index: a class whose pixels stay as they are; -1 by default.
        data_format: "channels_last" or "channels_first"; None (default) for `config.image_data_format()`.
        **kwargs: more arguments of `plot_image_gallery`.

    Returns:
        The matplotlib figure.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> images, masks = np.zeros((2, 4, 4, 3)), np.ones((2, 4, 4), "int32")
        >>> figure = keras.visualization.plot_segmentation_mask_gallery(images, 2, y_true=masks, path="m.png")
    """
    plain = _scaled(images, value_range, data_format, "plot_segmentation_mask_gallery", keep=True) * 255
    shown = [plain]
    for masks in (y_true, y_pred):
        if masks is not None:
            values = np.asarray(ops.convert_to_numpy(masks))
            values = values.reshape(plain.shape[:3])
            shown.append(
                draw_segmentation_masks(
                    plain, values, num_classes, color_mapping, alpha, blend, ignore_index, "channels_last"
                ).astype(plain.dtype)
            )
    side_by_side = np.concatenate(shown, axis=2)
    return plot_image_gallery(side_by_side, data_format="channels_last", **kwargs)


def _scaled(
    images: TensorLike, value_range: tuple[float, float], data_format: str | None, where: str, keep: bool = False
) -> np.ndarray:
    """Pictures with the channels last and values in [0, 1]; a single channel is left out unless `keep`."""
    form = data_format or config.image_data_format()
    check.one_of(form, ("channels_last", "channels_first"), "data_format", where)
    values = np.asarray(ops.convert_to_numpy(images)).astype(np.float64)
    if values.ndim != 4:
        raise ArgumentError(f"`{where}` needs `images` to have 4 axes. Received shape {values.shape}.")
    values = np.moveaxis(values, 1, -1) if form == "channels_first" else values
    low, high = value_range
    values = np.clip((values - low) / (high - low), 0, 1)
    return values[..., 0] if values.shape[-1] == 1 and not keep else values


def _titles(y_true: TensorLike | None, y_pred: TensorLike | None, names: Mapping[int, str], number: int) -> list[str]:
    lines: list[list[str]] = [[] for _ in range(number)]
    for word, classes in (("truth", y_true), ("predicted", y_pred)):
        if classes is not None:
            for line, index in zip(lines, np.asarray(ops.convert_to_numpy(classes)).reshape(-1), strict=False):
                line.append(f"{word}: {names.get(int(index), int(index))}")
    return ["\n".join(line) for line in lines]


def _pyplot(where: str) -> Any:
    try:
        return importlib.import_module("matplotlib.pyplot")
    except ImportError as error:
        raise MissingPackageError(
            f"`{where}` needs the package matplotlib. It is not installed. Run `pip install matplotlib`."
        ) from error
