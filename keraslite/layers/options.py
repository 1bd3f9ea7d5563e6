"""The smaller parts of `Layer`: its options, weight values, held losses, recorded outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite import tree
from keraslite.backend import registry, state
from keraslite.errors import ArgumentError, TakenNameError, WeightsMismatchError
from keraslite.layers.call_context import CallContext
from keraslite.ops.core import as_tensor
from keraslite.ops.symbolic import Node, SymbolicTensor
from keraslite.serialization import deserialize, unknown_argument

# Keras 2's ways to give the first layer of a Sequential its input shape.
INPUT_OPTIONS = ("input_shape", "batch_input_shape", "input_dim", "batch_size", "input_dtype", "weights")

_WEIGHT = ("shape", "initializer", "dtype")


def batch_shape(cls: type, options: dict[str, Any]) -> tuple[int | None, ...] | None:
    """The input shape that the options of a first layer of class `cls` ask for, with the batch; an error for others."""
    for name in options:
        if name not in INPUT_OPTIONS:
            raise unknown_argument(cls, name, INPUT_OPTIONS)
    if options.get("batch_input_shape") is not None:
        return tuple(options["batch_input_shape"])
    shape = options.get("input_shape")
    if shape is None and options.get("input_dim") is not None:
        shape = (options["input_dim"],)
    if shape is None:
        return None
    return (options.get("batch_size"), *((shape,) if isinstance(shape, int) else shape))


def checked_name(name: Any) -> str:
    """A name that can stand in a path."""
    if not isinstance(name, str) or "/" in name or not name:
        raise ArgumentError(f"A layer needs `name` to be a string without '/'. Received {name!r}.")
    return name


#: Attributes that every layer has for its own work.
KEPT = frozenset(
    (
        *("_tracker", "_info", "_known", "_settled", "_home", "_building", "_build_shapes", "_path", "_nodes"),
        *("_held_losses", "_loss_layers", "_variables", "_compute_dtype", "_variable_dtype", "_autocast_to"),
        *("_changes", "_constructor", "_made"),
    )
)


def set_attribute(layer: Any, name: str, value: Any) -> None:
    """As `object.__setattr__`; an error that says so where the class has a property of that name."""
    try:
        object.__setattr__(layer, name, value)
    except AttributeError:
        known = getattr(type(layer), name, None)
        if isinstance(known, property) and known.fset is None:
            raise taken(layer, name) from None
        raise


def taken(layer: Any, name: str) -> TakenNameError:
    """The error for an attribute that a layer keeps for itself."""
    return TakenNameError(
        f"`{type(layer).__name__}` needs another name for its attribute {name!r}, which every layer keeps for itself. "
        f"Received an assignment to it. Rename it, for example to 'my_{name.lstrip('_')}'."
    )


def checked_flag(value: Any, name: str, layer: Any) -> bool:
    """True or False, or a number that equals one of them."""
    if isinstance(value, (bool, int, np.bool_)) and value in (0, 1):
        return bool(value)
    raise ArgumentError(f"`{type(layer).__name__}` needs `{name}` to be True or False. Received {name}={value!r}.")


def weight_arguments(args: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `add_weight([name,] shape, initializer, dtype)`, some of which came by position."""
    names = ("name", "shape", "initializer", "dtype") if args and isinstance(args[0], str) else _WEIGHT
    if len(args) > len(names):
        raise ArgumentError(f"`add_weight` needs its other arguments by name. Received {args[len(names) :]}.")
    return {**named, **dict(zip(names, args, strict=False))}


def load_variables(layer: Any, store: Any, variables: list[Any]) -> None:
    """Assign `store`'s "0", "1", ... to variables."""
    if len(store.keys()) != len(variables):
        raise WeightsMismatchError(
            f"Layer {layer.path!r} has {len(variables)} weights of its own. Received {len(store.keys())}."
            + ("" if layer.built else " It is not built: call it or `build(input_shape)` it first.")
        )
    for index, variable in enumerate(variables):
        value = np.asarray(store[str(index)])
        if value.shape != variable.shape:
            raise WeightsMismatchError(
                f"Weight {variable.path!r} needs shape {variable.shape}. Received {value.shape}."
            )
        variable.assign(value)


def bind(layer: Any, bound: dict[Any, Any], variables: list[Any], values: Any, name: str) -> None:
    """Let `values` stand for `variables`."""
    values = list(values)
    if len(values) != len(variables):
        raise ArgumentError(
            f"`{type(layer).__name__}.stateless_call` needs `{name}` to be {len(variables)} tensors, one for each of "
            f"the layer's. Received {len(values)}."
        )
    for variable, value in zip(variables, values, strict=True):
        native = registry.engine_of(value) is variable.engine
        bound[variable] = value if native else variable._fit(value)


class _Held:
    """Losses of one call: they count while the same transform is active, since a trace's values end with it."""

    __slots__ = ("root", "scope", "values")

    def __init__(self, root: Any, scope: Any):
        self.root, self.scope, self.values = root, scope, []


def hold_losses(layer: Any, loss: Any, context: CallContext | None) -> None:
    """Keep losses on the layer until the outermost call is made again."""
    for value in tree.leaves(loss):
        if not isinstance(value, (SymbolicTensor, state.VariableBase)) and registry.engine_of(value) is None:
            value = as_tensor(value)
        root, scope = (None if context is None else context.root), state.scope()
        held = layer.__dict__["_held_losses"]
        if held is None or held.root is not root or held.scope is not scope:
            held = layer.__dict__["_held_losses"] = _Held(root, scope)
            if context is not None:
                context.recorders.append(layer)
        held.values.append(value)


def held_losses(layer: Any) -> list[Any]:
    """The losses that calls added, if they can be used here."""
    held = layer.__dict__["_held_losses"]
    return held.values if held is not None and held.scope is state.scope() else []


def outputs_of(node: Node) -> Any:
    """The symbolic outputs of a recorded call."""
    return node.outputs


def restore(layer: Any, config: dict[str, Any]) -> Any:
    """Give a layer what its constructor did not take of a config."""
    name = config.get("name")
    if isinstance(name, str) and layer.name != name:
        layer.name = checked_name(name)
    trainable = config.get("trainable")
    if trainable is not None and layer.trainable != trainable:
        layer.trainable = trainable
    dtype = config.get("dtype")
    if dtype is not None:
        policy = deserialize(dtype)
        if layer.dtype_policy != policy and getattr(policy, "name", policy) != layer.dtype_policy.name:
            layer.dtype_policy = policy
    return layer
