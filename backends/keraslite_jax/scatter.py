"""Kernels of this family on jax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

_METHODS = {None: "set", "add": "add", "max": "max", "min": "min", "mul": "multiply"}


def scatter_update(inputs: Any, indices: Any, updates: Any, reduction: Any) -> Any:
    at = inputs.at[tuple(jnp.moveaxis(indices, -1, 0))]
    return getattr(at, _METHODS[reduction])(updates)


def _over_segments(combine: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(data: Any, segment_ids: Any, num_segments: Any, sorted: bool) -> Any:
        count = int(segment_ids.max(initial=-1)) + 1 if num_segments is None else num_segments
        return combine(data, segment_ids, count, indices_are_sorted=sorted)

    return kernel


segment_sum = _over_segments(jax.ops.segment_sum)
segment_prod = _over_segments(jax.ops.segment_prod)
segment_max = _over_segments(jax.ops.segment_max)
segment_min = _over_segments(jax.ops.segment_min)
