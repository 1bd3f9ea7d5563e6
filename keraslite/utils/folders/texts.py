"""`text_dataset_from_directory`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keraslite.backend.contract.tensor import Spec
from keraslite.check import positive_int
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import stacked
from keraslite.utils.folders.listing import files_of
from keraslite.utils.folders.making import Choices, check_choices, datasets_of

if TYPE_CHECKING:
    from keraslite.utils.folders.listing import Listing

__all__ = ["text_dataset_from_directory"]


def text_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: str | Sequence[int] | None = "inferred",
    label_mode: str | None = "int",
    class_names: Sequence[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str | None = None,
    verbose: bool = True,
) -> Dataset:
    """Return a data set of the text files in a folder.

    The order of the files, the split and the labels are those of Keras for the same seed.

    Args:
        directory: the folder. With `labels="inferred"` it has one folder for each class. Files end in .txt and are read
            as UTF-8.
        labels: "inferred" for the names of the folders, None for no labels, or an integer for each file, in the order
            of their sorted paths.
        label_mode: "int" for int32 labels, "binary" for 0.0 and 1.0 in shape `(batch, 1)`, "categorical" for one-hot
            vectors in float32, None for no labels.
        class_names: folders that are classes, in the order of their labels. None takes all, sorted by name.
        batch_size: texts of a batch. None gives single texts.
        max_length: characters after which a text is cut off. None keeps all.
        shuffle: whether each pass has a new order. Otherwise files are sorted by path.
        seed: seed of the order, a non-negative int. None draws one.
        validation_split: share of the files for validation, between 0 and 1.
        subset: "training", "validation" or "both" parts of `validation_split`; "both" gives a list of two data sets.
        follow_links: whether folders behind links are searched.
        format: None for a `Dataset` that every engine takes, "tf" for a `tf.data.Dataset`, "grain" for Grain's.
        verbose: whether the number of files is printed.

    Returns:
        A `Dataset` with the attributes `class_names` and `file_paths` and methods such as `map`, `take` and `prefetch`.
        Its elements are `texts` or `(texts, labels)`. Texts are an array of `str` of shape `(batch,)`.

    Raises:
        DataError: if there are no texts, or labels that do not match them.

    Example:
        >>> import pathlib, tempfile
        >>> import keraslite as keras
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name in ("bad", "good"):
        ...     (folder / name).mkdir()
        ...     _ = (folder / name / "1.txt").write_text(f"a {name} film")
        >>> data = keras.utils.text_dataset_from_directory(folder, shuffle=False)
        Found 2 files belonging to 2 classes.
        >>> [(texts.tolist(), labels.tolist()) for texts, labels in data]
        [(['a bad film', 'a good film'], [0, 1])]
    """
    where = "text_dataset_from_directory"
    choices = Choices(labels, label_mode, batch_size, shuffle, seed, validation_split, subset, format, verbose, where)
    check_choices(choices)
    length = None if max_length is None else positive_int(max_length, "max_length", where)
    listing = files_of(directory, labels, class_names, (".txt",), follow_links, where, verbose)

    def samples_of(part: Listing, targets: np.ndarray | None) -> TextFiles:
        return TextFiles(part.paths, targets, length)

    return datasets_of(listing, choices, samples_of)  # type: ignore[return-value]


class TextFiles:
    """Text files as strings. Bytes that are not UTF-8 stay what they are, as surrogates."""

    is_quick = False

    def __init__(self, paths: list[str], labels: np.ndarray | None, max_length: int | None):
        self._paths, self._labels, self._max_length = paths, labels, max_length

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> object:
        with Path(self._paths[index]).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = file.read(-1 if self._max_length is None else self._max_length)
        return text if self._labels is None else (text, self._labels[index])

    def batch(self, indices: np.ndarray) -> object:
        """Some texts in one array, with their labels."""
        return stacked([self[index] for index in indices.tolist()])

    def specs(self) -> tuple[Spec, ...]:
        """Shapes and dtypes of a sample."""
        text = ((), "string")
        return (text,) if self._labels is None else (text, (self._labels.shape[1:], self._labels.dtype.name))
