"""Writes a described model as a program that a person can run."""

from __future__ import annotations

from typing import Any

OPERATORS = {"add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "neg": "-{}", "truediv": "{} / {}",
             "getitem": "{}[{}]"}  # fmt: skip


def program(spec: dict[str, Any]) -> str:
    """Lines that build the model and compile it. `K` is keraslite or keras."""
    lines = ["import keraslite as K  # or keras"]
    end = _model(spec, "net", lines)
    if spec.get("compile"):
        lines.append(f"{end}.compile({_arguments(spec['compile']['with'])})")
        lines.append(f"# targets: {spec['compile']['targets']}; sample weights: {spec['compile']['weights']}")
    sizes = ", ".join(f"{one['name']} {one['sizes']}" for one in spec["inputs"])
    return "\n".join([*lines, f"# sizes of a sample: {sizes}"])


def _model(spec: dict[str, Any], name: str, lines: list[str]) -> str:
    layers: dict[str, str] = {}
    for key, description in spec["layers"].items():
        own = f"{name}_{key}"
        if "kind" in description:
            layers[key] = _model(description, own, lines)
        else:
            lines.append(f"{own} = {written(description)}")
            layers[key] = own
    given = f", name={spec['name']!r}" if spec["name"] else ""
    if spec["kind"] == "sequential":
        parts = [_input(one) for one in spec["inputs"]] + [layers[key] for key in spec["stack"]]
        lines.append(f"{name} = K.Sequential([{', '.join(parts)}]{given})")
        return _frozen(spec, name, lines)
    tensors = {one["name"]: f"{name}_{one['name']}" for one in spec["inputs"]}
    lines += [f"{tensors[one['name']]} = {_input(one)}" for one in spec["inputs"]]
    for node in spec["nodes"]:
        tensors.update({to: f"{name}_{to}" for to in node["to"]})
        lines.append(f"{', '.join(tensors[to] for to in node['to'])} = {_call(node, layers, tensors)}")
    ends = [written(spec[part], tensors) for part in ("in", "out")]
    lines.append(f"{name} = K.Model({', '.join(ends)}{given})")
    return _frozen(spec, name, lines)


def _frozen(spec: dict[str, Any], name: str, lines: list[str]) -> str:
    if spec.get("frozen"):
        lines.append(f"{name}.trainable = False")
    return name


def _input(one: dict[str, Any]) -> str:
    return f"K.Input({tuple(one['shape'])}, name={one['name']!r}, dtype={one['dtype']!r})"


def _call(node: dict[str, Any], layers: dict[str, str], tensors: dict[str, str]) -> str:
    args = [written(x, tensors) for x in node["args"]]
    if "op" in node and node["op"].startswith("operator."):
        return OPERATORS[node["op"].removeprefix("operator.")].format(*args)
    words = [f"{key}={written(x, tensors)}" for key, x in node["kwargs"].items()]
    return f"{layers[node['use']] if 'use' in node else 'K.' + node['op']}({', '.join([*args, *words])})"


def _arguments(options: dict[str, Any]) -> str:
    return ", ".join(f"{key}={written(x)}" for key, x in options.items())


def written(x: Any, tensors: dict[str, str] | None = None) -> str:
    if isinstance(x, list):
        return f"[{', '.join(written(item, tensors) for item in x)}]"
    if not isinstance(x, dict):
        return repr(x)
    if "t" in x and len(x) == 1:
        return (tensors or {}).get(x["t"], x["t"])
    if "make" in x:
        return f"K.{x['make']}({_arguments(x['with'])})"
    if "tuple" in x:
        inside = [written(item, tensors) for item in x["tuple"]]
        return f"({', '.join(inside)}{',' if len(inside) == 1 else ''})"
    if "slice" in x:
        return f"slice{tuple(x['slice'])}"
    return "{" + ", ".join(f"{key!r}: {written(item, tensors)}" for key, item in x.items()) + "}"
