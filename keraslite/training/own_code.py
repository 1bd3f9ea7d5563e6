"""What code runs in a step: keraslite's own is replayed, that of others only if it can be seen to be safe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keraslite.backend import changes
from keraslite.transforms.foreign import Walk, Witness

__all__ = ["foreign_code", "own_code_only"]

_MOST_REASONS = 3


@contextmanager
def own_code_only() -> Iterator[None]:
    """While a call is being recorded, refuse the recording if code of somebody else in it might do something else."""
    if not changes.is_recording():
        yield
        return
    witness = Witness()
    with witness.watching():
        yield
    if witness.modules and not changes.is_refused():
        _watch(witness)


def _watch(witness: Witness) -> None:
    """Guard all that code of users has read, or say why it has to run each time."""
    reasons = witness.spoken()
    if not reasons:
        try:
            walk = Walk(witness, changes.used_so_far())
        except Exception as error:  # of some object's own code: the step can run as it is
            reasons = [f"it could not be watched: {type(error).__name__}: {error}"]
        else:
            reasons = list(walk.reasons)
            changes.guard(walk.guards)
    if reasons:
        more = f" and {len(reasons) - _MOST_REASONS} more" if len(reasons) > _MOST_REASONS else ""
        changes.refuse(
            f"code of {' and '.join(witness.modules)} runs in it: {', '.join(reasons[:_MOST_REASONS])}{more}"
        )


@contextmanager
def foreign_code() -> Iterator[list[str]]:
    """Names the modules whose functions run in the block, but for keraslite's and those of the libraries it stands on.

    A layer, loss or train step of the user may look at anything: the clock, a counter, a file.
    """
    witness, found = Witness(), list[str]()
    try:
        with witness.watching():
            yield found
    finally:
        found.extend(witness.modules)
