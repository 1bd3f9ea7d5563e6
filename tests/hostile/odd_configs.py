"""Configs that are no configs: deep, wide, or of another kind."""

from __future__ import annotations

from typing import Any

from hostile import making
from hostile.making import ARCHIVE, builtin, stack
from hostile.table import CORRUPT, LOADS, MISFIT, TYPED, Case, layer_case, model_case


def shapes_of_configs() -> list[Case]:
    """JSON that is deep, wide, or of the wrong kind."""
    deep = "[" * 100_000 + "]" * 100_000
    nested: dict[str, Any] = builtin("Dense", {"units": 2})
    for _ in range(200):
        nested = builtin("TimeDistributed", {"layer": nested})
    inside: dict[str, Any] = builtin("Dense", {"units": 2})
    for i in range(40):
        inside = builtin("Bidirectional", {"layer": inside, "name": f"b{i}"})
    shared = {**stack(builtin("Dense", {"units": 2})), "shared_object_id": 1}
    shared["config"]["layers"].append({**stack(), "shared_object_id": 1})
    texts = {
        "100,000 levels": f'{{"class_name": "Sequential", "config": {deep}}}',
        "levels without an end": '{"class_name": "Sequential", "config": ' + '{"a": ' * 50_000,
        "not UTF-8": b'{"class_name": "\xff\xfe"}',
        "a BOM": b'\xef\xbb\xbf{"class_name": "Sequential"}',
        "a list": "[]",
        "null": "null",
        "nothing": "",
        "NaN": "NaN",
    }
    cases = [
        Case(f"JSON with {name}", ARCHIVE, lambda good, text=text: making.with_members(
            good, {"config.json": text}
        ), CORRUPT)
        for name, text in texts.items()
    ]  # fmt: skip
    for name, config in {"null": None, "a list": [], "a number": 3, "a text": "x", "true": True}.items():
        cases.append(
            model_case(f"a config that is {name}", {"module": "keras", "class_name": "Sequential", "config": config})
        )
        cases.append(layer_case(f"a layer's config that is {name}", lambda good, config=config: {"config": config}))
        for key in ("layers", "input_layers", "output_layers"):
            changed = {key: config}
            cases.append(Case(f"{key} that are {name}", ARCHIVE, lambda good, changed=changed: making.with_config(
                good, lambda whole: whole["config"].update(changed)
            ), (*TYPED, *MISFIT)))  # fmt: skip
        cases.append(Case(f"calls that are {name}", ARCHIVE, lambda good, config=config: making.with_config(
            good, lambda whole: whole["config"]["layers"][1].update(inbound_nodes=config)
        ), TYPED))  # fmt: skip
        cases.append(Case(f"a shape that is {name}", ARCHIVE, lambda good, config=config: making.with_config(
            good, lambda whole: whole["config"]["layers"][0]["config"].update(batch_shape=config)
        ), TYPED))  # fmt: skip
        cases.append(Case(f"a compile config that is {name}", ARCHIVE, lambda good, config=config: making.with_config(
            good, lambda whole: whole.update(compile_config=config)
        ), (*TYPED, LOADS)))  # fmt: skip
        cases.append(Case(f"a build config that is {name}", ARCHIVE, lambda good, config=config: making.with_config(
            good, lambda whole: whole["config"]["layers"][1].update(build_config=config)
        ), (*TYPED, LOADS)))  # fmt: skip
    return [
        *cases,
        model_case("200 layers in each other", nested),
        model_case("40 wrappers in each other", stack(inside)),
        model_case("an object that contains itself", shared, *TYPED, *MISFIT),
        model_case("a class that is no model", builtin("Dense", {"units": 2}), *TYPED, *MISFIT),
        model_case("an optimizer", builtin("Adam", {}, "keras.optimizers")),
    ]
