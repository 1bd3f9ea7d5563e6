"""Which source reads what the user passed."""

from __future__ import annotations

import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from keraslite.errors import ArgumentError, DataError
from keraslite.random import host as host_random
from keraslite.training.data import dataset as pipelines
from keraslite.training.data.arrays import ArraySource
from keraslite.training.data.conversion import is_array
from keraslite.training.data.encoded import Encode, EncodedSource
from keraslite.training.data.iterables import (
    Dataset,
    DatasetSource,
    GeneratorSource,
    KeptSource,
    LoaderSource,
    PyDatasetSource,
)
from keraslite.training.data.py_dataset import PyDataset
from keraslite.training.data.samples import Samples, SampleSource
from keraslite.training.data.source import Source

__all__ = ["is_dataset", "is_samples", "source_for"]


def is_dataset(x: object) -> bool:
    """Whether `x` makes batches by itself, rather than being arrays."""
    return isinstance(x, (PyDataset, types.GeneratorType, Iterator)) or _is_tf_dataset(x) or _is_other_iterable(x)


def source_for(
    x: object,
    y: object = None,
    sample_weight: object = None,
    *,
    batch_size: int | None = None,
    shuffle: object = False,
    where: str = "fit",
    encode: Encode | None = None,
    keep: bool = False,
) -> Source:
    """The source for `x`, with `y` and `sample_weight` where those are arrays.

    `encode` is what a model does with its inputs on the host; they may hold texts then. With `keep`, the batches of a
    generator stay in memory, so that there can be several passes.
    """
    if x is None:
        raise DataError(f"`{where}` needs data. Received x=None. Pass arrays, a generator or a dataset.")
    if y is None and sample_weight is None and is_samples(x):
        source = SampleSource(cast(Samples, x), batch_size, shuffle, where)
    elif is_dataset(x):
        source = _dataset_source(x, y, sample_weight, batch_size, shuffle, where)
        if keep and isinstance(source, GeneratorSource):
            source = KeptSource(source)
    else:
        source = ArraySource(x, y, sample_weight, batch_size, shuffle, where, text=encode is not None)
    return source if encode is None else EncodedSource(source, encode)


def _dataset_source(
    x: object, y: object, sample_weight: object, batch_size: int | None, shuffle: object, where: str
) -> Source:
    kind = type(x).__name__
    for name, value in (("y", y), ("sample_weight", sample_weight)):
        if value is not None:
            raise ArgumentError(
                f"`{where}` needs `{name}` to be left out where `x` makes the batches. Received x={kind} and "
                f"`{name}`. Let `x` give `(x, y, sample_weight)`."
            )
    if batch_size is not None:
        warnings.warn(f"`{where}` takes batches as the {kind} makes them; `batch_size` is not used.", stacklevel=4)
    if isinstance(x, pipelines.Dataset):
        return pipelines.PipelineSource(x)
    if isinstance(x, PyDataset):
        return PyDatasetSource(x, shuffle, host_random.generator() if shuffle else None)
    if _is_tf_dataset(x):
        return DatasetSource(cast(Dataset, x))
    if isinstance(x, (types.GeneratorType, Iterator)):
        return GeneratorSource(x)
    return LoaderSource(cast(Iterable[object], x))


def is_samples(x: object) -> bool:
    """Whether `x` gives samples by index: a data set of PyTorch's kind, or a table of Hugging Face's kind.

    Where targets are given besides, it is what NumPy can make an array of.
    """
    if isinstance(x, PyDataset) or is_array(x) or not (hasattr(x, "__getitem__") and hasattr(x, "__len__")):
        return False
    plain = (str, bytes, bytearray, Mapping, list, tuple)
    of_rows = hasattr(x, "column_names")
    return not isinstance(x, plain) and (of_rows or not (hasattr(x, "__iter__") or hasattr(x, "shape")))


def _is_tf_dataset(x: object) -> bool:
    # By what it has, so that nothing is imported to ask.
    return hasattr(x, "element_spec") and hasattr(x, "cardinality")


def _is_other_iterable(x: object) -> bool:
    plain = (str, bytes, dict, list, tuple)
    return hasattr(x, "__iter__") and not isinstance(x, plain) and not is_array(x) and not hasattr(x, "shape")
