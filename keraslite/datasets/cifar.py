"""What CIFAR-10 and CIFAR-100 share: the format of their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from keraslite import config
from keraslite.datasets.reading import read_pickle
from keraslite.datasets.splits import Split
from keraslite.errors import CorruptFileError

__all__ = ["read_images", "whole"]


def read_images(path: Path, labels: str) -> tuple[np.ndarray, np.ndarray]:
    """The images of one file as `(count, 3, 32, 32)`, and its labels of one kind."""
    found = read_pickle(path)
    x, y = found.get("data"), found.get(labels)
    if (
        not isinstance(x, np.ndarray)
        or x.ndim != 2
        or x.shape[1] != 3072
        or not isinstance(y, list)
        or len(y) != len(x)
    ):
        raise CorruptFileError(f"{path} needs to hold images and {labels}. Received other things. Remove it.")
    return x.reshape(-1, 3, 32, 32), np.asarray(y)


def whole(train: Sequence[tuple[np.ndarray, np.ndarray]], test: tuple[np.ndarray, np.ndarray]) -> Split:
    """The files of a data set as arrays, in the data format of the configuration."""
    x_train, y_train = (np.concatenate(parts) for parts in zip(*train, strict=True))
    return _as_configured(x_train, y_train), _as_configured(*test)


def _as_configured(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if config.image_data_format() == "channels_last":
        x = x.transpose(0, 2, 3, 1)
    return x, y.reshape(-1, 1)
