"""Attention."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw
from random_models.layer_choices import inputs as i


def attention(d: Draw) -> Any:
    """`Attention` and `AdditiveAttention`: two or three tensors, masks, scores."""
    batch, queries, steps, width = d.whole(1, 3), d.whole(1, 4), d.whole(1, 5), d.whole(1, 4)
    more = [d.whole(1, 2)] if d.chance(0.15) else []
    tensors = [i.numbers(d, [batch, *more, length, width], "float32") for length in (queries, steps)]
    if d.chance(0.5):
        tensors[1] = i.numbers(d, [batch, *more, steps, d.whole(1, 3)], "float32")
        tensors.append(i.numbers(d, [batch, *more, steps, width], "float32"))
    options: dict[str, Any] = {}
    if d.chance(0.4):
        options["use_scale"] = d.chance(0.5)
    name = d.one(["Attention", "AdditiveAttention"])
    if name == "Attention" and d.chance(0.4):
        options["score_mode"] = d.one(["dot", "concat"])
    call: dict[str, Any] = {}
    if not more and d.chance(0.4):
        lengths = (queries, steps, steps)[: len(tensors)]
        call["mask"] = [None if d.chance(0.4) else _leaf(d, [batch, length]) for length in lengths]
    call.update(o.switches(d, return_attention_scores=0.3, use_causal_mask=0.3))
    made = i.layer(d, name, **options)
    if name == "AdditiveAttention":
        made["with"].pop("dtype", None)  # Keras computes in float32 then
    if "float16" in made["with"].get("dtype", ""):
        call.pop("mask", None)  # Keras's masks hide by a number that float16 lacks
        call.pop("use_causal_mask", None)
    return {"make": made, "args": [tensors], "call": call,
            "unknown": i.unknown(d, [] if more or call.get("mask") else [1])}  # fmt: skip


def _leaf(d: Draw, shape: list[int]) -> Any:
    """A mask that hides no key from the first on: Keras's gradients of queries without keys are wrong."""
    mask = i.truth(d, shape, 0.7)
    mask["array"][..., 0] = True
    return {"input": mask}


def heads(d: Draw) -> Any:
    """`MultiHeadAttention` and `GroupedQueryAttention`."""
    batch, queries, steps, width = d.whole(1, 3), d.whole(1, 4), d.whole(1, 5), d.whole(1, 4)
    if d.chance(0.3):
        steps = queries
    tensors = [i.numbers(d, [batch, length, width], "float32") for length in (queries, steps)]
    if d.chance(0.4):
        tensors.append(i.numbers(d, [batch, steps, d.whole(1, 4)], "float32"))
    name = d.one(["MultiHeadAttention", "GroupQueryAttention"])
    if name == "MultiHeadAttention":
        options: dict[str, Any] = {"num_heads": d.whole(1, 3), "key_dim": d.whole(1, 4)}
        if d.chance(0.3):
            options["value_dim"] = d.whole(1, 4)
        if d.chance(0.3):
            options["output_shape"] = d.one([d.whole(1, 4), [d.whole(1, 4)], [2, 3]])
    else:
        groups = d.whole(1, 2)
        options = {"head_dim": d.whole(1, 4), "num_query_heads": groups * d.whole(1, 3), "num_key_value_heads": groups}
    if d.chance(0.15):
        options["sliding_window"] = d.whole(1, 3)
    options.update(o.switches(d, use_bias=-0.2, use_gate=0.15))
    options.update(o.roles(d, kernel=3, bias=1))
    call: dict[str, Any] = o.switches(d, use_causal_mask=0.3, return_attention_scores=0.3)
    if d.chance(0.3):
        call["attention_mask"] = _leaf(d, [d.one([1, batch]), queries, steps])
    for part, length in (("query", queries), ("value", steps), ("key", steps)):
        if d.chance(0.2) and part != "query" and (part != "key" or len(tensors) > 2):
            call[f"{part}_mask"] = _leaf(d, [batch, length])  # Keras ignores a query mask that is given
    if "sliding_window" in options:
        call = {key: value for key, value in call.items() if "mask" not in key or key == "use_causal_mask"}
    return {"make": i.layer(d, name, penalty=False, **options), "args": tensors, "call": call, "scores": True}
