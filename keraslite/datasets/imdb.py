"""IMDB reviews, positive or negative (A. L. Maas et al., 2011)."""

from __future__ import annotations

import numpy as np

from keraslite.datasets.files import fetched
from keraslite.datasets.reading import read_npz
from keraslite.datasets.splits import Split, shuffled
from keraslite.datasets.words import WordOptions, encode_words, num_words_of, read_word_index, restrict

__all__ = ["get_word_index", "load_data"]


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: int,
) -> Split:
    """Return 25,000 reviews for training and 25,000 for tests, each as a list of word indices.

    Frequent words have low indices. `get_word_index` returns the words; add `index_from` to their indices.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.
        num_words: words with an index from here on become `oov_char`. None keeps all but the last one, as Keras does.
        skip_top: words with an index below this become `oov_char`.
        maxlen: reviews of this length or longer are left out. None keeps all.
        seed: seed of the order of the reviews.
        start_char: index that stands before each review. None leaves it out.
        oov_char: index in place of a word that is left out. None leaves nothing in its place.
        index_from: number that is added to the indices of words, because those below have other meanings.
        **kwargs: `nb_words`, an older name of `num_words`.

    Returns:
        `(x_train, y_train), (x_test, y_test)`. Reviews are arrays of lists, shape `(count,)`; labels are int64 arrays
        with 0 for negative and 1 for positive.

    Example:
        >>> from keraslite.datasets import imdb
        >>> (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=10000)  # doctest: +SKIP
        >>> x_train.shape  # doctest: +SKIP
        (25000,)
    """
    names = ["x_train", "y_train", "x_test", "y_test"]
    x_train, y_train, x_test, y_test = read_npz(fetched("imdb.npz", path), names)
    options = WordOptions(num_words_of(num_words, kwargs), skip_top, maxlen, start_char, oov_char, index_from)
    generator = np.random.RandomState(seed)
    train = encode_words(*shuffled(x_train, y_train, generator), options)
    test = encode_words(*shuffled(x_test, y_test, generator), options)
    x_train, x_test = restrict([train[0], test[0]], options)
    return (x_train, train[1]), (x_test, test[1])


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """Return the words of the reviews with their indices, from 1 for the most frequent one.

    Args:
        path: name of the file in the folder for data sets, or the absolute path of a file.

    Returns:
        A dict from word to index. `load_data` adds its `index_from` to the indices.

    Example:
        >>> from keraslite.datasets import imdb
        >>> imdb.get_word_index()["the"]  # doctest: +SKIP
        1
    """
    return read_word_index(fetched("imdb_word_index.json", path))
