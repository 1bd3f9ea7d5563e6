"""Pooling."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw
from random_models.layer_choices import inputs as i


def _finished(d: Draw, name: str, rank: int, form: dict[str, Any], options: dict[str, Any], **more: Any) -> Any:
    inner, channels = i.sizes(d, rank, 1, {1: 9, 2: 6, 3: 4}[rank]), d.whole(1, 4)
    shape = i.shaped(d.whole(1, 3), inner, channels, form)
    axes = [axis for axis in range(1, rank + 2) if shape[axis] != channels]
    unknown = i.unknown(d, [] if name.startswith("Adaptive") else axes)
    return {"make": i.layer(d, name, **form, **options), "args": [i.numbers(d, shape)], "unknown": unknown, **more}


def pooling(d: Draw) -> Any:
    """Windows and whole axes."""
    rank, kind, form = d.whole(1, 3), d.one(["Max", "Average"]), i.data_format(d)
    if d.chance(0.3):
        options = {} if d.chance(0.5) else {"keepdims": d.chance(0.6)}
        found = _finished(d, f"Global{kind}Pooling{rank}D", rank, form, options)
        if rank == 1 and kind == "Average" and not form and d.chance(0.5):
            found["args"] = [i.steps_of_zeros(d, found["args"][0])]
            found["masked"] = True
        return found
    padding = d.one(["valid", "same"])
    options = {"pool_size": o.several(d, 1, 4, rank), "padding": padding}
    if d.chance(0.6):
        options["strides"] = d.one([None, o.several(d, 1, 3, rank)])
    # Keras on PyTorch counts padding in averages.
    more = {"peer": "numpy"} if kind == "Average" and padding == "same" else {}
    found = _finished(d, f"{kind}Pooling{rank}D", rank, form, options, **more)
    if kind == "Average" and found["args"][0]["dtype"] in i.INTEGERS:
        found["args"][0]["dtype"] = "float32"  # Keras cuts means of integers
    if more:
        found["unlike"] = ["dtypes"]  # there they are those of JAX
    return found


def adaptive(d: Draw) -> Any:
    """Output sizes that do or do not divide, and that are larger than the input."""
    rank, form = d.whole(1, 3), i.data_format(d)
    name = f"Adaptive{d.one(['Average', 'Max'])}Pooling{rank}D"
    found = _finished(d, name, rank, form, {"output_size": o.several(d, 1, 5, rank)})
    if "float16" in f"{found['make']['with'].get('dtype')} {found['args'][0]['dtype']}" and "Max" in name:
        found["gradient"] = False  # of equal values each engine takes another
    return found
