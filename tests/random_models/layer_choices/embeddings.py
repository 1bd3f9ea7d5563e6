"""Embeddings."""

from __future__ import annotations

from typing import Any

from random_models import options as o
from random_models.drawing import Draw
from random_models.layer_choices import inputs as i


def embedding(d: Draw) -> Any:
    """Of ids of any shape, and back to logits."""
    size, width = d.whole(1, 6), d.whole(1, 4)
    options: dict[str, Any] = {"input_dim": size, "output_dim": width, **o.switches(d, mask_zero=0.4),
                               **o.roles(d, embeddings=2)}  # fmt: skip
    shape = i.sizes(d, d.whole(1, 4), 1, 4)
    ids = {"array": d.generator.integers(0, size, shape), "dtype": d.one(["int32", "int64", "float32", "uint8"])}
    if d.chance(0.5):
        return {"make": i.layer(d, "Embedding", **options), "args": [ids], "unknown": i.unknown(d, [1])}
    options.update(o.switches(d, tie_weights=-0.4))
    if d.chance(0.2):
        options["logit_soft_cap"] = d.real(0.3, 3)
    if d.chance(0.15):
        options["reverse_dtype"] = d.one(["float16", "bfloat16"])
    if d.chance(0.5):
        return {"make": i.layer(d, "ReversibleEmbedding", **options), "args": [ids], "unknown": i.unknown(d, [1])}
    rows = i.numbers(d, [*shape, width], "float32")
    return {"make": i.layer(d, "ReversibleEmbedding", **options), "args": [rows], "call": {"reverse": True},
            "unlike": ["dtypes"]}  # of what it gets, in Keras  # fmt: skip
