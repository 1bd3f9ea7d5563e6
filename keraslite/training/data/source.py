"""What the loop needs of data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["ChangedSource", "Place", "Source"]

#: Plain data: what the order of a pass depends on.
Place: TypeAlias = dict[str, Any]


class Source:
    """Batches, one pass at a time.

    `num_batches` is None where it is not known. `restarts` says whether `batches()` may be called again
    for another pass (a generator cannot); `fresh` that the arrays of a batch stay as they are until the pass is over,
    so that nobody needs to copy them; `in_memory` that making a batch takes no time to speak of; `reads_ahead` that the
    source has threads of its own for that. `whole` is all of the data in one batch, where it is there as such.
    """

    num_batches: int | None = None
    batch_size: int | None = None
    restarts = True
    fresh = False
    in_memory = False
    reads_ahead = False
    whole: object = None

    def batches(self) -> Iterator[object]:
        """One pass over the data."""
        raise NotImplementedError

    def place(self) -> Place:
        """What the order of the next pass depends on, as plain data. Empty if the passes are alike."""
        return {}

    def go_to(self, place: Place) -> None:
        """Have the next pass come in the order that it had when `place` was asked, maybe in another process."""

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""


class ChangedSource(Source):
    """Batches of another source, changed by a subclass. There are as many, and they come in the same order.

    Args:
        source: the batches as they come.
    """

    def __init__(self, source: Source):
        self._source = source
        self.num_batches, self.batch_size = source.num_batches, source.batch_size
        self.restarts, self.fresh = source.restarts, source.fresh

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
