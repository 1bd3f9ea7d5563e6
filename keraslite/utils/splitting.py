"""`split_dataset`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sized
from typing import cast

import numpy as np

from keraslite import tree
from keraslite.backend.contract.tensor import Spec
from keraslite.check import number, one_of
from keraslite.errors import ArgumentError, DataError
from keraslite.layers.on_host import arrays
from keraslite.random import host as host_random
from keraslite.training.data.conversion import count, is_array
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import Items, stacked
from keraslite.utils.folders.native import in_format

__all__ = ["split_dataset"]

_WHERE = "split_dataset"
_FORMATS = {None: None, "tensorflow": "tf", "grain": "grain"}


def split_dataset(
    dataset: object,
    left_size: float | int | None = None,
    right_size: float | int | None = None,
    shuffle: bool = False,
    seed: int | None = None,
    preferred_backend: str | None = None,
) -> tuple[Dataset, Dataset]:
    """Split data into two data sets, for example for training and validation.

    Args:
        dataset: array or tensor, list or tuple or dict of arrays of one length, a `Dataset`, a `PyDataset`, a
            `tf.data.Dataset`, or any object with `__len__` and `__getitem__` such as a data set of PyTorch.
        left_size: share of the elements (a float in [0, 1]) or number of them (an int) on the left. None: all that are
            not on the right.
        right_size: the same for the right side. None: all that are not on the left.
        shuffle: whether the elements are mixed before they are split.
        seed: seed of the mixing. None draws one.
        preferred_backend: None for a `Dataset`, "tensorflow" for `tf.data.Dataset`, "grain" for Grain's.

    Returns:
        Two data sets of single elements; call `batch` on them. Elements of arrays are rows, those of data sets are what
        these give.

    Raises:
        ArgumentError: if a size is out of its range, or both are None.

    Example:
        >>> import numpy as np
        >>> from keraslite import utils
        >>> left, right = utils.split_dataset((np.arange(5), np.arange(5) * 2), left_size=0.8)
        >>> len(left), [(int(x), int(y)) for x, y in right]
        (4, [(4, 8)])
    """
    one_of(preferred_backend, _FORMATS, "preferred_backend", _WHERE)
    rows = _rows_of(dataset)
    total = len(rows)
    left, right = _sizes(left_size, right_size, total)
    order = list(range(total))
    if shuffle:
        random.Random(host_random.next_seed() if seed is None else seed).shuffle(order)
    parts = [_Chosen(rows, order[:left]), _Chosen(rows, order[total - right :])]
    first, second = (_in_format(part, _FORMATS[preferred_backend]) for part in parts)
    return first, second


def _in_format(part: _Chosen, format: str | None) -> Dataset:
    return in_format(Dataset(Items(part, None, None)), part, None, format)  # type: ignore[return-value]


def _sizes(left: float | None, right: float | None, total: int) -> tuple[int, int]:
    """The numbers of elements on both sides."""
    if left is None and right is None:
        raise ArgumentError(f"`{_WHERE}` needs `left_size`, `right_size` or both. Received None for both.")
    found = [_size(size, name, total) for size, name in ((left, "left_size"), (right, "right_size"))]
    if found[0] is None:
        found[0] = total - cast(int, found[1])
    if found[1] is None:
        found[1] = total - found[0]
    if found[0] + found[1] > total or min(found[0], found[1]) < 1:
        raise ArgumentError(
            f"`{_WHERE}` needs sizes that leave elements on both sides, together {total} at most. Received "
            f"left_size={left!r} and right_size={right!r}: {found[0]} and {found[1]}."
        )
    return found[0], found[1]


def _size(size: float | None, name: str, total: int) -> int | None:
    if size is None:
        return None
    if isinstance(size, float):
        return round(number(size, name, _WHERE, 0, 1) * total)
    return int(number(size, name, _WHERE, 0, total))


def _rows_of(dataset: object) -> _Rows | Sized:
    """The elements of data, by index."""
    if isinstance(dataset, Dataset):
        return dataset._fixed()
    if is_array(dataset) or isinstance(dataset, (list, tuple, dict)):
        return _Rows(dataset)
    if hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__") and not isinstance(dataset, (str, bytes)):
        return cast(Sized, dataset)
    if hasattr(dataset, "__iter__") and not isinstance(dataset, (str, bytes)):
        return list(cast("Iterable[object]", dataset))
    raise ArgumentError(f"`{_WHERE}` needs arrays or a data set. Received {type(dataset).__name__}.")


class _Rows:
    """The rows of arrays."""

    def __init__(self, nest: object):
        self._nest = arrays(nest)
        if not isinstance(nest, (list, tuple, dict)) or is_array(self._nest):
            self._nest = np.asarray(self._nest)
        self._size = count(self._nest, None, None, _WHERE)
        if isinstance(self._nest, list):
            self._nest = tuple(self._nest)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, index: int) -> object:
        return tree.map(lambda array: array[index], self._nest)


class _Chosen:
    """Some elements of a sequence."""

    def __init__(self, rows: object, order: list[int]):
        self._rows, self._order = rows, order
        self.is_quick = isinstance(rows, (_Rows, list))

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> object:
        return arrays(self._rows[self._order[index]])  # type: ignore[index]

    def batch(self, indices: np.ndarray) -> object:
        """Some elements in one."""
        return stacked([self[index] for index in indices.tolist()])

    def specs(self) -> tuple[Spec, ...]:
        """Shapes and dtypes of the first element."""
        if not self._order:
            raise DataError(f"`{_WHERE}` needs an element for its shape. Received none.")
        leaves = [np.asarray(leaf) for leaf in tree.leaves(self[0])]
        return tuple((leaf.shape, "string" if leaf.dtype.kind in "OUS" else leaf.dtype.name) for leaf in leaves)
