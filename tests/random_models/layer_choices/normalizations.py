"""Normalizations, with odd axes."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw, made, pair
from random_models.layer_choices import inputs as i


def _axes(d: Draw, rank: int) -> Any:
    """One axis or several but the batch, counted from either end, in any order."""
    if d.chance(0.6):
        axis = d.whole(1, rank - 1)
        return d.one([axis, axis - rank, [axis]])
    chosen = d.generator.permutation(rank - 1)[: d.whole(1, rank - 1)] + 1
    axes = [int(axis) - (rank if d.chance(0.4) else 0) for axis in chosen]
    return axes if d.chance(0.6) else pair(*axes)


def _switched(d: Draw) -> dict[str, Any]:
    return {**o.switches(d, center=-0.2, scale=-0.2), **o.roles(d, beta=1, gamma=1)}


def normalization(d: Draw) -> Any:
    """Over axes, in groups, of weights."""
    rank = d.whole(2, 5)
    shape = [d.whole(1, 3), *i.sizes(d, rank - 1, 1, 4)]
    epsilon = {} if d.chance(0.4) else {"epsilon": d.one([1e-3, 1e-4, 0.1])}
    name = d.one(["Layer", "RMS", "Unit", "Group", "Spectral"])
    if name == "Spectral":
        return _spectral(d)
    if name == "Group":
        axis = d.one([-1, -1, d.whole(1, rank - 1), -d.whole(1, rank - 1)])
        size = shape[axis]
        groups = d.one([-1, *(n for n in (1, 2, 3, 4) if size % n == 0), *([2] if d.chance(0.1) else [])])
        options = {"groups": groups, "axis": axis, **epsilon, **_switched(d)}
    elif name == "Layer":
        options = {"axis": _axes(d, rank), **epsilon, **_switched(d)}
    else:
        options = {"axis": _axes(d, rank), **({} if name == "Unit" else epsilon)}
    data = i.numbers(d, shape, i.kind(d, integers=False), d.real(0.1, 4))
    found = {"make": i.layer(d, f"{name}Normalization", **options), "args": [data]}
    if name in ("RMS", "Layer") and options["axis"] not in (-1, rank - 1):
        found["peer"] = "numpy"  # Keras on PyTorch takes the last axes
        if name == "RMS":
            found["unlike"] = ["outputs", "gradients"]  # Keras scales along the last axes
    if rank == 3 and name != "RMS" and d.chance(0.2):  # Keras's RMS loses masks
        found.update(args=[i.steps_of_zeros(d, found["args"][0])], masked=True)
    return found


def _spectral(d: Draw) -> Any:
    kind = d.one(["Dense", "Conv1D", "Conv2D", "EinsumDense"])
    shape = [d.whole(1, 3), *i.sizes(d, {"Dense": 1, "Conv1D": 2, "Conv2D": 3, "EinsumDense": 1}[kind],
                                     2, 4)]  # fmt: skip
    own: dict[str, Any] = {
        "Dense": {"units": d.whole(1, 4)}, "EinsumDense": {"equation": "ab,bc->ac", "output_shape": d.whole(1, 4)},
        "Conv1D": {"filters": d.whole(1, 3), "kernel_size": 2}, "Conv2D": {"filters": d.whole(1, 3), "kernel_size": 2},
    }[kind]  # fmt: skip
    inner = made(f"layers.{kind}", name="inner", **own)
    args = [i.numbers(d, shape, "float32")]
    options = {} if d.chance(0.5) else {"power_iterations": d.whole(1, 4)}
    return {"make": made("layers.SpectralNormalization", name="layer", layer=inner, **options), "args": args}


def batch(d: Draw) -> Any:
    """`BatchNormalization`, with renormalization and masks."""
    rank = d.whole(2, 5)
    shape = [d.whole(1, 6), *i.sizes(d, rank - 1, 1, 4)]
    axis = d.one([-1, -1, d.whole(1, rank - 1), -d.whole(1, rank - 1)])
    options: dict[str, Any] = {"axis": axis, **_switched(d), **o.roles(d, moving_mean=0, moving_variance=0)}
    options = {key: value for key, value in options.items() if not key.startswith("moving") or "initializer" in key}
    if d.chance(0.4):
        options["momentum"] = d.real(0, 1)
    if d.chance(0.4):
        options["epsilon"] = d.one([1e-5, 0.1])
    if d.chance(0.25):
        options["renorm"] = True
        if d.chance(0.5):
            options["renorm_clipping"] = {"rmin": 0.6, "rmax": 1.4, "dmax": 0.4}
        if d.chance(0.4):
            options["renorm_momentum"] = d.real(0, 1)
    found = {"make": i.layer(d, "BatchNormalization", **options), "args": [i.numbers(d, shape, scale=d.real(0.5, 4))]}
    if rank == 3 and axis in (-1, 2) and d.chance(0.3):
        found.update(args=[i.steps_of_zeros(d, found["args"][0])], masked=True)
    return found
