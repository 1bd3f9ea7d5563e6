"""Random layers on images: what Keras draws is handed to ours, and each part of a sample is compared."""

from __future__ import annotations

import inspect
import json
import warnings
from typing import Any

import keras_peer
import numpy as np

import keraslite
from random_models import build, compare, layer_differences

Spec = dict[str, Any]
METHODS = {
    "images": "transform_images", "labels": "transform_labels", "bounding_boxes": "transform_bounding_boxes",
    "segmentation_masks": "transform_segmentation_masks",
}  # fmt: skip


def run(k: Any, spec: Spec, drawn: Any = None) -> dict[str, Any]:
    """The parts of the sample after the layer, what was drawn for them, and the config."""
    try:
        layer = build.value(k, spec["make"])
        config = json.loads(json.dumps(layer.get_config()))
        again = json.loads(json.dumps(type(layer).from_config({**config}).get_config()))
        data = _tensors(k, spec["data"])
        if spec["drawn"]:
            if drawn is None:
                drawn = _drawn(k, layer, data)
            drawn = _tensors(k, drawn)
            if isinstance(drawn, dict):
                drawn["input_shape"] = tuple(data["images"].shape)
            parts = {part: getattr(layer, METHODS[part])(x, drawn, training=True) for part, x in data.items()}
        else:
            parts = layer(data, **({"training": True} if _takes_training(layer) else {}))
        found = {"config": config, "again": again, "parts": _arrays(k, parts), "drawn": _arrays(k, drawn)}
        dtypes = {part: str(k.backend.standardize_dtype(parts[part].dtype)) for part in ("images",)}
        return {**found, "dtypes": dtypes}
    except Exception as error:  # which side refuses, and why, is what is asked for
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:400]}


def _takes_training(layer: Any) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def _drawn(k: Any, layer: Any, data: Any) -> Any:
    given = data["images"] if type(layer).__name__ == "RandomGrayscale" else data
    return layer.get_random_transformation(given, training=True, seed=k.random.SeedGenerator(3))


def _tensors(k: Any, nest: Any) -> Any:
    if isinstance(nest, dict):
        if "array" in nest:
            return k.ops.convert_to_tensor(nest["array"], dtype=nest["dtype"])
        return {name: _tensors(k, value) for name, value in nest.items()}
    return k.ops.convert_to_tensor(nest) if isinstance(nest, np.ndarray) else nest


def _arrays(k: Any, nest: Any) -> Any:
    if isinstance(nest, dict):
        return {name: _arrays(k, value) for name, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return [_arrays(k, value) for value in nest]
    return np.asarray(k.ops.convert_to_numpy(nest)) if hasattr(nest, "shape") else nest


def keras_run(spec: Spec) -> dict[str, Any]:
    """`run` by real Keras."""
    import keras

    keras.utils.clear_session(free_memory=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(keras, spec)


def compared(spec: Spec, engine: str) -> tuple[list[str], list[str]]:
    """What is wrong here, and what only Keras refuses, or both."""
    theirs = keras_peer.call("random_models.image_runs:keras_run", backend=spec.get("peer", "torch"), spec=spec)
    with keraslite.use_backend(engine), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keraslite.utils.clear_session(free_memory=False)
        ours = run(keraslite, spec, theirs.get("drawn"))
        wrong = [] if "error" in ours else _promised(spec, ours)
    if "error" in theirs:
        who = "both refuse" if "error" in ours else "Keras refuses"
        return wrong, [f"{who}: {theirs['error']} // {ours.get('error', '')}"]
    if "error" in ours:
        return [ours["error"]], []
    config = {name: value for name, value in theirs["config"].items() if name in ours["config"]}
    shared = {name: ours["config"][name] for name in config}
    wrong += compare.configs(ours["again"], ours["config"], "config read again") + compare.configs(shared, config)
    for part, wanted in theirs["parts"].items():
        near = spec.get("near", 3e-3)
        is_whole = part == "images" and "int" in ours["dtypes"]["images"]
        pairs = zip(build.flat(ours["parts"][part]), build.flat(wanted), strict=True)
        for x, y in pairs:
            if not is_whole or x.shape != y.shape or np.abs(x.astype("float64") - y).max() > 1:  # a half is rounded
                wrong += layer_differences.arrays(part, [x.astype("float64")], [y.astype("float64")], near)
    return wrong, []


def _promised(spec: Spec, ours: dict[str, Any]) -> list[str]:
    """Whether a symbolic call promises what came."""
    if spec["drawn"]:
        return []
    layer = build.value(keraslite, spec["make"])
    symbols = _symbols(spec["data"])
    single = spec["data"]["images"]["array"].ndim == 3
    wrong = []
    promised = layer(symbols)
    for part, found in ours["parts"].items():
        for symbol, value in zip(build.flat(promised[part]), build.flat(found), strict=True):
            shape = list(value.shape) if single else [None, *value.shape[1:]]
            if list(symbol.shape) != shape or (part == "images" and symbol.dtype != ours["dtypes"]["images"]):
                wrong.append(f"{part}: symbolic {symbol.shape} {symbol.dtype}, actual {value.shape} {ours['dtypes']}")
    return wrong


def _symbols(nest: Any) -> Any:
    if "array" not in nest:
        batched = np.ndim(nest["images"]["array"]) == 4 if "images" in nest else None
        return {name: _leaf_symbols(value, batched) for name, value in nest.items()}
    raise TypeError(nest)


def _leaf_symbols(nest: Any, batched: bool | None) -> Any:
    if "array" in nest:
        shape = np.shape(nest["array"])
        return keraslite.KerasTensor((None, *shape[1:]) if batched else shape, dtype=nest["dtype"])
    return {name: _leaf_symbols(value, batched) for name, value in nest.items()}
