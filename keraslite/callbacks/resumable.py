"""What `fit` and a callback that saves the state of the training tell each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from keraslite.callbacks.base import Callback

__all__ = ["Resumable", "Training"]


class Training(Protocol):
    """A running `fit`, as far as such a callback needs it."""

    @property
    def asked_to_end(self) -> bool:
        """Whether SIGTERM has come."""
        ...

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
    """Base of callbacks that may save the state of the training. They hear each event after all other callbacks.

    Attributes:
        training: the `fit` that runs; None if none does.
        others: all callbacks of it.
    """

    training: Training | None = None
    others: list[Callback]

    @property
    def saves_training(self) -> bool:
        """Whether it does; if not, it is a callback like others."""
        return True

    @property
    def saves_at_end(self) -> bool:
        """Whether it saves when the program is asked to end."""
        return self.saves_training

    @contextmanager
    def during_fit(self) -> Iterator[None]:
        """Surround `fit`, however it ends."""
        yield

    def on_asked_to_end(self, epoch: int, step: int) -> None:
        """Save, since the program is about to end.

        Args:
            epoch: index, from 0.
            step: the number of steps of the epoch that are done.
        """
