"""A call's arguments: found, made tensors of the layer's engine, in its compute dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite import tree
from keraslite.backend import dtypes, registry, state
from keraslite.errors import ArgumentError
from keraslite.layers import building, ids, tracing
from keraslite.layers.names import title
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

CONTAINERS = (list, tuple, dict)
_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None)))


def split_training(info: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments without `training`, and what it was (None: not given)."""
    told = kwargs.pop("training", None)
    if 0 <= info.training_index < len(args):
        told = args[info.training_index]
        if info.training_index != len(args) - 1:
            rest = dict(zip(info.names[info.training_index + 1 :], args[info.training_index + 1 :], strict=False))
            kwargs = {**rest, **kwargs}
        args = args[: info.training_index]
    if told is not None and type(told) is not bool:
        told = _as_flag(told)
    return args, kwargs, told


def _as_flag(told: Any) -> Any:
    """What was given for `training`, where that is no bool."""
    if getattr(told, "shape", None):
        raise ArgumentError(
            f"`training` needs to be True, False or None. Received a tensor of shape {tuple(told.shape)} as the second "
            "argument of a call. Give several inputs as one list, tuple or dict."
        )
    return bool(told) if isinstance(told, (int, np.bool_)) else told


def leaves_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for value in (*args, *kwargs.values()):
        if isinstance(value, CONTAINERS):
            found.extend(tree.leaves(value))
        else:
            found.append(value)
    return found


def engine_for(layer: Any, leaves: list[Any]) -> Any:
    """The engine that computes a call: the engine of the layer's weights, or the active one if it has no weights yet.

    Raises a `MixedEnginesError` if one of the tensors belongs to another engine.
    """
    home = layer._own.home
    if home is None and not layer._own.settled:  # made, perhaps, but not called yet
        home = next((variable.engine for variable in layer.variables), None)
    engine = home or registry.current()
    others = []
    for x in leaves:
        owner = x.engine if isinstance(x, Variable) else registry.engine_of(x)
        if owner is not None and owner is not engine and owner not in others:
            others.append(owner)
    if not others:
        return engine
    if home is not None:
        why = "where its weights are (`to_backend` moves a model)"
    else:
        why = f"the active engine (`use_backend({others[0].name!r})` makes another one active)"
    raise registry.foreign(title(layer), engine, others, why)


def convert(layer: Any, value: Any, engine: Any) -> Any:
    """Arrays as tensors of the engine, floating ones in the compute dtype; anything else as it is."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, CONTAINERS):
        return tree.map(lambda x: convert(layer, x, engine), value)
    if isinstance(value, state.VariableBase):
        value = value.value
    target = layer._own.compute_dtype if layer.autocast else None
    if isinstance(value, SymbolicTensor):
        return tracing.placeholder(value, target if dtypes.is_float(value.dtype) else None)
    if registry.engine_of(value) is engine:
        name = engine.dtype_name(value)
        return engine.cast(value, target) if target and name != target and dtypes.is_float(name) else value
    if not hasattr(value, "__array__"):
        return value
    return _from_host(layer, value, engine, target)


def _from_host(layer: Any, value: Any, engine: Any, target: str | None) -> Any:
    array = np.asarray(value)
    if array.dtype.kind in "OUSMm":
        raise ArgumentError(
            f"{title(layer)} needs numbers. Received an array of dtype {array.dtype}. Encode it as numbers first."
        )
    name = dtypes.canonical(array.dtype)
    if dtypes.is_float(name):
        return engine.to_tensor(array, target or name, None)
    tensor = engine.to_tensor(array, name, None)
    if array.dtype.kind in "iu":
        ids.remember(tensor, array)
    return tensor


def check_first(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    first = args[0] if args else kwargs.get(layer._own.info.first)
    leaves = tree.leaves(first) if isinstance(first, CONTAINERS) else [first]
    if leaves and all(type(x) in _PLAIN and x is not None for x in leaves):
        raise ArgumentError(
            f"{title(layer)} needs tensors or arrays. Received {first!r:.80} of type {type(first).__name__}. Make an "
            "array of it with `np.array`; pass other values by keyword."
        )


def described(x: Any) -> tuple[tuple[int | None, ...], str] | None:
    """Shape and dtype name of a tensor; None for anything else."""
    if isinstance(x, (SymbolicTensor, state.VariableBase)):
        return tuple(x.shape), x.dtype  # type: ignore[union-attr]
    engine = registry.engine_of(x)
    if engine is not None:
        return building.shape_of(x), engine.dtype_name(x)  # type: ignore[return-value]
    return (x.shape, dtypes.canonical(x.dtype)) if isinstance(x, np.ndarray) else None
