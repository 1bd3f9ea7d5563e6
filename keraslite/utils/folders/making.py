"""A data set, or two, of the files in a folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from keraslite.check import number, one_of, positive_int
from keraslite.config.messages import say
from keraslite.errors import ArgumentError, DataError
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import Items
from keraslite.utils.folders.listing import Listing, draw_seed
from keraslite.utils.folders.native import Described, in_format

__all__ = ["LABEL_MODES", "Choices", "check_choices", "datasets_of", "labels_of"]

LABEL_MODES = ("int", "binary", "categorical", None)


class Choices(NamedTuple):
    """The arguments that all functions `..._dataset_from_directory` have."""

    labels: object
    label_mode: str | None
    batch_size: int | None
    shuffle: bool
    seed: int | None
    validation_split: float | None
    subset: str | None
    format: str | None
    verbose: bool
    where: str


def check_choices(choices: Choices) -> None:
    """Raise an error if arguments do not go together, before any file is looked for."""
    where = choices.where
    one_of(choices.label_mode, LABEL_MODES, "label_mode", where)
    one_of(choices.format, (None, "tf", "grain"), "format", where)
    one_of(choices.subset, (None, "training", "validation", "both"), "subset", where)
    if choices.batch_size is not None:
        positive_int(choices.batch_size, "batch_size", where)
    if (choices.validation_split is None) != (choices.subset is None):
        raise ArgumentError(
            f"`{where}` needs `validation_split` and `subset` together. Received {choices.validation_split!r} and "
            f"{choices.subset!r}."
        )
    if choices.validation_split is None:
        return
    if not 0 < number(choices.validation_split, "validation_split", where, 0, 1) < 1:
        raise ArgumentError(
            f"`{where}` needs `validation_split` between 0 and 1. Received {choices.validation_split!r}."
        )
    if choices.shuffle and choices.seed is None and choices.subset != "both":
        raise ArgumentError(
            f"`{where}` needs `seed` with `validation_split` and `shuffle`. Received None. With one seed in both calls "
            "no file is in both parts."
        )


def datasets_of(
    listing: Listing, choices: Choices, samples_of: Callable[[Listing, np.ndarray | None], Described]
) -> object:
    """A data set of files, of the part of them that is wanted, or a list of both parts.

    Args:
        samples_of: a function of files and labels that returns what reads them.
    """
    seed = draw_seed() if choices.seed is None else int(number(choices.seed, "seed", choices.where, 0))
    if choices.shuffle:
        listing = listing.shuffled(seed)
    parts = [
        (part, np.asarray(labels)) if labels is not None else (part, None) for part, labels in _parts(listing, choices)
    ]
    made = [_dataset(part, samples_of(part, labels), choices, seed + i) for i, (part, labels) in enumerate(parts)]
    return made if choices.subset == "both" else made[0]


def _parts(listing: Listing, choices: Choices) -> list[tuple[Listing, np.ndarray | None]]:
    parts = [listing]
    if choices.validation_split is not None:
        count = len(listing.paths)
        first = count - int(choices.validation_split * count)
        if first in (0, count):
            raise DataError(
                f"`{choices.where}` needs `validation_split` to leave files on both sides. Received "
                f"{choices.validation_split} of {count} files. Choose another fraction."
            )
        parts = [listing.part(0, first), listing.part(first, None)]
        _tell(parts, choices)
        if choices.subset != "both":
            parts = [parts[choices.subset == "validation"]]
    return [(part, labels_of(part, choices)) for part in parts]


def _tell(parts: list[Listing], choices: Choices) -> None:
    if choices.verbose:
        for part, name in zip(parts, ("training", "validation"), strict=True):
            if choices.subset in (name, "both"):
                say(f"Using {len(part.paths)} files for {name}.")


def labels_of(listing: Listing, choices: Choices) -> np.ndarray | None:
    """The labels in the form of `label_mode`."""
    if listing.labels is None or choices.label_mode is None:
        return None
    names = listing.class_names or []
    if choices.label_mode == "int":
        return listing.labels.astype("int32")
    if choices.label_mode == "binary":
        if len(names) != 2:
            raise ArgumentError(
                f'`{choices.where}` needs two classes with `label_mode="binary"`. Received {len(names)}: {names[:10]}.'
            )
        return listing.labels.astype("float32")[:, None]
    if listing.labels.min() < 0 or listing.labels.max() >= len(names):
        raise ArgumentError(
            f'`{choices.where}` needs labels from 0 to the number of classes with `label_mode="categorical"`. Received '
            f"labels from {listing.labels.min()} to {listing.labels.max()} of {len(names)} classes."
        )
    return np.eye(len(names), dtype="float32")[listing.labels]


def _dataset(listing: Listing, samples: Described, choices: Choices, seed: int) -> object:
    plan = Items(samples, choices.batch_size, seed if choices.shuffle else None)
    names = None if choices.label_mode is None else listing.class_names
    dataset = Dataset(plan, names, listing.paths)
    return in_format(dataset, samples, choices.batch_size, choices.format)
