"""Batches whose inputs go through a model's layers on the host while they are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from keraslite.training.data.pack import pack_x_y_sample_weight, unpack_x_y_sample_weight
from keraslite.training.data.source import Place, Source

__all__ = ["Encode", "EncodedSource"]

Encode = Callable[[Any], Any]


class EncodedSource(Source):
    """A source with the inputs of each batch encoded.

    Args:
        source: the batches as they come.
        encode: a function of the inputs of a batch, on the host.
    """

    def __init__(self, source: Source, encode: Encode):
        self._source, self._encode = source, encode
        self.num_batches, self.batch_size = source.num_batches, source.batch_size
        self.restarts, self.fresh = source.restarts, source.fresh

    def batches(self) -> Iterator[Any]:
        """One pass over the data."""
        for batch in self._source.batches():
            x, y, sample_weight = unpack_x_y_sample_weight(batch)
            yield pack_x_y_sample_weight(self._encode(x), y, sample_weight)

    def place(self) -> Place:
        """That of the source."""
        return self._source.place()

    def go_to(self, place: Place) -> None:
        """Pass it on to the source."""
        self._source.go_to(place)

    def on_epoch_begin(self) -> None:
        """Pass the event on to the source."""
        self._source.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Pass the event on to the source."""
        self._source.on_epoch_end()
