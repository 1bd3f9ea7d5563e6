"""All state of a model as nested dicts by path, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from keraslite import check
from keraslite.check import nearest
from keraslite.errors import ArgumentError, UnknownNameError
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.models.model import Model

__all__ = ["get_state_tree", "set_state_tree"]

FORMATS = ("backend_tensor", "numpy_array")


def get_state_tree(model: Model, value_format: str) -> dict[str, dict[str, Any]]:
    """The values of the model's Variables: kind -> nested dicts by the parts of their paths."""
    check.one_of(value_format, FORMATS, "value_format", "get_state_tree")
    result: dict[str, dict[str, Any]] = {}
    for kind, variables in _variables(model):
        result[kind] = {}
        for variable in variables:
            *places, last = variable.path.split("/")
            inner = result[kind]
            for place in places:
                inner = inner.setdefault(place, {})
            if last in inner:
                raise ArgumentError(
                    f"`get_state_tree` needs Variables of different paths. Received {variable.path!r} twice in model "
                    f"{model.name!r}. Give one of its layers another name."
                )
            inner[last] = variable.numpy() if value_format == "numpy_array" else variable.value
    return result


def set_state_tree(model: Model, state_tree: Mapping[str, object]) -> None:
    """Assign the values in such a tree; Variables that it does not have stay as they are."""
    known = dict(_variables(model))
    found: list[tuple[Variable, object]] = []
    for kind, values in state_tree.items():
        if kind not in known:
            raise UnknownNameError(
                f"`set_state_tree` needs the keys {', '.join(map(repr, known))}. Received {kind!r}."
                f"{nearest(kind, known)}"
            )
        by_path = {variable.path: variable for variable in known[kind]}
        for path, value in _leaves(values, ""):
            if path not in by_path:
                built = "" if by_path else " There are none yet: the model is not built, or not compiled."
                raise UnknownNameError(
                    f"Model {model.name!r} has no Variable {path!r} among its {kind}.{nearest(path, by_path)}{built}"
                )
            found.append((by_path[path], value))
    for variable, value in found:
        variable.assign(value)


def _variables(model: Model) -> Iterator[tuple[str, list[Variable]]]:
    yield "trainable_variables", model.trainable_variables
    yield "non_trainable_variables", model.non_trainable_variables
    optimizer = getattr(model, "optimizer", None)
    yield "optimizer_variables", list(optimizer.variables) if optimizer is not None else []
    yield "metrics_variables", model.metrics_variables


def _leaves(values: object, path: str) -> Iterator[tuple[str, object]]:
    if not isinstance(values, Mapping):
        yield path, values
        return
    for key, value in values.items():
        yield from _leaves(value, f"{path}/{key}" if path else str(key))
