"""What `fit` and a callback that saves the state of the training tell each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from keraslite.callbacks.base import Callback

__all__ = ["Resumable", "Training"]


class Training(Protocol):
    """A running `fit`, as far as such a callback needs it."""

    def position(self, epoch: int, step: int) -> dict[str, object]:
        """Where training is: plain data that `resume` takes, in another process too."""
        ...

    def resume(self, position: dict[str, object]) -> None:
        """Go on from a position instead of the first epoch."""
        ...

    def build_metrics(self) -> None:
        """Let the metrics have their variables, which they make from data."""
        ...


class Resumable(Callback):
    """Base of callbacks from whose files `fit` goes on. They hear each event after all other callbacks.

    Attributes:
        training: the `fit` that runs; None if none does.
        others: all callbacks of it.
    """

    training: Training | None = None
    others: list[Callback]

    @contextmanager
    def during_fit(self) -> Iterator[None]:
        """Surround `fit`, however it ends."""
        yield

    def on_steps_end(self, epoch: int, step: int) -> bool:
        """Hear that the steps of an epoch have ended, before its validation. Returns whether `fit` ends at once.

        Args:
            epoch: index, from 0.
            step: the number of steps of the epoch that are done.
        """
        return False
