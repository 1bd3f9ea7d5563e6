"""Writing at indices. The standard can't: it assigns to slices and masks only."""

from __future__ import annotations

import math

import array_api_strict as xp

from .tensors import copy_of, from_the_end

_COMBINE = {"add": xp.add, "max": xp.maximum, "min": xp.minimum, "mul": xp.multiply}


def scatter_update(inputs, indices, updates, reduction):
    """Updates are sorted by place; then each turn gives every place the next of its own, in the order they came.

    So there are as many turns as updates at the most popular place. Without a reduction the last one counts.
    """
    depth = indices.shape[-1]
    sizes, rest = inputs.shape[:depth], inputs.shape[depth:]
    places, count = math.prod(sizes), math.prod(indices.shape[:-1])
    if not places or not count:
        return copy_of(inputs)
    place = xp.zeros((count,), dtype=indices.dtype)
    for axis, size in enumerate(sizes):
        place = place * size + from_the_end(xp.reshape(indices[..., axis], (count,)), size)
    order = xp.argsort(place, stable=True)
    ordered, all_places = xp.take(place, order), xp.arange(places, dtype=place.dtype)
    first = xp.searchsorted(ordered, all_places, side="left")
    behind = xp.searchsorted(ordered, all_places, side="right")
    result = xp.reshape(inputs, (places, math.prod(rest)))
    updates = xp.reshape(updates, (count, math.prod(rest)))
    first = first if reduction else xp.maximum(first, behind - 1)
    for turn in range(int(xp.max(behind - first))):
        at = first + turn
        new = xp.take(updates, xp.take(order, xp.minimum(at, xp.asarray(count - 1, dtype=at.dtype))), axis=0)
        combined = _COMBINE[reduction](result, new) if reduction else new
        result = xp.where(xp.expand_dims(at < behind, axis=1), combined, result)
    return xp.reshape(result, inputs.shape)
