"""Which files hold the data sets, where they come from, and their hashes."""

from __future__ import annotations

from typing import NamedTuple

from keraslite.utils.downloads.get_file import get_file

__all__ = ["FILES", "RemoteFile", "fetched"]

_KERAS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_TORONTO = "https://www.cs.toronto.edu/~kriz/"


class RemoteFile(NamedTuple):
    """A file of a data set.

    Attributes:
        origin: the URL.
        hash: MD5 or SHA-256 of the file; None where none is published.
        folder: where it is kept, below the folder of Keras.
        is_archive: whether it is unpacked.
    """

    origin: str
    hash: str | None
    folder: str = "datasets"
    is_archive: bool = False


def _fashion(name: str) -> RemoteFile:
    return RemoteFile(_KERAS + name, None, "datasets/fashion-mnist")


#: Every file by the name that it is kept under. Names, folders and hashes are those of Keras.
FILES = {
    "mnist.npz": RemoteFile(_KERAS + "mnist.npz", "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"),
    "train-images-idx3-ubyte.gz": _fashion("train-images-idx3-ubyte.gz"),
    "train-labels-idx1-ubyte.gz": _fashion("train-labels-idx1-ubyte.gz"),
    "t10k-images-idx3-ubyte.gz": _fashion("t10k-images-idx3-ubyte.gz"),
    "t10k-labels-idx1-ubyte.gz": _fashion("t10k-labels-idx1-ubyte.gz"),
    "cifar-10-batches-py-target": RemoteFile(
        _TORONTO + "cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        is_archive=True,
    ),
    "cifar-100-python-target": RemoteFile(
        _TORONTO + "cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        is_archive=True,
    ),
    "imdb.npz": RemoteFile(_KERAS + "imdb.npz", "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"),
    "imdb_word_index.json": RemoteFile(_KERAS + "imdb_word_index.json", "bfafd718b763782e994055a2d397834f"),
    "reuters.npz": RemoteFile(
        _KERAS + "reuters.npz", "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
    ),
    "reuters_word_index.json": RemoteFile(_KERAS + "reuters_word_index.json", "4d44cc38712099c9e383dc6e5f11a921"),
    "boston_housing.npz": RemoteFile(
        _KERAS + "boston_housing.npz", "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"
    ),
    "california_housing.npz": RemoteFile(
        _KERAS + "california_housing.npz", "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
    ),
}


def fetched(name: str, path: str | None = None) -> str:
    """The path of a data set's file or unpacked folder, downloaded if it is not there.

    Args:
        name: the file, as in `FILES`.
        path: the name that a user keeps it under. None is `name`.
    """
    file = FILES[name]
    return get_file(
        name if path is None else path,
        file.origin,
        file_hash=file.hash,
        cache_subdir=file.folder,
        extract=file.is_archive,
    )
