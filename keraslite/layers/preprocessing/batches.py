"""What a layer adapts to: arrays, lists, data sets, loaders and generators, as batches of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np

from keraslite.backend import registry
from keraslite.errors import ArgumentError
from keraslite.layers.on_host import arrays
from keraslite.layers.preprocessing.texts import text_arrays
from keraslite.progress import Progbar

__all__ = ["batches", "number_batches", "text_batches"]

_Converter: TypeAlias = Callable[[object], object]
#: Elements of an array that are read at a time.
_MANY = 1 << 18


def text_batches(
    data: object, batch_size: int | None = None, steps: int | None = None, verbose: int = 0
) -> Iterator[np.ndarray]:
    """The batches of texts (see `batches`)."""
    return batches(data, text_arrays, batch_size, steps, verbose)


def number_batches(
    data: object, batch_size: int | None = None, steps: int | None = None, verbose: int = 0
) -> Iterator[np.ndarray]:
    """The batches of numbers (see `batches`)."""
    return batches(data, arrays, batch_size, steps, verbose)


def batches(
    data: object,
    convert: _Converter,
    batch_size: int | None = None,
    steps: int | None = None,
    verbose: int = 0,
) -> Iterator[np.ndarray]:
    """The batches of `data`, one at a time, each a NumPy array of rank 1 or more.

    Args:
        data: an array, a tensor, a column or a list of values (possibly nested), which are divided into batches; or
            what makes batches: a data set, a loader, a `PyDataset`, a generator, a list of arrays. Of batches with
            targets, `(x, y)`, the inputs are taken.
        convert: what makes an array of a batch.
        batch_size: the rows per batch of an array or list. Default: None, many.
        steps: the number of batches to read. Default: None, all.
        verbose: 0 shows nothing, 1 how many batches were read, 2 the same at the end only. Default: 0.

    Raises:
        ArgumentError: if the data is none of these.
    """
    is_whole = _is_whole(data)
    found = _sliced(convert(data), batch_size) if is_whole else _made(data)
    count = _count(found if is_whole else data, steps)
    for batch in _shown(islice(found, steps), count, verbose):
        array = convert(_inputs(batch))
        if not isinstance(array, np.ndarray):
            raise ArgumentError(
                f"`adapt` needs batches of one array each. Received {type(batch).__name__}. Map the data to the "
                "inputs of the layer."
            )
        yield np.atleast_1d(array)


def _count(data: object, steps: int | None) -> int | None:
    """How many batches there will be, None if that is not known."""
    try:
        count = len(data)  # type: ignore[arg-type]
    except TypeError:  # none, or a data set of unknown size
        return steps
    return count if steps is None else min(count, steps)


def _shown(found: Iterable[object], count: int | None, verbose: int) -> Iterator[object]:
    """Batches, and the number of those that were used up on the screen."""
    bar, done = Progbar(count, verbose=verbose, unit_name="batch"), 0
    for done, batch in enumerate(found, 1):
        yield batch
        bar.update(done, finalize=False)
    bar.update(done, finalize=True)


def _is_whole(data: object) -> bool:
    """Whether `data` is all there is, rather than something that makes batches."""
    if isinstance(data, (list, tuple)):
        while isinstance(data, (list, tuple)) and data:
            data = data[0]
        return isinstance(data, (str, bytes, int, float, np.generic, list, tuple))
    return isinstance(data, (str, bytes, np.generic)) or _is_array(data)


def _is_array(x: object) -> bool:
    return hasattr(x, "__array__") or registry.engine_of(x) is not None


def _sliced(array: object, batch_size: int | None) -> list[np.ndarray]:
    if isinstance(array, (list, tuple)) and not array:
        return []
    if not isinstance(array, np.ndarray):
        raise ArgumentError(f"`adapt` needs one array. Received {type(array).__name__}.")
    array = np.atleast_1d(array)
    rows = batch_size or max(_MANY // max(array[:1].size, 1), 1)
    return [array[start : start + rows] for start in range(0, len(array), rows)]


def _made(data: object) -> Iterable[object]:
    length, item = getattr(data, "__len__", None), getattr(data, "__getitem__", None)
    if isinstance(data, Mapping) or not (hasattr(data, "__iter__") or (length and item)):
        raise ArgumentError(f"`adapt` needs arrays, or batches of them. Received {type(data).__name__}.")
    if hasattr(data, "__iter__"):
        return data  # type: ignore[return-value]
    return (item(i) for i in range(length()))  # type: ignore[misc]


def _inputs(batch: object) -> object:
    """The inputs in a batch, which may have targets and weights too."""
    is_pair = isinstance(batch, (list, tuple)) and 0 < len(batch) <= 3 and all(map(_is_array_or_none, batch))
    return batch[0] if is_pair and isinstance(batch, Sequence) else batch


def _is_array_or_none(x: object) -> bool:
    return x is None or (_is_array(x) and not isinstance(x, np.generic))
