"""Known and intended differences, which are removed before results are compared."""

from __future__ import annotations

import json
import re
from typing import Any

from keraslite import naming

# The same computation under another of Keras's names.
SYNONYMS = {"TrueDivide": "Divide"}
# Arguments that a layer found by itself: Keras writes some of them down. Masks are compared by how they come about.
FOUND = ("mask", "query_mask", "value_mask", "key_mask", "training")
MASK = "how its mask comes about"


def config(x: Any) -> Any:
    """A config without what may differ."""
    if isinstance(x, list):
        return [config(item) for item in x]
    if not isinstance(x, dict):
        return x
    # Keras notes shapes only for layers that build something, or that were built by themselves.
    left = {key: config(item) for key, item in x.items() if key != "build_config"}
    activation = left.get("activation")
    if isinstance(activation, dict) and isinstance(activation.get("config"), dict):
        activation["config"].pop("trainable", None)  # of a frozen layer: here it is frozen too
    for node in left.get("inbound_nodes") or []:
        node[MASK] = node["kwargs"].get("mask")
        node["kwargs"] = {key: item for key, item in node["kwargs"].items() if key not in FOUND}
    if "output_layers" in left:
        return _graph(left)
    for layer in left.get("layers") or []:  # of a Sequential: Keras's softmax counts as "softmax" in its calls, too
        if _is_counted({"class_name": layer["class_name"], "name": str(layer["config"].get("name"))}):
            layer["config"].pop("name")
    return left


def _graph(model: dict[str, Any]) -> dict[str, Any]:
    """The config of a functional model without ops that make masks, and with names of ops that do not count them."""
    by_name = {layer["name"]: layer for layer in model["layers"]}
    masks = [(node, node.pop(MASK)) for layer in model["layers"] for node in layer["inbound_nodes"]]
    wanted: set[str] = set()
    left = [entry[0] for entry in _entries(model["output_layers"])]
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left += _histories(by_name[name]["inbound_nodes"])
    kept = [layer for layer in model["layers"] if layer["name"] in wanted or layer["class_name"] == "InputLayer"]
    ops = [layer for layer in kept if "ops" in str(layer["module"]).split(".")]
    names = {layer["name"]: f"op {i}" for i, layer in enumerate(ops)}
    # Keras counts the model inside each Sequential too, layers within layers, and ops when they are called.
    counted = [layer["name"] for layer in kept if layer not in ops and _is_counted(layer)]
    names.update((name, f"counted {i}") for i, name in enumerate(counted))
    for node, mask in masks:
        if mask is not None:
            node[MASK] = _text(mask, by_name, names)
    for layer in ops:
        layer["class_name"] = SYNONYMS.get(layer["class_name"], layer["class_name"])
        layer.pop("registered_name", None)
    for layer in kept:
        if layer["name"] in counted and isinstance(layer["config"], dict):
            layer["config"].pop("name", None)
    own = "functional" if re.fullmatch(r"functional(_\d+)?", model["name"]) else model["name"]
    return {**_renamed({**model, "layers": kept}, names), "name": own}


def _text(x: Any, by_name: dict[str, Any], names: dict[str, str]) -> str:
    """A mask as ops of outputs of layers."""
    if isinstance(x, list):
        return f"[{', '.join(_text(item, by_name, names) for item in x)}]"
    if not isinstance(x, dict) or x.get("class_name") != "__keras_tensor__":
        return repr(x)
    name, _, index = x["config"]["keras_history"]
    layer = by_name[name]
    if "ops" not in str(layer["module"]).split("."):
        return f"{names.get(name, name)}[{index}]"
    node = layer["inbound_nodes"][0]
    settings = {key: value for key, value in layer["config"].items() if key != "name"}
    given = [_text(value, by_name, names) for value in (*node["args"], *node["kwargs"].values())]
    return f"{layer['class_name']}({', '.join([*given, *map(str, settings.items())])})[{index}]"


def _is_counted(layer: dict[str, Any]) -> bool:
    """Whether a layer has the name of its class, with or without a number."""
    snake = naming.to_snake_case(layer["class_name"])
    return re.fullmatch(rf"{snake}(_\d+)?", layer["name"]) is not None


def _entries(nest: Any) -> list[list[Any]]:
    """The [name, call, number] in a nest."""
    if isinstance(nest, dict):
        return [entry for item in nest.values() for entry in _entries(item)]
    if isinstance(nest, list) and len(nest) == 3 and isinstance(nest[0], str):
        return [nest]
    return [entry for item in nest for entry in _entries(item)] if isinstance(nest, list) else []


def _histories(x: Any) -> list[str]:
    """Names of the layers whose tensors stand in `x`."""
    if isinstance(x, dict):
        own = [x["keras_history"][0]] if "keras_history" in x else []
        return own + [name for item in x.values() for name in _histories(item)]
    return [name for item in x for name in _histories(item)] if isinstance(x, list) else []


def _renamed(x: Any, names: dict[str, str]) -> Any:
    if isinstance(x, dict) and "inbound_nodes" in x and isinstance(x["config"], dict):  # a layer: "relu" may be a name
        settings = {key: _renamed(item, names) if key == "name" else item for key, item in x["config"].items()}
        return {**{key: _renamed(item, names) for key, item in x.items() if key != "config"}, "config": settings}
    if isinstance(x, dict):
        return {key: _renamed(item, names) for key, item in x.items()}
    if isinstance(x, list):
        return [_renamed(item, names) for item in x]
    return names.get(x, x) if isinstance(x, str) else x


def paths(names: list[str]) -> list[str]:
    """Paths without the models around a layer."""
    return ["/".join(name.split("/")[-2:]) for name in names]


def logs(found: dict[str, float]) -> dict[str, list[float]]:
    """Results by name: the weighted form in one spelling, names of outputs without the numbers that count them."""
    grouped: dict[str, list[float]] = {}
    for name, number in found.items():
        plain = re.sub(r"_\d+(?=_)", "", name.replace("true_divide", "divide"))
        plain = "weighted " + plain.replace("weighted_", "") if "weighted_" in plain else plain
        grouped.setdefault(plain, []).append(number)
    return grouped


def undefined(spec: dict[str, Any], stages: dict[str, Any]) -> bool:
    """Whether Keras's loss became NaN where ours has a value: it divides the penalty on a single row by the number of
    pairs, 0, and the gradient of a norm at 0 is NaN on its PyTorch."""
    steps = [*stages.get("train", {}).get("steps", []), stages.get("train on", {})]
    written = json.dumps(spec)
    may = "OrthogonalRegularizer" in written or "CosineSimilarity" in written
    return may and any(step.get("loss") != step.get("loss") for step in steps)


def engine_fault(error: str) -> bool:
    """Whether the engine failed by itself: oneDNN in TensorFlow, for a convolution of 1x1 behind a transposed one."""
    return "could not create a primitive descriptor" in error


def lost_by_reading(stage: str, line: str) -> bool:
    """Whether this is what Keras forgets when it reads a file, its own too: that a model within a model is frozen, and
    the layers that a frozen layer makes when it is built."""
    frozen = line.endswith(".config.trainable is True, in Keras False") or re.fullmatch(
        r"optimizer: \d+, in Keras \d+", line
    )
    return stage.startswith("Keras reads") and bool(frozen)


def states(names: list[str]) -> list[str]:
    """The last letters of paths in an optimizer, behind names of models. Nadam's product has no name in Keras."""
    return [re.sub(r"^variable(_\d+)?$", "momentum_product", name)[-6:] for name in names]
