"""One or more rows per layer class: how to make the layer, and arguments to call it with."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np
from layers.row import Row, layer, made
from layers.rows_of_numbers import NUMBER_ROWS, VARIED_NUMBERS

__all__ = ["BASES", "ROWS", "UNSAVED", "UNSAVED_BY_CLASS", "VARIED", "VARIED_BY_CLASS", "Row", "layer", "made"]

_MASK = np.array([[1, 1, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
_IDS = np.array([[1, 2, 0], [4, 0, 0]])
_SEQUENCE, _IMAGE, _VOLUME = (3, 4, 5), (2, 6, 7, 4), (2, 5, 4, 6, 2)
_STRIDED = {"strides": 2, "dilation_rate": 2}
_UNKNOWN = (0, 1)


def _recurrent(cls: str, **more: Any) -> list[Row]:
    mask = {"mask": _MASK}
    return [
        Row(cls, {"units": 3, **more}, (_SEQUENCE,), unknown=_UNKNOWN),
        Row(cls, {"units": 3, **more}, (_SEQUENCE,), mask, note="mask"),
        Row(cls, {"units": 3, "return_sequences": True, **more}, (_SEQUENCE,), mask, note="mask-sequences"),
        Row(cls, {"units": 3, "return_sequences": True, "zero_output_for_mask": True, **more}, (_SEQUENCE,), mask,
            note="mask-zero"),
        Row(cls, {"units": 3, "return_sequences": True, "return_state": True, "go_backwards": True, **more},
            (_SEQUENCE,), mask, note="backwards", unknown=_UNKNOWN),
        Row(cls, {"units": 3, "unroll": True, "use_bias": False, "activation": "relu", **more}, (_SEQUENCE,),
            note="unroll"),
        Row(cls, {"units": 3, "dropout": 0.3, "recurrent_dropout": 0.2, "return_sequences": True, **more},
            (_SEQUENCE,), random=True, note="dropout"),
    ]  # fmt: skip


ROWS = [
    Row("Dense", {"units": 3}, ((2, 4),)),
    Row("Dense", {"units": 3, "activation": "relu", "use_bias": False}, ((2, 3, 4),), unknown=_UNKNOWN, note="rank3"),
    Row("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 5], "bias_axes": "d"}, ((2, 3, 4),),
        unknown=_UNKNOWN),
    Row("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, ((2, 3, 4),), note="left"),
    Row("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": [5, None], "bias_axes": "c"}, ((2, 3, 4),),
        note="right"),
    Row("EinsumDense", {"equation": "abc,cde->abde", "output_shape": [None, 3, 2], "bias_axes": "d"}, ((2, 3, 4),),
        note="two"),
    Row("Activation", {"activation": "tanh"}, ((2, 4),)),
    Row("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, ((2, 4),)),
    Row("ReLU", {}, ((2, 4),), note="plain"),
    Row("LeakyReLU", {"negative_slope": 0.1}, ((2, 4),)),
    Row("ELU", {"alpha": 0.5}, ((2, 4),)),
    Row("PReLU", {"alpha_initializer": "ones"}, ((2, 4),)),
    Row("PReLU", {"alpha_initializer": "ones", "shared_axes": [1]}, ((2, 3, 4),), unknown=_UNKNOWN, note="shared"),
    Row("Softmax", {}, ((3, 4),)),
    Row("Softmax", {"axis": [1, 2]}, ((2, 3, 4),), note="axes"),
    Row("Softmax", {}, ((3, 4),), {"mask": _MASK}, note="mask"),
    Row("Dropout", {"rate": 0.4, "seed": 1}, ((2, 4),), random=True),
    Row("Dropout", {"rate": 0.4, "noise_shape": [None, 1, 4]}, ((2, 3, 4),), random=True, note="noise_shape"),
    Row("SpatialDropout1D", {"rate": 0.4}, (_SEQUENCE,), random=True, unknown=_UNKNOWN),
    Row("SpatialDropout2D", {"rate": 0.4}, (_IMAGE,), random=True),
    Row("SpatialDropout3D", {"rate": 0.4}, (_VOLUME,), random=True),
    Row("GaussianNoise", {"stddev": 0.4}, ((2, 4),), random=True),
    Row("GaussianDropout", {"rate": 0.4}, ((2, 4),), random=True),
    Row("Flatten", {}, (_IMAGE,)),
    Row("Flatten", {"data_format": "channels_first"}, (_IMAGE,), note="first"),
    Row("Reshape", {"target_shape": [-1, 2]}, ((3, 4, 5),)),
    Row("Permute", {"dims": [2, 1]}, ((3, 4, 5),), unknown=_UNKNOWN),
    Row("RepeatVector", {"n": 3}, ((2, 4),)),
    Row("ZeroPadding1D", {"padding": 2}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("ZeroPadding2D", {"padding": [[1, 2], [0, 3]]}, (_IMAGE,)),
    Row("ZeroPadding3D", {"padding": [1, 0, 2]}, (_VOLUME,)),
    Row("Cropping1D", {"cropping": [1, 2]}, (_SEQUENCE,)),
    Row("Cropping2D", {"cropping": [[1, 2], [0, 3]]}, (_IMAGE,)),
    Row("Cropping3D", {"cropping": [1, 0, 2]}, (_VOLUME,)),
    Row("UpSampling1D", {"size": 3}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("UpSampling2D", {"size": [2, 3]}, (_IMAGE,)),
    Row("UpSampling3D", {"size": [2, 1, 3]}, (_VOLUME,)),
    Row("Conv1D", {"filters": 3, "kernel_size": 2}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("Conv1D", {"filters": 3, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, (_SEQUENCE,),
        note="causal"),
    Row("Conv2D", {"filters": 6, "kernel_size": [2, 3], "activation": "relu"}, (_IMAGE,), unknown=(0, 1, 2)),
    Row("Conv2D", {"filters": 6, "kernel_size": 3, "strides": 2, "padding": "same", "groups": 2}, (_IMAGE,),
        note="groups"),
    Row("Conv3D", {"filters": 2, "kernel_size": 2}, (_VOLUME,)),
    Row("Conv1DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}, (_SEQUENCE,)),
    Row("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, (_IMAGE,)),
    Row("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "use_bias": False}, (_VOLUME,)),
    Row("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2}, (_SEQUENCE,)),
    Row("DepthwiseConv2D", {"kernel_size": 3, "padding": "same"}, (_IMAGE,)),
    Row("SeparableConv1D", {"filters": 3, "kernel_size": 2}, (_SEQUENCE,)),
    Row("SeparableConv1D", {"filters": 3, "kernel_size": 2, **_STRIDED}, (_SEQUENCE,), note="strided"),
    Row("DepthwiseConv1D", {"kernel_size": 2, "padding": "same", **_STRIDED}, (_SEQUENCE,), note="strided"),
    Row("SeparableConv2D", {"filters": 3, "kernel_size": 2, **_STRIDED}, (_IMAGE,), note="strided"),
    Row("DepthwiseConv2D", {"kernel_size": 2, "padding": "same", **_STRIDED}, (_IMAGE,), note="strided"),
    Row("SeparableConv2D", {"filters": 3, "kernel_size": 3, "depth_multiplier": 2, "padding": "same"}, (_IMAGE,)),
    *[
        Row(f"{kind}Pooling{rank}D", {"pool_size": 2, "padding": padding}, (shape,), note=padding)
        for kind in ("Max", "Average")
        for rank, shape in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))
        for padding in ("valid", "same")
    ],
    *[
        Row(f"Global{kind}Pooling{rank}D", {"keepdims": rank == 2}, (shape,), unknown=_UNKNOWN)
        for kind in ("Max", "Average")
        for rank, shape in ((1, _SEQUENCE), (2, _IMAGE), (3, _VOLUME))
    ],
    Row("GlobalAveragePooling1D", {}, ((2, 4, 5),), {"mask": _MASK[:2]}, note="mask"),
    Row("BatchNormalization", {}, ((8, 4),)),
    Row("BatchNormalization", {"axis": 1, "momentum": 0.5}, (_IMAGE,), note="axis"),
    Row("BatchNormalization", {"scale": False, "momentum": 0.5}, (_SEQUENCE,), {"mask": _MASK}, note="mask"),
    Row("BatchNormalization", {"renorm": True, "renorm_clipping": {"rmin": 0.7, "rmax": 1.5, "dmax": 0.3}}, ((8, 4),),
        note="renorm"),
    Row("LayerNormalization", {}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("LayerNormalization", {"axis": [1, 2], "epsilon": 0.1}, (_SEQUENCE,), note="axes"),
    Row("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}, (_IDS,), unknown=_UNKNOWN, gradient=False),
    Row("Masking", {"mask_value": 0.5}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("Identity", {}, ((2, 4),)),
    Row("Lambda", {"function": operator.neg}, ((2, 4),), note="skip-keras"),
    *[Row(name, {}, ([(2, 3), (2, 3)],)) for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")],
    Row("Add", {}, ([(2, 3), (2, 4, 3)],), unknown=(), note="broadcast"),
    Row("Concatenate", {"axis": 1}, ([(2, 3, 4), (2, 2, 4)],)),
    Row("Dot", {"axes": [1, 2]}, ([(2, 3, 4), (2, 5, 3)],)),
    Row("Dot", {"axes": 1, "normalize": True}, ([(2, 3), (2, 3)],), note="cosine"),
    *_recurrent("SimpleRNN"),
    *_recurrent("LSTM"),
    *_recurrent("GRU"),
    *[replace(row, note=f"before-{row.note}") for row in _recurrent("GRU", reset_after=False)[:3]],
    Row("SimpleRNNCell", {"units": 3}, ((2, 4), [(2, 3)])),
    Row("LSTMCell", {"units": 3, "unit_forget_bias": False}, ((2, 4), [(2, 3), (2, 3)])),
    Row("GRUCell", {"units": 3}, ((2, 4), [(2, 3)])),
    Row("StackedRNNCells", {"cells": [layer("LSTMCell", units=3, name="a"), layer("GRUCell", units=2, name="b")]},
        ((2, 4), [[(2, 3), (2, 3)], [(2, 2)]])),
    Row("RNN", {"cell": layer("LSTMCell", units=3, name="c"), "return_sequences": True}, (_SEQUENCE,), {"mask": _MASK},
        unknown=_UNKNOWN),
    Row("RNN", {"cell": layer("StackedRNNCells", name="s", cells=[layer("LSTMCell", units=3, name="a"),
                                                                  layer("GRUCell", units=2, name="b")])},
        (_SEQUENCE,), note="stacked"),
    *[
        Row("Bidirectional", {"layer": layer("LSTM", units=3, return_sequences=sequences, name="l"),
                              "merge_mode": mode}, (_SEQUENCE,), {"mask": _MASK}, note=f"{mode}-{sequences}")
        for mode in ("concat", "sum", "mul", "ave", None)
        for sequences in (True, False)
    ],
    Row("Bidirectional", {"layer": layer("GRU", units=3, return_state=True, name="l")}, (_SEQUENCE,), unknown=_UNKNOWN,
        note="state"),
    Row("TimeDistributed", {"layer": layer("Dense", units=3, name="d")}, (_SEQUENCE,), unknown=_UNKNOWN),
    Row("TimeDistributed", {"layer": layer("Conv1D", filters=3, kernel_size=2, name="d")}, ((2, 3, 4, 5),),
        note="conv"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, (_SEQUENCE, (3, 6, 5)), unknown=_UNKNOWN),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 4}, (_SEQUENCE, _SEQUENCE),
        {"return_attention_scores": True, "use_causal_mask": True, "attention_mask": np.tri(4, 4, 1)[None] > 0},
        note="scores"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "use_bias": False}, (_SEQUENCE, (3, 6, 5), (3, 6, 2)),
        {"value_mask": np.arange(6) < np.array([[3], [6], [1]])}, note="masks"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "sliding_window": 2, "output_shape": 3},
        (_SEQUENCE, _SEQUENCE), {"use_causal_mask": True}, note="window"),
    Row("MultiHeadAttention", {"num_heads": 1, "key_dim": 3, "use_gate": True}, (_SEQUENCE, _SEQUENCE), note="gate"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": [2], "output_shape": [3, 2]},
        ((2, 3, 4, 5), (2, 3, 4, 5)), note="axes"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "dropout": 0.3}, (_SEQUENCE, _SEQUENCE), random=True,
        note="dropout"),
    *[
        Row("STFTSpectrogram", {"frame_length": 8, "mode": mode}, ((2, 30, 2),), note=mode, unknown=_UNKNOWN)
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    ],
    Row("STFTSpectrogram", {"frame_length": 7, "frame_step": 3, "fft_length": 16, "padding": "same", "periodic": True,
                            "window": "hamming", "scaling": "spectrum", "mode": "psd"}, ((2, 30, 2),), note="same"),
    Row("STFTSpectrogram", {"frame_length": 8, "window": None, "expand_dims": True, "mode": "stft"}, ((2, 30, 2),),
        note="image", unknown=_UNKNOWN),
    Row("STFTSpectrogram", {"frame_length": 8, "data_format": "channels_first"}, ((2, 2, 30),), note="first",
        unknown=(0, 2)),
    Row("STFTSpectrogram", {"frame_length": 8, "data_format": "channels_first", "expand_dims": True}, ((2, 2, 30),),
        note="first-image", unknown=(0, 2)),
    Row("MelSpectrogram", {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 5, "sampling_rate": 8000},
        ((2, 64),), unknown=_UNKNOWN),
    Row("MelSpectrogram", {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 5, "sampling_rate": 8000,
                           "sequence_length": 20, "window": "hamming", "min_freq": 100.0, "max_freq": 3000.0,
                           "power_to_db": False, "mag_exp": 1.0}, ((64,),), unknown=(), note="amplitudes"),
    Row("MelSpectrogram", {"fft_length": 32, "sequence_stride": 8, "num_mel_bins": 5, "sampling_rate": 8000,
                           "window": None, "top_db": 20.0, "min_power": 1e-3, "ref_power": 0.5}, ((1, 64),),
        note="decibels"),
    Row("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, ((2, 3, 4, 5), (2, 2, 3, 5)), note="two-axes",
        unknown=(0, 1, 2)),
    Row("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
        (_SEQUENCE, (3, 6, 5)), unknown=_UNKNOWN),
    Row("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "use_gate": True},
        (_SEQUENCE, _SEQUENCE), {"return_attention_scores": True, "use_causal_mask": True}, note="scores"),
    Row("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 1, "use_bias": False},
        (_SEQUENCE, (3, 6, 5), (3, 6, 2)), {"value_mask": np.arange(6) < np.array([[3], [6], [1]])}, note="masks"),
    Row("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2, "sliding_window": 2},
        (_SEQUENCE, _SEQUENCE), {"use_causal_mask": True}, unknown=_UNKNOWN, note="window"),
    Row("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "dropout": 0.3},
        (_SEQUENCE, _SEQUENCE), random=True, note="dropout"),
    *[
        Row(cls, {"use_scale": scale, **options}, ([_SEQUENCE, (3, 6, 5)],), unknown=_UNKNOWN,
            note="-".join([*options.values(), "scale" * scale]))
        for cls, options in (("Attention", {}), ("Attention", {"score_mode": "concat"}), ("AdditiveAttention", {}))
        for scale in (False, True)
    ],
    *[
        Row(cls, {}, ([_SEQUENCE, (3, 6, 2), (3, 6, 5)],),
            {"mask": [_MASK, np.arange(6) < np.array([[3], [6], [1]]), None], "return_attention_scores": True,
             "use_causal_mask": True}, unknown=(), note="masks")
        for cls in ("Attention", "AdditiveAttention")
    ],
    *[
        Row(cls, {"dropout": 0.4, "seed": 1}, ([(2, 3, 4, 5), (2, 3, 6, 5)],), random=True, note="dropout")
        for cls in ("Attention", "AdditiveAttention")
    ],
    *NUMBER_ROWS,
]  # fmt: skip

# A value unlike its default for every parameter, by parameter name; by class where the name is not enough.
VARIED: dict[str, Any] = {
    "activation": "relu",
    "alpha": 0.3,
    "alpha_initializer": "random_normal",
    "attention_axes": [1],
    "axes": [1, 1],
    "axis": 1,
    "backward_layer": layer("GRU", units=3, go_backwards=True, name="z"),
    "bias_axes": "d",
    "cell": layer("GRUCell", units=3, name="c"),
    "cells": [layer("GRUCell", units=3, name="c")],
    "center": False,
    "cropping": 2,
    "data_format": "channels_first",
    "depth_multiplier": 2,
    "dilation_rate": 2,
    "dims": [1, 2],
    "dropout": 0.2,
    "epsilon": 0.5,
    "equation": "abc,cd->abd",
    "expand_dims": True,
    "fft_length": 64,
    "filters": 4,
    "frame_length": 16,
    "frame_step": 2,
    "go_backwards": True,
    "groups": 2,
    "head_dim": 5,
    "input_dim": 6,
    "interpolation": "bilinear",
    "keepdims": True,
    "kernel_size": 1,
    "key_dim": 5,
    "layer": layer("GRU", units=2, name="y"),
    "mag_exp": 1.5,
    "mask_value": 2.0,
    "mask_zero": True,
    "max_freq": 3000.0,
    "max_value": 3.0,
    "merge_mode": "sum",
    "min_freq": 30.0,
    "min_power": 1e-08,
    "mode": "psd",
    "momentum": 0.9,
    "n": 4,
    "name": "other",
    "negative_slope": 0.25,
    "noise_shape": [None, 1],
    "normalize": True,
    "num_heads": 3,
    "num_mel_bins": 6,
    "num_key_value_heads": 1,
    "num_query_heads": 6,
    "output_dim": 4,
    "output_padding": 1,
    "output_shape": [None, 5],
    "padding": "same",
    "periodic": True,
    "pool_size": 3,
    "power_to_db": False,
    "rate": 0.25,
    "recurrent_activation": "hard_sigmoid",
    "recurrent_dropout": 0.1,
    "ref_power": 0.5,
    "renorm": True,
    "renorm_clipping": {"rmax": 2.0},
    "renorm_momentum": 0.5,
    "reset_after": False,
    "return_sequences": True,
    "return_state": True,
    "sampling_rate": 9000,
    "scale": False,
    "scaling": "spectrum",
    "score_mode": "concat",
    "seed": 3,
    "sequence_length": 16,
    "sequence_stride": 4,
    "shared_axes": [1],
    "size": 3,
    "sliding_window": 3,
    "stateful": True,
    "stddev": 0.7,
    "strides": 3,
    "synchronized": True,
    "target_shape": [2, 10],
    "threshold": 0.5,
    "top_db": 70.0,
    "unit_forget_bias": False,
    "units": 7,
    "unroll": True,
    "use_bias": False,
    "use_gate": True,
    "use_scale": True,
    "value_dim": 6,
    "window": "hamming",
    "zero_output_for_mask": True,
}
VARIED_BY_CLASS: dict[str, dict[str, Any]] = {
    **VARIED_NUMBERS,
    "ZeroPadding1D": {"padding": [1, 3]},
    "ZeroPadding2D": {"padding": [1, 3]},
    "ZeroPadding3D": {"padding": [1, 3, 2]},
    "EinsumDense": {"output_shape": [None, 6], "equation": "abc,dc->abd"},
    "AdditiveAttention": {"use_scale": False},
    "MultiHeadAttention": {"output_shape": [6]},
    "Conv1DTranspose": {"strides": 3},
    "Conv2DTranspose": {"strides": 3},
    "Conv3DTranspose": {"strides": 3},
    "TimeDistributed": {"layer": layer("Dense", units=2, name="y")},
    "Wrapper": {"layer": layer("Dense", units=2, name="y")},
}
# Parameters that no config holds.
UNSAVED = {"lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size", "weights", "use_cudnn",
           "flash_attention", "function", "mask", "arguments"}  # fmt: skip
UNSAVED_BY_CLASS: dict[str, set[str]] = {"SimpleRNN": {"seed"}, "Lambda": {"output_shape"}}
# Bases, and what stands for an input of a model: tested elsewhere.
BASES = {"Layer", "Wrapper", "InputLayer"}
