"""Convolutions."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw
from random_models.layer_choices import inputs as i

_ROLES = {"Conv": ("kernel",), "Depthwise": ("depthwise",), "Separable": ("depthwise", "pointwise")}


def _place(d: Draw, rank: int) -> tuple[dict[str, Any], list[int], int]:
    return i.data_format(d), i.sizes(d, rank, 1, {1: 9, 2: 6, 3: 4}[rank]), d.whole(1, 4)


def _steps(d: Draw, rank: int) -> dict[str, Any]:
    """Strides or dilations, rarely both: of these some are refused."""
    chosen: dict[str, Any] = {}
    if d.chance(0.4):
        chosen["strides"] = o.several(d, 1, 3, rank)
    if d.chance(0.1 if chosen else 0.35):
        chosen["dilation_rate"] = o.several(d, 1, 3, rank)
    return chosen


def _finished(d: Draw, name: str, rank: int, place: Any, options: dict[str, Any]) -> dict[str, Any]:
    form, inner, channels = place
    shape = i.shaped(d.whole(1, 3), inner, channels, form)
    axes = [axis for axis in range(1, rank + 2) if shape[axis] != channels]
    return {
        "make": i.layer(d, name, **form, **options),
        "args": [i.numbers(d, shape)],
        "unknown": i.unknown(d, axes if form.get("data_format") != "channels_first" else axes[1:]),
    }


def convolution(d: Draw) -> Any:
    """Plain, depthwise and separable ones."""
    kind = d.one(["Conv", "Depthwise", "Separable"])
    rank = d.whole(1, 3 if kind == "Conv" else 2)
    place = _place(d, rank)
    groups = d.one([n for n in (1, 1, 2, 3) if place[2] % n == 0])
    own: dict[str, Any] = {
        "Conv": {"filters": groups * d.whole(1, 3), "groups": groups},
        "Depthwise": {"depth_multiplier": d.whole(1, 3)},
        "Separable": {"filters": d.whole(1, 4), "depth_multiplier": d.whole(1, 2)},
    }[kind]
    roles = dict.fromkeys(_ROLES[kind], rank + 2)
    options = {
        **own, "kernel_size": o.several(d, 1, 4, rank), "activation": o.activation(d), **_steps(d, rank),
        "padding": d.one(["valid", "same", "VALID", *(["causal"] if rank == 1 else [])]),
        **o.switches(d, use_bias=-0.15), **o.roles(d, **roles, bias=1),
    }  # fmt: skip
    return _finished(d, f"{kind if kind == 'Conv' else f'{kind}Conv'}{rank}D", rank, place, options)


def transposed(d: Draw) -> Any:
    """Transposed ones, with output padding."""
    rank = d.whole(1, 3)
    options: dict[str, Any] = {
        "filters": d.whole(1, 4), "kernel_size": o.several(d, 1, 4, rank), **_steps(d, rank),
        "padding": d.one(["valid", "same"]), "activation": o.activation(d), **o.switches(d, use_bias=-0.15),
        **o.roles(d, kernel=rank + 2, bias=1),
    }  # fmt: skip
    if d.chance(0.3):
        options["output_padding"] = o.several(d, 0, 2, rank)
    return _finished(d, f"Conv{rank}DTranspose", rank, _place(d, rank), options)
