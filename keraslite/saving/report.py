"""What was read from a file of weights, and what was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["LoadReport", "Skipped"]

Kind: TypeAlias = Literal["missing", "unexpected", "mismatched", "not built", "optimizer"]


class Skipped(NamedTuple):
    """A weight that was not read.

    Attributes:
        kind: "missing" in the file, "unexpected" in the file, "mismatched" in shape, of a layer that is "not built", or
            the state of an "optimizer".
        place: where the file has it, or would have it.
        weight: the path of the Variable; None if the model has none there.
        why: what does not fit.
    """

    kind: Kind
    place: str
    weight: str | None
    why: str


@dataclass(frozen=True)
class LoadReport:
    """What `load_weights` read, and what it skipped.

    Args:
        where: the path of the file.
        loaded: paths of the Variables that were read.
        skipped: what was not read, and why. Each has a `kind` ("missing" in the file, "unexpected" in the file,
            "mismatched" in shape, of a layer that is "not built", or the state of an "optimizer"), a `place` in the
            file, the path `weight` of the Variable, or None if the model has none there, and a sentence `why`.

    Example:
        >>> import keraslite as keras
        >>> keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights("model.weights.h5")
        >>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, use_bias=False)])
        >>> report = model.load_weights("model.weights.h5", strict=False)
        >>> report.complete, [(each.kind, each.place) for each in report.skipped]
        (False, [('unexpected', 'layers/dense/vars/1')])
    """

    where: str
    loaded: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing was skipped."""
        return not self.skipped

    def of_kind(self, *kinds: Kind) -> tuple[Skipped, ...]:
        """Return what was skipped for a reason of these kinds.

        Args:
            *kinds: of "missing", "unexpected", "mismatched", "not built" and "optimizer".
        """
        return tuple(each for each in self.skipped if each.kind in kinds)

    def __str__(self) -> str:
        text = f"{len(self.loaded)} weights were read from {self.where}, {len(self.skipped)} were skipped."
        return f"{text}\n  {listed(self.skipped)}" if self.skipped else text


def listed(skipped: Iterable[Skipped]) -> str:
    """Return one line for each of the first twenty."""
    lines = [each.why for each in skipped]
    rest = len(lines) - 20
    return "\n  ".join(lines[:20]) + (f"\n  and {rest} more" if rest > 0 else "")
