"""What Keras 3.15.1 has and this package lacks is listed here, so that nothing else gets lost."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

import keras_peer
import pytest

import keraslite

pytestmark = pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")

#: Modules that are not there, or not whole yet.
NOT_THERE = ("distillation", "distribution", "export", "quantizers")
#: Members that quantization needs.
QUANTIZATION = {"get_quantization_layer_structure", "quantize", "quantized_build"}
#: What is left out on purpose, or differs on purpose: patterns of "path", "path.member", "path(parameter)" and
#: "path.member(parameter)".
LEFT_OUT = [
    r"(dtype_policies\.)?(AWQ|GPTQ|Int4|Quantized|QuantizedFloat8)DTypePolicy", r"Quantizer",
    r"(models\.)?(Model|Sequential)\.export\(format\)",  # None: the format of the engine
    # what Keras has on JAX only
    r"(models\.)?(Model|Sequential)\.(compute_loss_and_updates|jax_state_sync|\w+_step\(state\))",
    r"(utils|preprocessing)\.\w+_dataset_from_\w+\(format\)",  # None: a `PyDataset` that every engine takes
    # parameters that Keras calls otherwise in one class than in its siblings
    r"layers\.RandomGrayscale\.\w+\((images|transformations)\)", r"optimizers\.Adadelta\.update_step\(grad\)",
    r"layers\.(Additive)?Attention\.compute_output_spec\(training\)",
    r"layers\.RandomElasticTransform\.get_elastic_transform_params", r"layers\.ReversibleEmbedding\.\w+\(reverse\)",
]  # fmt: skip


@functools.cache
def theirs() -> dict[str, Any]:
    return keras_peer.call("names_on_keras:inventory")


def found(path: str) -> Any:
    value: Any = keraslite
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


@functools.cache
def accepted(function: Any) -> dict[str, str | None] | None:
    """Names and defaults of parameters; None if they cannot be told.

    What `**kwargs` takes is told by the constructors of base classes, or by an annotation `Unpack[...]`.
    """
    constructors = (
        [cls.__init__ for cls in function.__mro__ if "__init__" in vars(cls)] if inspect.isclass(function) else []
    )
    names: dict[str, str | None] = {}
    for one in (function, *constructors):
        try:
            given = inspect.signature(one).parameters.values()
        except (TypeError, ValueError):
            return names or None
        for each in given:
            if each.kind is each.VAR_KEYWORD:
                for typed in getattr(each.annotation, "__args__", ()):
                    names.update({name: None for name in getattr(typed, "__annotations__", ()) if name not in names})
            elif each.kind is not each.VAR_POSITIONAL:
                names.setdefault(each.name, None if each.default is each.empty else repr(each.default))
        if one is not function and not any(each.kind is each.VAR_KEYWORD for each in given):
            break
    return names


def lacking(path: str, parameters: list[list[str | None]] | None, value: Any) -> list[str]:
    """Parameters that are missing, or have another default."""
    ours = accepted(value) if parameters else None
    if ours is None:
        return []
    return [
        f"{path}({name})"
        for name, default in parameters or ()
        if name not in ours or (default and ours[name] and " at 0x" not in default and ours[name] != default)
    ]


def differences(path: str, parameters: list[list[str | None]] | None, members: dict[str, Any]) -> list[str]:
    value = found(path)
    if value is None:
        return [path]
    problems = lacking(path, parameters, value)
    for name, given in members.items():
        if name in QUANTIZATION:
            continue
        if not hasattr(value, name):
            problems.append(f"{path}.{name}")
        elif given:
            problems += lacking(f"{path}.{name}", given, getattr(value, name))
    return problems


def test_nothing_else_of_keras_is_missing():
    problems = []
    for path, (parameters, members) in theirs().items():
        if path.partition(".")[0] not in NOT_THERE and (found(path) is not None or parameters is not None or members):
            problems += differences(path, parameters, members)
    known = re.compile("|".join(f"(?:{pattern})" for pattern in LEFT_OUT))
    assert len(theirs()) > 1000
    assert [problem for problem in problems if not known.fullmatch(problem)] == []


def test_what_is_missing_is_noticed():
    given = [["units", None], ["activation", "'relu'"], ["rank", None]]
    assert differences("layers.Dense", given, {"kernel": None, "weigh": None, "build": [["shape", None]]}) == [
        "layers.Dense(activation)", "layers.Dense(rank)", "layers.Dense.weigh", "layers.Dense.build(shape)",
    ]  # fmt: skip
    assert differences("layers.Densest", None, {}) == ["layers.Densest"]
