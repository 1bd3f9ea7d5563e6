"""CIFAR-100: small photographs in a hundred classes (A. Krizhevsky, 2009)."""

from __future__ import annotations

from pathlib import Path

from keraslite.check import one_of
from keraslite.datasets.cifar import read_images, whole
from keraslite.datasets.files import fetched
from keraslite.datasets.splits import Split

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> Split:
    """Return the CIFAR-100 images, 50,000 for training and 10,000 for tests.

    Args:
        label_mode: "fine" for the 100 classes, "coarse" for the 20 groups that they form.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Images are uint8 arrays of shape `(count, 32, 32, 3)` with values in
        [0, 255], or `(count, 3, 32, 32)` if `config.image_data_format()` is "channels_first". Labels are int64 arrays
        of shape `(count, 1)`.

    Example:
        >>> from keraslite.datasets import cifar100
        >>> (x_train, y_train), (x_test, y_test) = cifar100.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (50000, 32, 32, 3)
    """
    one_of(label_mode, ("fine", "coarse"), "label_mode", "load_data")
    folder = Path(fetched("cifar-100-python-target"), "cifar-100-python")
    train, test = (read_images(folder / name, f"{label_mode}_labels") for name in ("train", "test"))
    return whole([train], test)
