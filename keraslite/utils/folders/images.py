"""`image_dataset_from_directory`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from keraslite.backend.contract.tensor import Spec
from keraslite.check import int_tuple, one_of
from keraslite.errors import ArgumentError
from keraslite.training.data.dataset import Dataset
from keraslite.utils.folders.listing import files_of
from keraslite.utils.folders.making import Choices, check_choices, datasets_of
from keraslite.utils.images.arrays import data_format_of
from keraslite.utils.images.cropping import centre, inside
from keraslite.utils.images.pillow import COLOR_MODES, converted, damage_named, pillow
from keraslite.utils.images.pixels import pixels
from keraslite.utils.images.resizing import INTERPOLATIONS, resize_into

if TYPE_CHECKING:
    from keraslite.utils.folders.listing import Listing

__all__ = ["image_dataset_from_directory"]

_ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: int | tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str | None = None,
    verbose: bool = True,
) -> Dataset:
    """Return a data set of the images in a folder.

    It has the endings .bmp, .gif, .jpeg, .jpg and .png, of which .gif gives its first picture. The order of the files,
    the split and the labels are those of Keras for the same seed.

    Args:
        directory: the folder. With `labels="inferred"` it has one folder for each class.
        labels: "inferred" for the names of the folders, None for no labels, or an integer for each file, in the order
            of their sorted paths.
        label_mode: "int" for int32 labels, "binary" for 0.0 and 1.0 in shape `(batch, 1)`, "categorical" for one-hot
            vectors in float32, None for no labels.
        class_names: folders that are classes, in the order of their labels. None takes all, sorted by name.
        color_mode: "rgb", "rgba" or "grayscale": 3, 4 or 1 channels.
        batch_size: images of a batch. None gives single images.
        image_size: height and width of the images in the data set.
        shuffle: whether each pass has a new order. Otherwise files are sorted by path.
        seed: seed of the order, a non-negative int. None draws one.
        validation_split: share of the files for validation, between 0 and 1.
        subset: "training", "validation" or "both" parts of `validation_split`; "both" gives a list of two data sets.
        interpolation: "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian" or "mitchellcubic".
        follow_links: whether folders behind links are searched.
        crop_to_aspect_ratio: whether the middle of an image is cut out in the proportions of `image_size` before it is
            resized, so that nothing is distorted.
        pad_to_aspect_ratio: whether an image gets a black frame in the proportions of `image_size` instead.
        data_format: "channels_last" or "channels_first". None is the one of the configuration.
        format: None for a `Dataset` that every engine takes, "tf" for a `tf.data.Dataset`, "grain" for Grain's.
        verbose: whether the number of files is printed.

    Returns:
        A `Dataset` with the attributes `class_names` and `file_paths` and methods such as `map`, `take` and `prefetch`.
        Its elements are `images` or `(images, labels)`: float32 arrays of shape `(batch, height, width, channels)` with
        values in [0, 255], and labels.

    Raises:
        DataError: if there are no images, or labels that do not match them.
        CorruptFileError: while the data set is read, if a file is damaged; the error has its path.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> import keraslite as keras
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("cats", "dogs"):
        ...     (folder / name).mkdir()
        ...     keras.utils.save_img(folder / name / "1.png", np.zeros((20, 30, 3)))
        >>> data = keras.utils.image_dataset_from_directory(folder, image_size=(8, 8), shuffle=False)
        Found 2 files belonging to 2 classes.
        >>> [(images.shape, labels.tolist()) for images, labels in data.map(lambda x, y: (x / 255, y))]
        [((2, 8, 8, 3), [0, 1])]
    """
    where = "image_dataset_from_directory"
    choices = Choices(labels, label_mode, batch_size, shuffle, seed, validation_split, subset, format, verbose, where)
    check_choices(choices)
    one_of(color_mode, COLOR_MODES, "color_mode", where)
    one_of(interpolation, INTERPOLATIONS, "interpolation", where)
    size = int_tuple(image_size, 2, "image_size", where)
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ArgumentError(f"`{where}` needs `crop_to_aspect_ratio` or `pad_to_aspect_ratio`, not both.")
    fit = "crop" if crop_to_aspect_ratio else "pad" if pad_to_aspect_ratio else "stretch"
    first = data_format_of(data_format, where) == "channels_first"
    pillow()
    listing = files_of(directory, labels, class_names, _ENDINGS, follow_links, where, verbose)

    def samples_of(part: Listing, targets: np.ndarray | None) -> ImageFiles:
        return ImageFiles(part.paths, targets, color_mode, (size[0], size[1]), interpolation, fit, first)

    return datasets_of(listing, choices, samples_of)  # type: ignore[return-value]


class ImageFiles:
    """Image files as arrays of one size.

    Args:
        fit: "stretch", "crop" or "pad": how an image of other proportions becomes one of `size`.
        first: whether the channels come first.
    """

    is_quick = False

    def __init__(
        self,
        paths: list[str],
        labels: np.ndarray | None,
        color_mode: str,
        size: tuple[int, int],
        interpolation: str,
        fit: str,
        first: bool,
    ):
        self._paths, self._labels = paths, labels
        self._color_mode, self._size, self._interpolation, self._fit, self._first = (
            color_mode, size, interpolation, fit, first,
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> object:
        image = np.empty(self._shape, np.float32)
        self._read(self._paths[index], image)
        return image if self._labels is None else (image, self._labels[index])

    def batch(self, indices: np.ndarray) -> object:
        """The images of some files in one array, with their labels."""
        images = np.empty((len(indices), *self._shape), np.float32)
        for image, index in zip(images, indices.tolist(), strict=True):
            self._read(self._paths[index], image)
        return images if self._labels is None else (images, self._labels[indices])

    @property
    def _shape(self) -> tuple[int, int, int]:
        channels = COLOR_MODES[self._color_mode][1]
        return (channels, *self._size) if self._first else (*self._size, channels)

    def specs(self) -> tuple[Spec, ...]:
        """Shapes and dtypes of a sample."""
        image = (self._shape, "float32")
        return (image,) if self._labels is None else (image, (self._labels.shape[1:], self._labels.dtype.name))

    def _read(self, path: str, out: np.ndarray) -> None:
        """Write the image of a file into an array."""
        with damage_named(path), pillow().open(path) as file:
            image = converted(file, self._color_mode)
        with pixels(image) as array:
            if self._first:
                fitted = np.empty((*self._size, len(out)), np.float32)
                self._fit_into(fitted, array)
                out[...] = fitted.transpose(2, 0, 1)
            else:
                self._fit_into(out, array)

    def _fit_into(self, out: np.ndarray, array: np.ndarray) -> None:
        height, width = array.shape[:2]
        if self._fit == "pad":
            top, left, rows, columns = inside(height, width, *self._size)
            out[...] = 0
            part = np.empty((rows, columns, out.shape[2]), np.float32)
            resize_into(part, array, self._interpolation)
            out[top : top + rows, left : left + columns] = part
            return
        if self._fit == "crop":
            top, left, rows, columns = centre(height, width, *self._size)
            array = np.ascontiguousarray(array[top : top + rows, left : left + columns])
        resize_into(out, array, self._interpolation)
