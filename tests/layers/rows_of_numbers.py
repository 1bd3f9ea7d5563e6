"""Rows of the layers of numbers that are less common: see `rows.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from layers.row import Row, layer

_SEQUENCE, _IMAGE, _VOLUME = (3, 4, 5), (2, 6, 7, 4), (2, 5, 4, 6, 2)
_SIZES = ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))
_IDS = np.array([[1, 2, 0], [4, 0, 0]])

_FRAMES = {1: (2, 4, 6, 2), 2: (2, 4, 5, 6, 2), 3: (2, 4, 4, 3, 5, 2)}
_MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 1]], bool)


def _conv_lstm(rank: int) -> list[Row]:
    cls, usual, frames = f"ConvLSTM{rank}D", {"filters": 3, "kernel_size": 2}, _FRAMES[rank]
    first = (*frames[:2], frames[-1], *frames[2:-1])
    everything = {"return_sequences": True, "return_state": True}
    return [
        Row(cls, usual, (frames,), unknown=(0, 1, 2)),
        Row(cls, {**usual, **everything, "padding": "same", "strides": 2, "go_backwards": True}, (frames,),
            note="backwards"),
        Row(cls, {**usual, **everything, "data_format": "channels_first", "unit_forget_bias": False}, (first,),
            {"mask": _MASK}, note="first"),
        Row(cls, {**usual, "dilation_rate": 2, "use_bias": False, "activation": "relu"}, (frames,), {"mask": _MASK},
            note="dilated", unknown=()),
        Row(cls, {**usual, "return_sequences": True, "zero_output_for_mask": True, "recurrent_activation": "tanh"},
            (frames,), {"mask": _MASK}, note="zero"),
        Row(cls, {**usual, "dropout": 0.3, "recurrent_dropout": 0.2, "seed": 1}, (frames,), random=True,
            note="dropout"),
    ]  # fmt: skip


NUMBER_ROWS = [
    *[row for rank in (1, 2, 3) for row in _conv_lstm(rank)],
    Row("Bidirectional", {"layer": layer("ConvLSTM1D", filters=2, kernel_size=3, name="l", return_sequences=True)},
        (_FRAMES[1],), note="convolutional"),
    *[
        Row(f"Adaptive{kind}Pooling{rank}D", {"output_size": size, "data_format": data_format}, (shape,),
            note=f"{size}-{data_format}")
        for kind in ("Max", "Average")
        for rank, shape in _SIZES
        for size, data_format in ((2, "channels_last"), ([3, 2, 4][:rank], "channels_first"), (7, "channels_last"))
    ],
    Row("AlphaDropout", {"rate": 0.4, "seed": 1}, ((2, 4),), random=True),
    Row("AlphaDropout", {"rate": 0.4, "noise_shape": [None, 1, 4]}, ((2, 3, 4),), random=True, note="noise_shape"),
    Row("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, ((2, 4),)),
    Row("ActivityRegularization", {}, ((2, 3, 4),), note="none", unknown=(0, 1)),
    Row("GroupNormalization", {"groups": 2}, (_IMAGE,), unknown=(0, 1, 2)),
    Row("GroupNormalization", {"groups": -1, "epsilon": 0.1}, (_SEQUENCE,), note="instances", unknown=(0, 1)),
    Row("GroupNormalization", {"groups": 3, "axis": 1, "scale": False}, (_IMAGE,), note="first"),
    Row("GroupNormalization", {"groups": 1, "axis": -2, "center": False}, (_VOLUME,), note="middle"),
    Row("GroupNormalization", {"groups": 2}, ((3, 6),), note="rank2"),
    Row("RMSNormalization", {}, (_SEQUENCE,), unknown=(0, 1)),
    Row("RMSNormalization", {"axis": [1, 2], "epsilon": 0.1}, (_SEQUENCE,), note="axes"),
    Row("RMSNormalization", {"axis": [2, 1]}, (_SEQUENCE,), note="falling"),
    Row("RMSNormalization", {"axis": [-1]}, (_IMAGE,), note="list", unknown=(0, 2)),
    Row("UnitNormalization", {}, (_SEQUENCE,), unknown=(0, 1)),
    Row("UnitNormalization", {"axis": [1, 2]}, (_IMAGE,), note="axes"),
    Row("UnitNormalization", {"axis": 1}, (_IMAGE,), note="axis"),
    Row("SpectralNormalization", {"layer": layer("Dense", units=3, name="d")}, (_SEQUENCE,), unknown=(0, 1)),
    Row("SpectralNormalization", {"layer": layer("Conv2D", filters=3, kernel_size=2, name="c"), "power_iterations": 3},
        (_IMAGE,), note="conv"),
    Row("ReversibleEmbedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, (_IDS,), unknown=(0, 1),
        gradient=False),
    Row("ReversibleEmbedding", {"input_dim": 5, "output_dim": 4}, ((2, 3, 4),), {"reverse": True}, note="reverse"),
    Row("ReversibleEmbedding", {"input_dim": 5, "output_dim": 4, "tie_weights": False, "logit_soft_cap": 0.5},
        ((2, 3, 4),), {"reverse": True}, note="untied"),
]  # fmt: skip

VARIED_NUMBERS: dict[str, dict[str, Any]] = {
    **{f"ConvLSTM{rank}D": {"filters": 4, "kernel_size": 3} for rank in (1, 2, 3)},
    "ActivityRegularization": {"l1": 0.3, "l2": 0.4},
    "GroupNormalization": {"groups": 4},
    "ReversibleEmbedding": {"tie_weights": False, "reverse_dtype": "float16", "logit_soft_cap": 3.0},
    "SpectralNormalization": {"layer": layer("Dense", units=2, name="y"), "power_iterations": 2},
}
for _rank in (1, 2, 3):
    for _kind in ("Max", "Average"):
        VARIED_NUMBERS[f"Adaptive{_kind}Pooling{_rank}D"] = {"output_size": 5}
