"""Random layers by family: each function of `FAMILIES` draws a layer and what it is called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from random_models.drawing import Draw
from random_models.layer_choices import (
    attentions,
    convolutions,
    embeddings,
    images,
    normalizations,
    numbers,
    poolings,
    recurrences,
    reshapings,
    texts,
)

Spec = dict[str, Any]
FAMILIES: dict[str, Callable[[Draw], Spec | None]] = {
    "convolutions": convolutions.convolution,
    "transposed": convolutions.transposed,
    "poolings": poolings.pooling,
    "adaptive": poolings.adaptive,
    "normalizations": normalizations.normalization,
    "batch_normalizations": normalizations.batch,
    "attentions": attentions.attention,
    "heads": attentions.heads,
    "conv_lstms": recurrences.conv_lstm,
    "recurrences": recurrences.recurrent,
    "wrappers": recurrences.wrapper,
    "embeddings": embeddings.embedding,
    "reshapings": reshapings.reshaping,
    "numbers": numbers.number,
    "spectrograms": numbers.spectrogram,
    "texts": texts.text,
    "moving_images": images.moving,
    "colours": images.colours,
}


def draw(d: Draw, family: str) -> Spec:
    """A layer of a family, "" for any."""
    family = family or d.one(list(FAMILIES))
    while True:
        found = FAMILIES[family](d)
        if found is not None:
            return {"call": {}, "seed": d.whole(0, 10**6), **found}
