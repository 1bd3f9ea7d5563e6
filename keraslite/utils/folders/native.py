"""Data sets as those of TensorFlow and of Grain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from keraslite import tree
from keraslite.backend import registry
from keraslite.backend.contract.tensor import Spec
from keraslite.errors import MissingCapabilityError
from keraslite.training.data.dataset import Dataset
from keraslite.training.data.plans import Items, Samples

__all__ = ["Described", "in_format"]


class Described(Samples, Protocol):
    """Samples whose shapes and dtypes are known."""

    def specs(self) -> tuple[Spec, ...]:
        """The shape and dtype of each array of a sample; a sample with one array is that array."""
        ...


def in_format(dataset: Dataset, samples: Described, batch_size: int | None, format: str | None) -> object:
    """A data set as it is, or as one of the library that `format` names, with the same attributes."""
    if format is None:
        return dataset
    found = _of_tensorflow(dataset, samples, batch_size) if format == "tf" else _of_grain(dataset, batch_size)
    for name in ("class_names", "file_paths"):
        setattr(found, name, getattr(dataset, name))
    return found


def _of_tensorflow(dataset: Dataset, samples: Described, batch_size: int | None) -> object:
    front = () if batch_size is None else (None,)
    specs = [((*front, *shape), dtype) for shape, dtype in samples.specs()]

    def elements() -> Iterator[object]:
        for element in dataset:
            found = tree.map(_bytes, element)
            yield found if isinstance(found, tuple) else (found,)

    return registry.with_datasets("tf").to_dataset(elements, specs, dataset.num_batches)


def _bytes(value: object) -> object:
    """Texts as bytes, also those that are not UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.array([_bytes(item) for item in value.tolist()], object)
    return value


def _of_grain(dataset: Dataset, batch_size: int | None) -> object:
    try:
        import grain
    except ImportError as error:
        raise MissingCapabilityError('`format="grain"` needs Grain. Install it: pip install grain.') from error
    plan = dataset._plan
    if not isinstance(plan, Items):
        raise TypeError("Grain reads samples by index")
    found = grain.MapDataset.source(plan.samples)
    if plan.shuffle_seed is not None:
        found = found.shuffle(seed=plan.shuffle_seed)
    read = found.to_iter_dataset()
    return read if batch_size is None else read.batch(batch_size, drop_remainder=False)
