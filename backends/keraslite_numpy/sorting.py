"""Kernels of this family on numpy."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

sort = np.sort


def argsort(x: Any, axis: Any) -> Any:
    return np.argsort(x, axis, kind="stable")


def top_k(x: Any, k: int, sorted: bool) -> Any:
    # From behind, so that of equal elements the first comes first.
    order = (x.shape[-1] - 1 - np.argsort(x[..., ::-1], -1, kind="stable"))[..., ::-1][..., :k]
    return np.take_along_axis(x, order, -1), order


def searchsorted(sorted_sequence: Any, values: Any, side: Literal["left", "right"]) -> Any:
    return np.asarray(np.searchsorted(sorted_sequence, values, side))


def nonzero(x: Any) -> Any:
    return tuple(np.nonzero(np.atleast_1d(x)) if x.ndim else ())
