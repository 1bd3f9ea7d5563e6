"""Fashion-MNIST: pictures of clothes (H. Xiao, K. Rasul, R. Vollgraf, 2017)."""

from __future__ import annotations

import numpy as np

from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_idx
from keraslite.datasets.splits import Split
from keraslite.errors import CorruptFileError

__all__ = ["load_data"]


def load_data() -> Split:
    """Return the Fashion-MNIST images, 60,000 for training and 10,000 for tests.

    The classes 0 to 9 are T-shirt/top, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Images are uint8 arrays of shape `(count, 28, 28)` with values in
        [0, 255], labels are uint8 arrays of shape `(count,)`.

    Example:
        >>> from keraslite.datasets import fashion_mnist
        >>> (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (60000, 28, 28)
    """
    return _part("train"), _part("t10k")


def _part(name: str) -> tuple[np.ndarray, np.ndarray]:
    labels, images = fetched(f"{name}-labels-idx1-ubyte.gz"), fetched(f"{name}-images-idx3-ubyte.gz")
    x, y = read_idx(images), read_idx(labels)
    if x.ndim != 3 or y.shape != x.shape[:1]:
        raise CorruptFileError(
            f"{images} and {labels} need to hold images and a label for each. Received shapes {x.shape} and {y.shape}. "
            "Remove them, so that they are downloaded again."
        )
    return x, y
