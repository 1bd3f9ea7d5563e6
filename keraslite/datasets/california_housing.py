"""California housing prices of 1990 (R. K. Pace, R. Barry, 1997)."""

from __future__ import annotations

import numpy as np

from keraslite.check import one_of
from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_npz
from keraslite.datasets.splits import Split, shuffled, split

__all__ = ["load_data"]

_SMALL = 600  # samples


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Split:
    """Return the California housing prices, 20,640 samples of 8 features.

    A sample is a block of houses. Its features are longitude, latitude, median age of the houses, total rooms, total
    bedrooms, population, households and median income.

    Args:
        version: "large" for all samples, "small" for the first 600.
        path: name of the file in the folder for data sets, or the absolute path of a file.
        test_split: share of the samples for tests, in [0, 1).
        seed: seed of the order of the samples.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, arrays of the shapes `(count, 8)` and `(count,)`. A target is a median
        price in dollars.

    Example:
        >>> from keraslite.datasets import california_housing
        >>> (x_train, y_train), (x_test, y_test) = california_housing.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (16512, 8)
    """
    one_of(version, ("large", "small"), "version", "load_data")
    x, y = read_npz(fetched("california_housing.npz", path), ["x", "y"])
    if version == "small":
        x, y = x[:_SMALL], y[:_SMALL]
    return split(*shuffled(x, y, np.random.RandomState(seed)), test_split)
