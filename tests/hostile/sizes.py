"""Configs that ask for memory or time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from hostile import making
from hostile.making import ARCHIVE, Good, builtin, stack
from hostile.table import LOADS, MISFIT, TYPED, UNSAFE, Case, model_case


def _op(class_name: str, config: dict[str, Any], args: list[object], module: str = "numpy") -> dict[str, Any]:
    return {
        "module": f"keras.src.ops.{module}",
        "class_name": class_name,
        "config": {"name": "op", **config},
        "registered_name": class_name,
        "name": "op",
        "inbound_nodes": [{"args": args, "kwargs": {}}],
    }


def _with_op(entry: dict[str, Any]) -> Callable[[Good], bytes]:
    def make(good: Good) -> bytes:
        def change(config: dict) -> None:
            config["config"]["layers"].append(entry)

        return making.with_config(good, change)

    return make


def _metric(class_name: str, config: dict[str, Any]) -> Callable[[Good], bytes]:
    metric = builtin(class_name, {"name": "m", **config}, "keras.metrics")

    def change(whole: dict) -> None:
        whole["compile_config"]["metrics"] = [metric]

    return lambda good: making.with_config(good, change)


HUGE = 1_000_000_000
SIZES: dict[str, tuple[str, dict[str, Any], tuple[int | None, ...], str]] = {
    "units": ("Dense", {"units": HUGE}, (None, 3), "float32"),
    "units from a tiny last axis": ("Dense", {"units": 300_000_000}, (None, 1), "float32"),
    "rows": ("Embedding", {"input_dim": HUGE, "output_dim": 8}, (None, 3), "int32"),
    "filters": ("Conv2D", {"filters": HUGE, "kernel_size": 3}, (None, 8, 8, 3), "float32"),
    "a kernel": ("Conv2D", {"filters": 2, "kernel_size": 100_000}, (None, 8, 8, 3), "float32"),
    "cells": ("LSTM", {"units": 100_000}, (None, 5, 3), "float32"),
    "states": ("GRU", {"units": 100_000}, (None, 5, 3), "float32"),
    "an input": ("Dense", {"units": 8}, (None, HUGE), "float32"),
    "features of a normalization": ("BatchNormalization", {}, (None, HUGE), "float32"),
    "a scale": ("LayerNormalization", {}, (None, HUGE), "float32"),
    "heads": ("MultiHeadAttention", {"num_heads": 100_000, "key_dim": 10_000}, (None, 5, 3), "float32"),
    "ones": ("PReLU", {"alpha_initializer": "ones"}, (None, HUGE), "float32"),
    "an identity": ("Dense", {"units": 100_000, "kernel_initializer": "identity"}, (None, 100_000), "float32"),
    "an orthogonal matrix": (
        "Dense", {"units": 100_000, "kernel_initializer": "orthogonal"}, (None, 100_000), "float32",
    ),
    "frames": ("STFTSpectrogram", {"frame_length": 1 << 16, "fft_length": 1 << 20}, (None, 1 << 16, 1), "float32"),
    "a frame": ("STFTSpectrogram", {"frame_length": 30_000_000}, (None, 256, 1), "float32"),
    "bands": ("MelSpectrogram", {"num_mel_bins": HUGE}, (None, 16_000), "float32"),
    "positions": ("Masking", {}, (None, HUGE, HUGE), "float32"),
    "buckets": ("Hashing", {"num_bins": HUGE, "output_mode": "one_hot"}, (None, 1), "int32"),
    "tokens": ("CategoryEncoding", {"num_tokens": HUGE, "output_mode": "multi_hot"}, (None, 3), "int32"),
    "words": ("StringLookup", {"vocabulary": ["a"], "num_oov_indices": HUGE}, (None, 1), "string"),
    "numbers": ("IntegerLookup", {"vocabulary": [1], "num_oov_indices": HUGE}, (None, 1), "int64"),
    "a padding": ("ZeroPadding2D", {"padding": HUGE}, (None, 8, 8, 3), "float32"),
    "a repeated vector": ("RepeatVector", {"n": HUGE}, (None, 3), "float32"),
    "upsampling": ("UpSampling2D", {"size": HUGE}, (None, 8, 8, 3), "float32"),
    "an image": ("Resizing", {"height": HUGE, "width": HUGE}, (None, 8, 8, 3), "float32"),
    "power iterations": (
        "SpectralNormalization",
        {"power_iterations": HUGE, "layer": builtin("Dense", {"units": 4})}, (None, 3), "float32",
    ),
}  # fmt: skip


def sizes() -> list[Case]:
    """Configs that ask for memory or time."""
    x = {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 3], "dtype": "float32", "keras_history": ["x", 0, 0]},
    }
    cases = [
        model_case(
            f"{what} of {layer}",
            stack(builtin(layer, config), shape=shape, dtype=dtype),
            *TYPED,
            *MISFIT,
            everywhere=True,
        )
        for what, (layer, config, shape, dtype) in SIZES.items()
    ]
    constants = {
        "Ones": {"shape": [300_000_000]}, "Zeros": {"shape": [HUGE]}, "Eye": {"N": 30_000}, "Tri": {"N": 30_000},
        "Arange": {"start": 0, "stop": HUGE}, "Full": {"shape": [HUGE], "fill_value": 1},
        "Linspace": {"num": HUGE}, "Identity": {"n": 30_000},
    }  # fmt: skip
    cases += [
        Case(f"the op {name} without tensors", ARCHIVE, _with_op(_op(name, config, [])), TYPED, True)
        for name, config in constants.items()
    ]
    cases.append(Case(
        "the op OneHot of a number", ARCHIVE, _with_op(_op("OneHot", {"num_classes": HUGE}, [1], "nn")), TYPED, True
    ))  # fmt: skip
    cases += [
        Case(f"the op {name} of a tensor", ARCHIVE, _with_op(_op(name, config, [x], module)), (*TYPED, LOADS), True)
        for name, config, module in (
            ("Tile", {"repeats": [1, HUGE]}, "numpy"),
            ("Repeat", {"repeats": HUGE, "axis": 1}, "numpy"),
            ("OneHot", {"num_classes": HUGE}, "nn"),
            ("BroadcastTo", {"shape": [HUGE, 3]}, "numpy"),
            ("Pad", {"pad_width": [[0, 0], [0, HUGE]]}, "numpy"),
            ("Tri", {"N": 30_000}, "numpy"),
        )
    ]
    for name, config in {
        "AUC": {"num_thresholds": 30_000_000},
        "PrecisionAtRecall": {"recall": 0.5, "num_thresholds": 30_000_000},
        "SensitivityAtSpecificity": {"specificity": 0.5, "num_thresholds": 30_000_000},
        "MeanIoU": {"num_classes": 30_000},
        "IoU": {"num_classes": 30_000, "target_class_ids": [0]},
    }.items():
        cases.append(Case(f"the metric {name}", ARCHIVE, _metric(name, config), UNSAFE, True))
    return [*cases, *_in_each_other()]


def _attention() -> dict[str, Any]:
    """Self-attention over so many steps that a mask for each pair would fill the memory."""
    layer = builtin("MultiHeadAttention", {"name": "mha", "num_heads": 1, "key_dim": 2})
    x = {"class_name": "__keras_tensor__", "config": {
        "shape": [None, 100_000, 3], "dtype": "float32", "keras_history": ["x", 0, 0],
    }}  # fmt: skip
    first = builtin("InputLayer", {"batch_shape": [None, 100_000, 3], "dtype": "float32", "name": "x"})
    call = {"args": [x, x], "kwargs": {"use_causal_mask": True, "return_attention_scores": True}}
    return builtin("Functional", {
        "name": "attends",
        "layers": [
            {**first, "name": "x", "inbound_nodes": []},
            {**layer, "name": "mha", "inbound_nodes": [call]},
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["mha", 0, 0]],
    }, "keras.src.models.functional")  # fmt: skip


def _doubled(levels: int, first: dict[str, Any] | None = None, calls: dict[str, Any] | None = None) -> dict[str, Any]:
    """A model that calls a model twice, which calls a model twice, and so on."""
    inner = first or builtin("Dense", {"name": "m0", "units": 3})
    for level in range(1, levels + 1):
        name = inner["config"]["name"]

        def tensor(of: str, index: int) -> dict[str, Any]:
            history = {"shape": [None, 3], "dtype": "float32", "keras_history": [of, index, 0]}
            return {"class_name": "__keras_tensor__", "config": history}

        entry = builtin("InputLayer", {"batch_shape": [None, 3], "dtype": "float32", "name": "x"})
        offset = 0 if level == 1 else 1
        inner = builtin("Functional", {
            "name": f"m{level}",
            "layers": [
                {**entry, "name": "x", "inbound_nodes": []},
                {**inner, "name": name, "inbound_nodes": [
                    {"args": [tensor("x", 0)], "kwargs": calls or {}},
                    {"args": [tensor(name, 0)], "kwargs": calls or {}},
                ]},
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [[name, 1 + offset, 0]],
        }, "keras.src.models.functional")  # fmt: skip
    return inner


def chain(count: int) -> dict[str, Any]:
    """A functional model of so many layers, the last ones first."""
    names = ["x", *(f"r{i}" for i in range(count))]
    entries = []
    for before, name in itertools.pairwise(names):
        history = {"shape": [None, 3], "dtype": "float32", "keras_history": [before, 0, 0]}
        call = {"args": [{"class_name": "__keras_tensor__", "config": history}], "kwargs": {}}
        entries.append({**builtin("ReLU", {"name": name}), "name": name, "inbound_nodes": [call]})
    first = builtin("InputLayer", {"batch_shape": [None, 3], "dtype": "float32", "name": "x"})
    config = {
        "name": "chain",
        "layers": [*reversed(entries), {**first, "name": "x", "inbound_nodes": []}],
        "input_layers": [["x", 0, 0]],
        "output_layers": [[names[-1], 0, 0]],
    }
    return builtin("Functional", config, "keras.src.models.functional")


def _in_each_other() -> list[Case]:
    either = (*TYPED, *MISFIT, LOADS)
    return [
        model_case("30 models that call each other twice", _doubled(30), *MISFIT, everywhere=True),
        model_case("30 such models in training", _doubled(30, calls={"training": True}), *UNSAFE, everywhere=True),
        model_case("30 such models with masks", _doubled(
            30, builtin("Masking", {"name": "m0"})
        ), *UNSAFE, *MISFIT, everywhere=True),
        model_case("800 layers in the wrong order", chain(800), *either, everywhere=True),
        model_case("causal attention over 100,000 steps", _attention(), *either, everywhere=True),
        Case("a call that waits for itself", ARCHIVE, lambda good: making.with_config(good, lambda config: (
            config["config"]["layers"][1]["inbound_nodes"][0]["args"][0]["config"].update(
                keras_history=["hidden", 0, 0]
            )
        )), TYPED),
    ]  # fmt: skip
