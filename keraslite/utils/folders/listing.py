"""Which files a folder holds, in Keras's order, and their labels."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keraslite.config.messages import say
from keraslite.errors import ArgumentError, DataError, FileError
from keraslite.random import host as host_random
from keraslite.saving.files import path_of

__all__ = ["Listing", "files_of"]


class Listing(NamedTuple):
    """Files with their labels.

    Attributes:
        paths: paths of the files.
        labels: index of the class of each file; None if there are no labels.
        class_names: names of the classes; None if there are no labels.
    """

    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None

    def part(self, start: int, stop: int | None) -> Listing:
        """The files from `start` to `stop`."""
        labels = None if self.labels is None else self.labels[start:stop]
        return self._replace(paths=self.paths[start:stop], labels=labels)

    def shuffled(self, seed: int) -> Listing:
        """The files in the order that Keras has for a seed."""
        order = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(order)
        labels = None if self.labels is None else self.labels[order]
        return self._replace(paths=[self.paths[i] for i in order], labels=labels)


def files_of(
    directory: object,
    labels: object,
    class_names: Sequence[str] | None,
    endings: tuple[str, ...],
    follow_links: bool,
    where: str,
    verbose: bool,
) -> Listing:
    """The files below a folder that have one of some endings.

    Args:
        labels: "inferred": each folder in the directory is a class. None: no labels. Otherwise the label of each file.
        class_names: the folders that are classes, in the order of their labels. None: all, sorted by name.
        where: the public function, for errors.
    """
    top = path_of(directory, where)
    if not os.path.isdir(top):
        raise FileError(f"`{where}` needs a folder. Received {top!r}, where there is none. Check the path.")
    if labels != "inferred":
        paths = _walk(top, endings, follow_links, top, where)
        _say(f"Found {len(paths)} files.", verbose)
        return Listing(paths, *_given(labels, class_names, len(paths), top, where))
    names = _classes(top, class_names, where)
    found = [_walk(os.path.join(top, name), endings, follow_links, top, where, may_lack=True) for name in names]
    if not any(found):
        _refuse_none(top, endings, where)
    counts = [len(paths) for paths in found]
    _say(f"Found {sum(counts)} files belonging to {len(names)} classes.", verbose)
    return Listing([path for paths in found for path in paths], np.repeat(np.arange(len(names)), counts), names)


def _say(text: str, verbose: bool) -> None:
    if verbose:
        say(text)


def _classes(top: str, class_names: Sequence[str] | None, where: str) -> list[str]:
    folders = sorted(entry.name for entry in os.scandir(top) if entry.is_dir() and not entry.name.startswith("."))
    if class_names is None:
        if not folders:
            raise DataError(
                f"`{where}` needs a folder with one folder for each class. Received {top!r}, which has none. Pass "
                "`labels=None` for files without labels."
            )
        return folders
    names = list(class_names)
    unknown = [name for name in names if not isinstance(name, str) or not os.path.isdir(os.path.join(top, name))]
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if unknown or repeated:
        raise ArgumentError(
            f"`{where}` needs `class_names` to be folders in {top!r}, each once. Received {unknown or repeated}. There "
            f"are {folders[:20]}."
        )
    return names


def _walk(
    folder: str, endings: tuple[str, ...], follow_links: bool, top: str, where: str, may_lack: bool = False
) -> list[str]:
    """The files below a folder: those of each folder sorted by name, folders sorted by path."""
    walked = sorted(os.walk(folder, followlinks=follow_links), key=lambda each: each[0])
    found = [os.path.join(root, name) for root, _, names in walked for name in sorted(names) if _ends(name, endings)]
    if not found and not may_lack:
        _refuse_none(top, endings, where)
    return found


def _ends(name: str, endings: tuple[str, ...]) -> bool:
    return name.lower().endswith(endings)


def _refuse_none(top: str, endings: tuple[str, ...], where: str) -> None:
    others = Counter(os.path.splitext(name)[1].lower() for _, _, names in os.walk(top) for name in names)
    seen = ", ".join(f"{count} of {ending or 'no ending'}" for ending, count in others.most_common(5))
    raise DataError(
        f"`{where}` needs a folder with files that end in {', '.join(endings)}. Received {top!r}, which has none. "
        f"Other files there: {seen or 'none'}."
    )


def _given(
    labels: object, class_names: object, count: int, top: str, where: str
) -> tuple[np.ndarray | None, list[str] | None]:
    if class_names is not None:
        raise ArgumentError(f'`{where}` needs `labels="inferred"` with `class_names`. Received labels={labels!r:.80}.')
    if labels is None:
        return None, None
    array = np.asarray(labels)
    if isinstance(labels, str) or array.ndim != 1 or array.dtype.kind not in "iub":
        raise ArgumentError(
            f'`{where}` needs `labels` to be "inferred", None, or a list with an integer for each file. Received '
            f"{labels!r:.80}."
        )
    if len(array) != count:
        raise DataError(
            f"`{where}` needs a label for each file. Received {len(array)} labels, and {count} files in {top!r}."
        )
    return array, [str(label) for label in np.unique(array).tolist()]


def draw_seed() -> int:
    """A seed for the order of files, where none was given."""
    return host_random.next_seed() % 2**32
