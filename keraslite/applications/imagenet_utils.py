"""Images as the published weights need them, and names of ImageNet's classes."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Literal, TypeAlias, cast

import numpy as np

from keraslite import check, config, ops
from keraslite.applications import weight_files
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError, CorruptFileError
from keraslite.layers.types import DataFormat

__all__ = ["decode_predictions", "obtain_input_shape", "preprocess_input"]

Mode: TypeAlias = Literal["caffe", "tf", "torch"]
#: The mean of ImageNet's pixels in [0, 255]: blue, green, red.
_MEAN_BGR = (103.939, 116.779, 123.68)
#: Mean and deviation of ImageNet's pixels in [0, 1]: red, green, blue.
MEAN_RGB, DEVIATION_RGB = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def preprocess_input(x: Tensor, data_format: DataFormat = None, mode: Mode = "caffe") -> Tensor:
    """Scale images in [0, 255], red first, to what published weights were trained on.

    Args:
        x: an image or a batch of images with 3 channels, of any dtype: an array, a tensor or a symbolic tensor. It is
            not changed.
        data_format: "channels_last", "channels_first", or None for `config.image_data_format()`. Default: None.
        mode: "caffe" makes the order blue, green, red and subtracts the mean; "tf" scales to [-1, 1]; "torch" scales to
            [0, 1], subtracts the mean and divides by the standard deviation of each channel. Default: "caffe".

    Returns:
        Images of the same shape and kind, floats.

    Raises:
        ArgumentError: if an argument is outside its range, or `x` has neither 3 nor 4 axes, or not 3 channels.

    Example:
        >>> import numpy as np
        >>> from keraslite import applications
        >>> image = np.full((1, 2, 2, 3), 255)
        >>> applications.imagenet_utils.preprocess_input(image, mode="tf")[0, 0, 0].tolist()
        [1.0, 1.0, 1.0]
    """
    check.one_of(mode, ("caffe", "tf", "torch"), "mode", "preprocess_input")
    check.one_of(data_format, ("channels_last", "channels_first", None), "data_format", "preprocess_input")
    rank = len(x.shape)
    axis = -1 if (data_format or config.image_data_format()) == "channels_last" else rank - 3
    if rank not in (3, 4) or x.shape[axis] not in (3, None):
        raise ArgumentError(
            f"`preprocess_input` needs an image or a batch of images with 3 channels along axis {axis}. Received shape "
            f"{tuple(x.shape)}."
        )
    if isinstance(x, np.ndarray):
        name = dtypes.canonical(x.dtype)
        floats = x if dtypes.is_float(name) else x.astype(config.floatx())
        return _scaled(floats, axis, mode, np)
    return _scaled(x if dtypes.is_float(ops.dtype(x)) else ops.cast(x, config.floatx()), axis, mode, ops)


def _scaled(x: Tensor | np.ndarray, axis: int, mode: Mode, space: ModuleType) -> Tensor:
    """`space` holds the functions: NumPy's or ours."""
    dtype = dtypes.to_numpy_dtype(dtypes.canonical(x.dtype))
    swaps, divisor, mean, deviation = _SCALES[mode]
    shape = (3,) if axis == -1 else (3, 1, 1)
    x = space.flip(x, axis) if swaps else x
    x = x if divisor is None else space.divide(x, divisor)
    x = space.subtract(x, np.reshape(np.asarray(mean, dtype), shape))
    divided = x if deviation is None else space.divide(x, np.reshape(np.asarray(deviation, dtype), shape))
    return cast(Tensor, divided)


#: Per mode: whether the order of the channels is reversed, the divisor, then mean and deviation per channel.
_SCALES: dict[str, tuple[bool, float | None, tuple[float, ...], tuple[float, ...] | None]] = {
    "caffe": (True, None, _MEAN_BGR, None),
    "tf": (False, 127.5, (1.0, 1.0, 1.0), None),
    "torch": (False, 255.0, MEAN_RGB, DEVIATION_RGB),
}


