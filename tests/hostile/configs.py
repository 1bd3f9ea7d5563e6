"""Configs that name or hold code, files and addresses."""

from __future__ import annotations

import json
from typing import Any

from hostile import making
from hostile.making import ARCHIVE, builtin, stack
from hostile.table import CORRUPT, JSON, LOADS, TYPED, UNSAFE, Case, layer_case, model_case


def function(config: object, module: str = "builtins", registered: str = "function") -> dict[str, object]:
    return {"module": module, "class_name": "function", "config": config, "registered_name": registered}


def lambda_layer(function: object) -> dict[str, Any]:
    return builtin("Lambda", {"name": "hidden", "function": function})


GADGETS = (
    "get_file", "load_model", "load_weights", "enable_unsafe_deserialization", "save_img", "set_backend", "eval",
    "clear_session", "load_data", "set_floatx", "exec", "__import__", "system", "loads", "unpickle", "use_backend",
)  # fmt: skip
MODULES = ("os", "subprocess", "builtins", "keras.utils", "keras.saving", "keras.src.saving.saving_lib", "keras.config")


def code() -> list[Case]:
    """Configs that name code, or hold it."""
    cases = [
        layer_case("marshalled code", lambda good: lambda_layer(
            {"class_name": "__lambda__", "config": {"code": good.lambda_code, "defaults": None, "closure": None}}
        ), *UNSAFE),
        layer_case("marshalled code as Keras 2 has it", lambda good: builtin(
            "Lambda", {"name": "hidden", "function": [good.lambda_code, None, None], "function_type": "lambda"}
        )),
        layer_case("marshalled code as an activation", lambda good: builtin("Dense", {
            "name": "hidden", "units": 4,
            "activation": {"class_name": "__lambda__", "config": {"code": good.lambda_code}},
        }), *UNSAFE),
        Case("marshalled code in JSON", JSON, lambda good: json.dumps(stack(lambda_layer(
            {"class_name": "__lambda__", "config": {"code": good.lambda_code, "defaults": None, "closure": None}}
        ))), UNSAFE),
        layer_case("a pickled module of PyTorch", lambda good: builtin(
            "TorchModuleWrapper",
            {"name": "hidden", "module": {"class_name": "__bytes__", "config": {"value": "gASVIAAAAAAAAACM"}}},
        )),
        layer_case("the path of a SavedModel", lambda good: builtin(
            "TFSMLayer", {"name": "hidden", "filepath": "/etc", "call_endpoint": "serve"}
        )),
        layer_case("the path of a model to load first", lambda good: {
            "module": "keras.saving", "class_name": "load_model", "config": {"filepath": "/etc/passwd"},
        }),
        layer_case("no module", lambda good: {"module": None, "class_name": "Popen", "config": {"args": "id"}}),
        layer_case("a registered name that is a builtin's", lambda good: {
            "module": "evil", "class_name": "system", "registered_name": "Dense", "config": {"units": 4},
        }),
        layer_case("a typespec", lambda good: {
            "class_name": "__typespec__", "spec_name": "os.system", "config": ["id"], "module": "os",
        }),
    ]  # fmt: skip
    for name in GADGETS:
        cases.append(layer_case(f"function {name}", lambda good, name=name: lambda_layer(function(name))))
        cases.append(layer_case(f"activation {name}", lambda good, name=name: builtin(
            "Dense", {"name": "hidden", "units": 4, "activation": name}
        )))  # fmt: skip
        cases += [
            layer_case(f"class {module}.{name}", lambda good, name=name, module=module: {
                "module": module, "class_name": name, "config": {"name": "hidden"}, "registered_name": name,
            })
            for module in MODULES
        ]  # fmt: skip
    return cases


PLACES = ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:9/words", "gs://bucket/words", "//server/share/words")


def paths() -> list[Case]:
    """Configs that name files and addresses, and members with such names."""
    cases = []
    for place in PLACES:
        for cls in ("StringLookup", "IntegerLookup", "TextVectorization"):
            entry = builtin(cls, {"name": "hidden", "vocabulary": place})
            cases.append(layer_case(f"{cls} with the vocabulary {place}", lambda good, entry=entry: entry))
        cases.append(Case(f"an argument {place} of a call", ARCHIVE, lambda good, place=place: making.with_config(
            good, lambda config: config["config"]["layers"][1]["inbound_nodes"][0]["kwargs"].update(mask=place)
        ), (*TYPED, LOADS)))  # fmt: skip
    for name in ("../../evil", "/tmp/evil", "C:\\evil", "\\\\server\\evil", "a/../../evil", "..", "a/b"):
        cases.append(Case(f"a member assets/{name!r}", ARCHIVE, lambda good, name=name: making.with_members(
            good, {f"assets/{name}": b"1"}
        ), (*UNSAFE, *CORRUPT, *((LOADS,) if name == "a/b" else ()))))  # fmt: skip
        cases.append(layer_case(
            f"a layer {name!r}", lambda good, name=name: builtin("StringLookup", {"name": name, "vocabulary": ["a"]})
        ))  # fmt: skip
    return cases


def names() -> list[Case]:
    """Configs whose names are very long, or look like others."""
    long = "a" * (10 << 20)
    return [
        model_case("a class name of 10 MB", {"module": "keras.layers", "class_name": long, "config": {}}),
        model_case("a module of 10 MB", {"module": long, "class_name": "Dense", "config": {}}),
        model_case("a key of 10 MB", {"module": "keras", "class_name": "Sequential", "config": {long: 1}}),
        model_case("a text of 10 MB", stack(builtin("Dense", {"units": 4, "activation": long}))),
        model_case("a text of 1 MB", stack(builtin("Dense", {"units": 4, "activation": long[: 1 << 20]}))),
        model_case("a layer name of 10 MB", stack(builtin("Dense", {"units": 4, "name": long}))),
        model_case("a look-alike", stack(builtin("D\u0435nse", {"units": 4}))),
        model_case("a number of 5,000 digits", stack(builtin("Dense", {"units": "0"}))),
        Case("a number of a million digits", ARCHIVE, lambda good: making.with_members(
            good, {"config.json": '{"class_name": "Sequential", "config": {"layers": ' + "1" * (1 << 20) + "}}"}
        ), CORRUPT),
        Case("a function name of 10 MB", ARCHIVE, lambda good: making.with_layer(
            good, lambda_layer(function(long))
        ), TYPED),
    ]  # fmt: skip
