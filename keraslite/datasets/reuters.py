"""Reuters newswires of 1987 in 46 topics (D. D. Lewis)."""

from __future__ import annotations

import numpy as np

from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_npz
from keraslite.datasets.splits import Split, shuffled, split
from keraslite.datasets.words import WordOptions, encode_words, read_word_index, restrict

__all__ = ["get_label_names", "get_word_index", "load_data"]

_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship "
    "cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem dlr "
    "gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> Split:
    """Return 11,228 newswires, each as a list of word indices.

    Frequent words have low indices. `get_word_index` returns the words; add `index_from` to their indices.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.
        num_words: words with an index from here on become `oov_char`. None keeps all but the last one, as Keras does.
        skip_top: words with an index below this become `oov_char`.
        maxlen: newswires of this length or longer are left out. None keeps all.
        test_split: share of the newswires for tests, in [0, 1).
        seed: seed of the order of the newswires.
        start_char: index that stands before each newswire. None leaves it out.
        oov_char: index in place of a word that is left out. None leaves nothing in its place.
        index_from: number that is added to the indices of words, because those below have other meanings.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Newswires are arrays of lists, shape `(count,)`; labels are int64 arrays
        with the index of a topic in `get_label_names()`.

    Example:
        >>> from keraslite.datasets import reuters
        >>> (x_train, y_train), (x_test, y_test) = reuters.load_data(num_words=10000)  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (8982,)
    """
    x, y = read_npz(fetched("reuters.npz", path), ["x", "y"])
    options = WordOptions(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    x, y = encode_words(*shuffled(x, y, np.random.RandomState(seed)), options)
    (x,) = restrict([x], options)
    return split(x, y, test_split)


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Return the words of the newswires with their indices, from 1 for the most frequent one.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.

    Returns:
        A dict from word to index. `load_data` adds its `index_from` to the indices.

    Example:
        >>> from keraslite.datasets import reuters
        >>> reuters.get_word_index()["the"]  # doctest: +SKIP
        1
    """
    return read_word_index(fetched("reuters_word_index.json", path))


def get_label_names() -> tuple[str, ...]:
    """Return the names of the 46 topics in the order of their indices.

    Example:
        >>> from keraslite.datasets import reuters
        >>> reuters.get_label_names()[:2]
        ('cocoa', 'grain')
    """
    return tuple(_TOPICS.split())
