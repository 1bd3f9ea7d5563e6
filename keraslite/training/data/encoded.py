"""Batches whose inputs go through a model's layers on the host while they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.source import ChangedSource, Source

__all__ = ["Encode", "EncodedSource"]

Encode = Callable[[Any], Any]


class EncodedSource(ChangedSource):
    """A source with the inputs of each batch encoded.

    Args:
        source: the batches as they come.
        encode: a function of the inputs of a batch, on the host.
    """

    def __init__(self, source: Source, encode: Encode):
        super().__init__(source)
        self._encode = encode

    def batches(self) -> Iterator[Any]:
        """One pass over the data."""
        for batch in self._source.batches():
            x, y, sample_weight = unpack_x_y_sample_weight(batch)
            yield pack_x_y_sample_weight(self._encode(x), y, sample_weight)
