"""Dropout masks that cells keep between the steps of a sequence."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from keraslite.backend import scopes
from keraslite.backend.contract import Tensor
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.recurrent.cell import GatedCell


class _Kept(NamedTuple):
    """Masks, and the transform within which they were drawn."""

    masks: list[Tensor]
    scope: scopes.Scope | None


# They are no attributes: copies and files of a cell, and programs that depend on it, have nothing to do with them.
_table: weakref.WeakKeyDictionary[GatedCell, dict[str, _Kept]] = weakref.WeakKeyDictionary()


def get(cell: GatedCell, kind: str, shape: tuple[int | None, ...], draw: Callable[[], list[Tensor]]) -> list[Tensor]:
    """The masks of a kind that a cell keeps; new ones if it has none that can be used here."""
    kept = _table.get(cell, {}).get(kind)
    if kept is None or not _fits(kept.masks[0], shape) or not _is_inside(kept.scope):
        kept = _Kept(draw(), scopes.scope())
        if not isinstance(kept.masks[0], SymbolicTensor):
            _table.setdefault(cell, {})[kind] = kept
    return kept.masks


def forget(cell: GatedCell, kind: str) -> None:
    """Let the next `get` draw."""
    _table.get(cell, {}).pop(kind, None)


def _fits(mask: Tensor, shape: tuple[int | None, ...]) -> bool:
    found = tuple(mask.shape)
    return len(found) == len(shape) and all(
        n == wanted or None in (n, wanted) for n, wanted in zip(found, shape, strict=True)
    )


def _is_inside(scope: scopes.Scope | None) -> bool:
    """Whether a tensor that was made within `scope` exists here."""
    at = scopes.scope()
    while at is not None and at is not scope:
        at = at.outer
    return at is scope
