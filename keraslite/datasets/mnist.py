"""MNIST: handwritten digits (Y. LeCun, C. Cortes, C. J. C. Burges)."""

from __future__ import annotations

from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_npz
from keraslite.datasets.splits import Split

__all__ = ["load_data"]


def load_data(path: str = "mnist.npz") -> Split:
    """Return the MNIST digits, 60,000 for training and 10,000 for tests.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Images are uint8 arrays of shape `(count, 28, 28)` with values in
        [0, 255], labels are uint8 arrays of shape `(count,)` with the digits.

    Example:
        >>> from keraslite.datasets import mnist
        >>> (x_train, y_train), (x_test, y_test) = mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (60000, 28, 28)
    """
    x_train, y_train, x_test, y_test = read_npz(fetched("mnist.npz", path), ["x_train", "y_train", "x_test", "y_test"])
    return (x_train, y_train), (x_test, y_test)
