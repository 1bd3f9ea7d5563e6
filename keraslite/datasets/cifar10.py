"""CIFAR-10: small photographs in ten classes (A. Krizhevsky, 2009)."""

from __future__ import annotations

from pathlib import Path

from keraslite.datasets.cifar import read_images, whole
from keraslite.datasets.files import fetched
from keraslite.datasets.splits import Split

__all__ = ["load_data"]


def load_data() -> Split:
    """Return the CIFAR-10 images, 50,000 for training and 10,000 for tests.

    The classes 0 to 9 are airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Images are uint8 arrays of shape `(count, 32, 32, 3)` with values in
        [0, 255], or `(count, 3, 32, 32)` if `config.image_data_format()` is "channels_first". Labels are uint8 arrays
        of shape `(count, 1)`.

    Example:
        >>> from keraslite.datasets import cifar10
        >>> (x_train, y_train), (x_test, y_test) = cifar10.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (50000, 32, 32, 3)
    """
    folder = Path(fetched("cifar-10-batches-py-target"), "cifar-10-batches-py")
    files = [read_images(folder / name, "labels") for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")]
    parts = [(x, y.astype("uint8")) for x, y in files]
    return whole(parts[:-1], parts[-1])