def decode_predictions(preds: Tensor, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Return the likeliest of ImageNet's classes for each image, the likeliest first.

    The names of the classes are downloaded once.

    Args:
        preds: what a model with ImageNet's classifier predicts, shape `(images, 1000)`.
        top: how many classes are returned per image, an int in [1, 1000]. Default: 5.

    Returns:
        Per image, a list of (WordNet's ID, name, score).

    Raises:
        ArgumentError: if `preds` has another shape, or `top` is outside its range.

    Example:
        >>> import numpy as np
        >>> from keraslite import applications
        >>> try:
        ...     applications.imagenet_utils.decode_predictions(np.zeros((1, 10)))
        ... except ValueError as error:
        ...     print(error)
        `decode_predictions` needs predictions of shape (images, 1000). Received shape (1, 10).
    """
    scores = ops.convert_to_numpy(preds)
    if scores.ndim != 2 or scores.shape[1] != _CLASSES:
        raise ArgumentError(
            f"`decode_predictions` needs predictions of shape (images, {_CLASSES}). Received shape {scores.shape}."
        )
    top = check.positive_int(top, "top", "decode_predictions")
    if top > _CLASSES:
        raise ArgumentError(f"`decode_predictions` needs `top` to be at most {_CLASSES}. Received top={top}.")
    names = _class_names(weight_files.class_index())
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    return [[(*names[i], float(row[i])) for i in best] for row, best in zip(scores, order.tolist(), strict=True)]


_CLASSES = 1000


@functools.lru_cache(maxsize=1)
def _class_names(path: str) -> list[tuple[str, str]]:
    """WordNet's ID and the name of each class, from a JSON file of both by the class's number."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        return [(str(found[str(i)][0]), str(found[str(i)][1])) for i in range(_CLASSES)]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise CorruptFileError(
            f"{path} needs to name ImageNet's {_CLASSES} classes. Received: {error!r}. Remove it: it will come again."
        ) from error


def obtain_input_shape(
    input_shape: Sequence[int | None] | None,
    default_size: int,
    min_size: int,
    data_format: str,
    require_flatten: bool,
    weights: str | os.PathLike[str] | None = None,
) -> tuple[int | None, ...]:
    """Return the shape of a model's images, after checking the one that a user asks for.

    Args:
        input_shape: sizes of an image with its channels, None where they vary; or None for the default.
        default_size: height and width if the user asks for none.
        min_size: least height and width.
        data_format: "channels_last" or "channels_first".
        require_flatten: whether height and width have to be known, because features are flattened.
        weights: "imagenet" for published weights, which need 3 channels and, if features are flattened, the default
            size. Default: None.

    Returns:
        Three sizes.

    Raises:
        ArgumentError: if `input_shape` cannot be used.

    Example:
        >>> from keraslite.applications.imagenet_utils import obtain_input_shape
        >>> obtain_input_shape(None, 224, 32, "channels_last", require_flatten=True)
        (224, 224, 3)
        >>> obtain_input_shape((64, None, 3), 224, 32, "channels_last", require_flatten=False)
        (64, None, 3)
    """
    check.one_of(data_format, ("channels_last", "channels_first"), "data_format", "obtain_input_shape")
    first = data_format == "channels_first"
    published = isinstance(weights, str) and weights == "imagenet"
    if input_shape is None:
        size = default_size if require_flatten else None
        return (3, size, size) if first else (size, size, 3)
    shape = tuple(input_shape)
    if len(shape) != 3 or not all(size is None or (isinstance(size, int) and size > 0) for size in shape):
        raise ArgumentError(
            f"`input_shape` needs to be height, width and channels of an image, without the batch"
            f"{', channels first' * first}. Received {shape}."
        )
    channels, sizes = (shape[0], shape[1:]) if first else (shape[2], shape[:2])
    if published and channels != 3:
        raise ArgumentError(f'`input_shape` needs 3 channels with weights="imagenet". Received {shape}.')
    if channels is None:
        raise ArgumentError(f"`input_shape` needs a known number of channels. Received {shape}.")
    if any(size is not None and size < min_size for size in sizes):
        raise ArgumentError(f"`input_shape` needs height and width of at least {min_size}. Received {shape}.")
    if require_flatten and published and sizes != (default_size, default_size):
        raise ArgumentError(
            f'`input_shape` needs to be {default_size} x {default_size} with weights="imagenet" and '
            f"`include_top=True`. Received {shape}. Pass `include_top=False` for another size."
        )
    if require_flatten and None in sizes:
        raise ArgumentError(
            f"`input_shape` needs known sizes with `include_top=True`. Received {shape}. Pass `include_top=False`, or "
            "give the size."
        )
    return shape
