"""Applications by real Keras. `described` also runs on ours. The rest runs in Keras's own process."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

import numpy as np


def build(name: str, options: dict[str, Any], data_format: str) -> Any:
    """A model of `keras.applications` whose random weights are zeros, which are quick to make."""
    import keras

    def zeros(self: Any, shape: Any, dtype: Any = None) -> Any:
        return keras.ops.zeros(shape, dtype or "float32")

    drawn = keras.initializers.VarianceScaling, keras.initializers.TruncatedNormal
    plain = [each.__call__ for each in drawn]
    for each in drawn:
        each.__call__ = zeros
    keras.utils.clear_session()
    keras.config.set_image_data_format(data_format)
    try:
        return getattr(keras.applications, name)(**{"weights": None, **options})
    finally:
        keras.config.set_image_data_format("channels_last")
        for each, call in zip(drawn, plain, strict=True):
            each.__call__ = call


def described(model: Any) -> dict[str, Any]:
    """Names, layers with their configs and calls, and weights of a functional model, as plain data."""
    config = json.loads(model.to_json())["config"]
    layers = [
        [entry["class_name"], _plain(entry["config"]), _tensors(entry["inbound_nodes"])] for entry in config["layers"]
    ]
    # Keras counts weights without a name.
    weights = [[re.sub(r"variable_\d+", "variable", weight.path), list(weight.shape)] for weight in model.weights]
    return {"name": model.name, "layers": layers, "weights": weights, "shape": list(model.output_shape)}


def _plain(value: Any) -> Any:
    """A config without what says only which package wrote it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _plain(item) for key, item in value.items() if key not in ("module", "registered_name", "dtype")}


def _tensors(value: Any) -> list[Any]:
    """The layers whose outputs are arguments of calls, and other arguments."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value["config"]["keras_history"]]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [each for item in items for each in _tensors(item)] if items is not None else [value] if value else []


def describe(name: str, options: dict[str, Any], data_format: str) -> dict[str, Any]:
    """What an application is made of."""
    return described(build(name, options, data_format))


def signature(function: Any) -> list[list[Any]]:
    """Names of parameters and their defaults."""
    parameters = inspect.signature(function).parameters.values()
    return [[each.name, None if each.default is each.empty else each.default] for each in parameters]


def signatures(name: str) -> dict[str, Any]:
    """The parameters of every public function in a package, by its path there."""
    import keras

    package = getattr(keras, name)
    modules = {"": package, **{key: each for key, each in vars(package).items() if inspect.ismodule(each)}}
    return {
        f"{place}.{key}".lstrip("."): signature(function)
        for place, module in modules.items()
        for key, function in vars(module).items()
        if inspect.isfunction(function)
    }


def predict(name: str, path: str, images: np.ndarray) -> np.ndarray:
    """What a saved model predicts. Keras finds its own layers in the module of the application."""
    import keras
    from keras.src.applications import convnext, inception_resnet_v2

    own = {"LayerScale": convnext.LayerScale, "CustomScaleLayer": inception_resnet_v2.CustomScaleLayer}
    return keras.models.load_model(path, custom_objects=own).predict(images, verbose=0)


def save(name: str, options: dict[str, Any], paths: list[str], images: np.ndarray) -> np.ndarray:
    """Write a model with drawn weights to files of weights and whole models, and return its predictions."""
    import keras

    model = build(name, options, "channels_last")
    model.set_weights(drawn([(weight.path, tuple(weight.shape)) for weight in model.weights]))
    for path in paths:
        model.save_weights(path) if path.endswith(".weights.h5") else model.save(path)
    return keras.ops.convert_to_numpy(model(images, training=False))


def drawn(weights: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray]:
    """Values for weights that let signals of about one size through."""
    rng = np.random.default_rng(0)
    return [_draw(rng, path.rpartition("/")[2], shape).astype("float32") for path, shape in weights]


def _draw(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray:
    if "kernel" in kind:
        fan = np.prod(shape[:2]) if "depthwise" in kind else np.prod(shape[:-1])
        return rng.standard_normal(shape, "float32") * np.sqrt(1.5 / fan)
    if kind in ("gamma", "moving_variance", "variance"):
        return rng.uniform(0.7, 1.3, shape)
    return rng.normal(0, 0.1, shape)


def published(name: str, options: dict[str, Any]) -> list[str | None]:
    """The URL, the hash and the name of the file that Keras would download for weights="imagenet"."""
    asked: list[list[str | None]] = []

    class Asked(Exception):
        pass

    def get_file(fname: str, origin: str, **more: Any) -> None:
        asked.append([origin, more.get("file_hash") or more.get("md5_hash"), fname])
        raise Asked

    import keras
    from keras.src.utils import file_utils

    plain, file_utils.get_file = file_utils.get_file, get_file
    try:
        build(name, {**options, "weights": "imagenet"}, "channels_last")
    except Asked:
        return asked[0]
    finally:
        file_utils.get_file = plain
    raise AssertionError(f"{keras.__version__} asks for no file")


def scaled(images: np.ndarray, mode: str, data_format: str) -> np.ndarray:
    """Images as `imagenet_utils.preprocess_input` scales them."""
    import keras

    return keras.applications.imagenet_utils.preprocess_input(images, data_format, mode)
