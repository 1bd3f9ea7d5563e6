"""Finds a smaller model with the same failure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from random_models import build

Spec = dict[str, Any]
ATTEMPTS = 40


def shrunk(spec: Spec, fails: Callable[[Spec], bool]) -> Spec:
    """The smallest model found that still fails, by dropping one thing after another."""
    attempts = 0
    found = True
    while found and attempts < ATTEMPTS:
        found = False
        for candidate in _smaller(spec):
            attempts += 1
            if attempts > ATTEMPTS:
                break
            if fails(candidate):
                spec, found = candidate, True
                break
    return spec


def _smaller(spec: Spec) -> Iterator[Spec]:
    yield from _shorter(spec)
    for key, description in spec["layers"].items():
        for option in description.get("with", {}):
            other = copy.deepcopy(spec)
            del other["layers"][key]["with"][option]
            yield other
    for option in spec.get("compile", {}).get("with", {}):
        if option not in ("optimizer", "loss"):
            other = copy.deepcopy(spec)
            del other["compile"]["with"][option]
            yield other


def _shorter(spec: Spec) -> Iterator[Spec]:
    if spec["kind"] == "sequential":
        for i in range(1, len(spec["stack"])):
            yield _simply_trained({**spec, "stack": spec["stack"][:i]})
        return
    ends = build.names(spec["out"])
    for node in spec["nodes"]:
        for name in node["to"]:
            if [name] != ends:
                yield _simply_trained(_pruned({**spec, "out": {"t": name}}))


def _simply_trained(spec: Spec) -> Spec:
    if not spec.get("compile"):
        return spec
    options = {"optimizer": spec["compile"]["with"]["optimizer"], "loss": "mse"}
    return {**spec, "compile": {"with": options, "targets": ["normal"], "weights": False}}


def _pruned(spec: Spec) -> Spec:
    """Without the nodes, layers and inputs that the output does not need."""
    wanted = set(build.names(spec["out"]))
    nodes = []
    for node in reversed(spec["nodes"]):
        if wanted & set(node["to"]):
            wanted |= set(build.names([node["args"], node["kwargs"]]))
            nodes.insert(0, node)
    used = {node.get("use") for node in nodes}
    inputs = [one for one in spec["inputs"] if one["name"] in wanted]
    refs = [{"t": one["name"]} for one in inputs]
    return {
        **spec, "nodes": nodes, "inputs": inputs, "in": refs[0] if len(refs) == 1 else refs,
        "layers": {key: layer for key, layer in spec["layers"].items() if key in used},
    }  # fmt: skip
