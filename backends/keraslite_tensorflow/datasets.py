"""Data sets of TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf


def to_dataset(
    elements: Callable[[], Iterator[Any]], specs: Sequence[tuple[tuple[int | None, ...], str]], count: int | None
) -> Any:
    """A `tf.data.Dataset` of the tuples that an iterator gives; a tuple of one array is that array."""
    signature = tuple(tf.TensorSpec(shape, dtype) for shape, dtype in specs)
    found = tf.data.Dataset.from_generator(elements, output_signature=signature)
    if count is not None:
        found = found.apply(tf.data.experimental.assert_cardinality(count))
    if len(signature) == 1:
        found = found.map(lambda element: element)
    return found.prefetch(tf.data.AUTOTUNE)
