"""Boston housing prices of the 1970s (D. Harrison, D. L. Rubinfeld, 1978).

One of its 13 features was made to show the share of Black residents, on the assumption that segregation raises prices.
Use the data to repeat older results, not to judge houses or people.
"""

from __future__ import annotations

import numpy as np

from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_npz
from keraslite.datasets.splits import Split, shuffled, split

__all__ = ["load_data"]


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """Return the Boston housing prices, 506 samples of 13 features.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.
        test_split: share of the samples for tests, in [0, 1).
        seed: seed of the order of the samples.

    Returns:
        `(x_train, y_train), (x_test, y_test)`, float64 arrays of the shapes `(count, 13)` and `(count,)`. A target is
        a median price in thousands of dollars.

    Example:
        >>> from keraslite.datasets import boston_housing
        >>> (x_train, y_train), (x_test, y_test) = boston_housing.load_data()  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (404, 13)
    """
    x, y = read_npz(fetched("boston_housing.npz", path), ["x", "y"])
    return split(*shuffled(x, y, np.random.RandomState(seed)), test_split)
