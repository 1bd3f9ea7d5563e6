"""Layers that prepare numbers, categories and sounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from random_models import options as o
from random_models.drawing import Draw, made
from random_models.layer_choices import inputs as i

MODES = ["int", "one_hot", "multi_hot", "count"]


def number(d: Draw) -> Any:
    """One of them."""
    return d.one([_normalization, _discretization, _category, _rescaling, _hashing, _crossing])(d)


def _normalization(d: Draw) -> Any:
    rank = d.whole(1, 4)
    shape = [d.whole(1, 6), *i.sizes(d, rank - 1, 1, 4)]
    axes = [None, *([-1, rank - 1, [rank - 1], list(range(1, rank))] if rank > 1 else [])]
    options: dict[str, Any] = {} if d.chance(0.2) and rank > 1 else {"axis": d.one(axes)}
    options.update(o.switches(d, invert=0.25))
    data = i.numbers(d, shape, d.one(["float32", "float32", "int32", "float64"]), 4.0)
    found: dict[str, Any] = {"args": [data], "trained": False}
    if d.chance(0.35):
        axis = options.get("axis", -1)
        count = shape[-1] if axis in (-1, rank - 1) and d.chance(0.5) else None
        values = [[d.real(-2, 2) for _ in range(count)], [d.real(0, 3) for _ in range(count)]] if count else [
            d.real(-2, 2), d.real(0, 3)]  # fmt: skip
        options.update(mean=values[0], variance=values[1])
    else:
        found["adapt"] = {**data, "plain": True}
    return {**found, "make": i.layer(d, "Normalization", penalty=False, **options)}


def _discretization(d: Draw) -> Any:
    options: dict[str, Any] = {"output_mode": d.one(MODES)} if d.chance(0.7) else {}
    whole = options.get("output_mode", "int") in ("int", "one_hot")  # others have one vector per row here
    shape = i.sizes(d, d.whole(1, 3 if whole else 2), 1, 5)
    data = i.numbers(d, shape, d.one(["float32", "float32", "int32", "float64"]), 3.0)
    boundaries = sorted({d.real(-3, 3) for _ in range(d.whole(1, 5))})
    layer = i.layer(d, "Discretization", penalty=False, bin_boundaries=boundaries, **options)
    return {"unlike": ["dtype"], "make": layer, "args": [data], "gradient": False}


def _category(d: Draw) -> Any:
    size = d.whole(1, 6)
    options: dict[str, Any] = {"num_tokens": size}
    mode = d.one(["one_hot", "multi_hot", "count"])
    if d.chance(0.8):
        options["output_mode"] = mode
    shape = i.sizes(d, d.whole(1, 3 if options.get("output_mode") == "one_hot" else 2), 1, 4)
    ids = {"array": d.generator.integers(0, size, shape), "dtype": d.one(["int32", "int64", "float32"])}
    call: dict[str, Any] = {}
    if options.get("output_mode") == "count" and d.chance(0.5):
        call = {"count_weights": {"input": i.numbers(d, shape, "float32")}}
    return {"make": made("layers.CategoryEncoding", name="layer", **options), "args": [ids], "call": call,
            "gradient": False}  # fmt: skip


def _rescaling(d: Draw) -> Any:
    shape = [d.whole(1, 3), *i.sizes(d, d.whole(1, 3), 1, 4)]
    options: dict[str, Any] = {"scale": d.real(-2, 2)}
    if d.chance(0.5):
        options["offset"] = d.real(-2, 2)
    if d.chance(0.2):
        options.update(scale=[d.real(0, 2) for _ in range(shape[-1])])
    return {"make": i.layer(d, "Rescaling", penalty=False, **options), "args": [i.numbers(d, shape)]}


def _hashed(d: Draw, shape: list[int]) -> dict[str, Any]:
    """Texts or integers to be hashed."""
    if d.chance(0.5):
        words = ["", "a", "b", "Ab", "é", "日本", "x" * 70, "mask", "0", "-1", " "]
        return {"texts": d.generator.choice(np.array(words), shape).tolist()}
    values = d.generator.choice(np.array([0, 1, 7, -3, -1, 2**31, 12345678901]), shape)
    return {"array": values, "dtype": "int64", "plain": True}


def _hashing(d: Draw) -> Any:
    mode = d.one(MODES)
    shape = i.sizes(d, d.whole(1, 3 if mode == "int" else 2), 1, 4)
    data = _hashed(d, shape)
    options: dict[str, Any] = {"num_bins": d.whole(1, 9), "output_mode": mode}
    if d.chance(0.4):
        options["salt"] = d.one([3, [2, 5], 0])
    if d.chance(0.4):
        options["mask_value"] = d.one(["mask", "", "a"]) if "texts" in data else d.one([0, 7, -3])
    return {"make": made("layers.Hashing", name="layer", **options), "args": [data], "gradient": False,
            "trained": False}  # fmt: skip


def _crossing(d: Draw) -> Any:
    batch = d.whole(1, 4)
    shape = [batch] if d.chance(0.5) else [batch, 1]
    options = {"num_bins": d.whole(1, 9), **({"output_mode": "one_hot"} if d.chance(0.4) else {})}
    data = [_hashed(d, shape) for _ in range(2)]
    return {"make": made("layers.HashedCrossing", name="layer", **options), "args": [data], "gradient": False,
            "trained": False}  # fmt: skip


def spectrogram(d: Draw) -> Any:
    """`STFTSpectrogram` and `MelSpectrogram`."""
    if d.chance(0.4):
        return _mel(d)
    form = i.data_format(d)
    channels, length = d.whole(1, 2), d.whole(12, 40)
    frame = d.whole(3, 12)
    options: dict[str, Any] = {"frame_length": frame, **form,
                               "mode": d.one(["log", "magnitude", "psd", "real", "imag", "angle", "stft"])}  # fmt: skip
    if d.chance(0.4):
        options["frame_step"] = d.whole(1, frame)
    if d.chance(0.4):
        options["fft_length"] = d.one([frame, frame + 3, 16])
    if d.chance(0.5):
        options["window"] = d.one(["hann", "hamming", "blackman", None])
    if d.chance(0.3):
        options["scaling"] = d.one(["density", "spectrum", None])
    options.update(o.switches(d, periodic=0.3, expand_dims=0.3))
    options["padding"] = d.one(["valid", "same"])
    return {"make": i.layer(d, "STFTSpectrogram", penalty=False, **options),
            "args": [i.numbers(d, i.shaped(d.whole(1, 3), [length], channels, form), "float32")],
            "gradient": options["mode"] != "angle",
            "unlike": ["dtypes"] if options["mode"] == "angle" else []}  # fmt: skip


def _mel(d: Draw) -> Any:
    length = d.whole(20, 80)
    fft = d.one([8, 16, 32])
    options: dict[str, Any] = {"fft_length": fft, "sequence_stride": d.whole(2, 8), "num_mel_bins": d.whole(2, 6),
                               "sampling_rate": d.one([8000, 16000])}  # fmt: skip
    if d.chance(0.3):
        options["sequence_length"] = d.whole(2, fft)
    if d.chance(0.3):
        options.update(min_freq=d.real(0, 200), max_freq=d.real(1000, 4000))
    if d.chance(0.4):
        options["power_to_db"] = d.chance(0.3)
    if d.chance(0.3):
        options["mag_exp"] = d.real(0.5, 3)
    if d.chance(0.3):
        options.update(top_db=d.real(10, 60), min_power=1e-4, ref_power=d.real(0.5, 2))
    if d.chance(0.3):
        options["window"] = d.one(["hamming", None])
    most = 1 if options.get("power_to_db", True) else 3  # Keras takes the loudest of the batch
    shape = [length] if d.chance(0.2) else [d.whole(1, most), length]
    near = 2e-2 if options.get("power_to_db", True) else 1e-4  # decibels of next to nothing
    return {"peer": "numpy", "near": near,  # on PyTorch it has other windows
            "make": i.layer(d, "MelSpectrogram", penalty=False, **options), "args": [i.numbers(d, shape, "float32")],
            "unknown": [] if len(shape) == 1 else [0], "gradient": False}  # fmt: skip
