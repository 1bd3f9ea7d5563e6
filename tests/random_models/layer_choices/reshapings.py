"""Layers that move numbers: padding, cropping, repeating, other shapes."""

from __future__ import annotations

import math
from typing import Any

from random_models import options as o
from random_models.drawing import Draw, pair
from random_models.layer_choices import inputs as i


def reshaping(d: Draw) -> Any:
    """One of them."""
    rank = d.whole(1, 3)
    choice = d.one(["ZeroPadding", "Cropping", "UpSampling", "other", "other"])
    if choice == "other":
        return _other(d)
    form = i.data_format(d) if rank > 1 or choice == "ZeroPadding" else {}
    inner = i.sizes(d, rank, 1, {1: 7, 2: 6, 3: 4}[rank])
    shape = i.shaped(d.whole(1, 3), inner, d.whole(1, 3), form)
    if choice == "UpSampling":
        options: dict[str, Any] = {"size": d.whole(1, 3) if rank == 1 else o.several(d, 1, 3, rank)}
        if rank == 2 and d.chance(0.6):
            options["interpolation"] = d.one(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
    else:
        pairs = [pair(d.whole(0, 2), d.whole(0, 2)) for _ in range(rank)]
        forms = [d.whole(0, 2), pairs[0]] if rank == 1 else [
            d.whole(0, 2), pair(*(d.whole(0, 2) for _ in range(rank))), pairs]  # fmt: skip
        options = {"padding" if choice == "ZeroPadding" else "cropping": d.one(forms)}
    more = {"peer": "numpy"} if options.get("interpolation") in ("bicubic", "lanczos3", "lanczos5") else {}
    return {**more, "make": i.layer(d, f"{choice}{rank}D", **form, **options), "args": [i.numbers(d, shape)],
            "unknown": i.unknown(d, list(range(1, rank + 1)) if not form else [])}  # fmt: skip


def _other(d: Draw) -> Any:
    rank = d.whole(1, 4)
    inner = i.sizes(d, rank, 1, 4)
    name = d.one(["Permute", "Reshape", "Flatten", "RepeatVector", "Softmax"])
    options: dict[str, Any] = {}
    if name == "Permute":
        order = [int(axis) + 1 for axis in d.generator.permutation(rank)]
        options["dims"] = order if d.chance(0.5) else pair(*order)
    elif name == "Reshape":
        total = math.prod(inner)
        a = d.one([n for n in range(1, 9) if total % n == 0])
        options["target_shape"] = d.one([[a, total // a], pair(-1, a), [total], [-1], [a, -1, 1], [5, 3]])
    elif name == "Flatten":
        options = i.data_format(d)
    elif name == "RepeatVector":
        options, inner = {"n": d.whole(1, 4)}, inner[:1]
    else:
        options["axis"] = d.one([-1, rank, d.whole(1, rank), [d.whole(1, rank)], [rank, *([1] if rank > 1 else [])]])
    return {"make": i.layer(d, name, **options), "args": [i.numbers(d, [d.whole(1, 3), *inner])]}
