"""A call's arguments: found, made tensors of the layer's engine, in its compute dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from keraslite import masking, tree
from keraslite.backend import dtypes, registry, scopes
from keraslite.errors import ArgumentError
from keraslite.layers import ids, tracing
from keraslite.layers.names import title
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.backend.contract import Engine
    from keraslite.layers.base import Layer
    from keraslite.layers.call_context import CallInfo

CONTAINERS = (list, tuple, dict)
_PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None)))


class Call:
    """One call of a layer. `calling.py` says which steps it goes through.

    Args:
        layer: the layer that is called.
        args: what it is called with.
        kwargs: what it is called with by name.

    Attributes:
        args: the arguments without `training`, as tensors of the engine, floating ones in the compute dtype.
        engine: the engine that computes the call.
        given: the positional arguments without `training` as they came.
        given_by_name: those by name, in the same way.
        is_symbolic: whether some argument is a symbolic tensor.
        kwargs: like `args`, by name. Later steps add masks and `training`.
        masks: the masks of the first argument, or those that were given for it; None for none.
        told: what the call was told for `training`; None for nothing.
    """

    __slots__ = ("args", "engine", "given", "given_by_name", "is_symbolic", "kwargs", "layer", "masks", "told")

    def __init__(self, layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]):
        self.layer = layer
        self.given, self.given_by_name, self.told = _split_training(layer._own.info, args, dict(kwargs))
        leaves = _leaves(self.given, self.given_by_name)
        self.is_symbolic = any(isinstance(x, SymbolicTensor) for x in leaves)
        self.engine = _engine_for(layer, leaves)
        self.args = tuple([_convert(layer, value, self.engine) for value in self.given])
        self.kwargs = {name: _convert(layer, value, self.engine) for name, value in self.given_by_name.items()}
        self.masks: object = None
        if not self.is_symbolic:
            _check_first(layer, self.first)

    @property
    def first(self) -> Any:
        """The first argument of `call`, which `input_spec` and masks are about."""
        return self.args[0] if self.args else self.kwargs.get(self.layer._own.info.first)  # type: ignore[arg-type]


def _split_training(
    info: CallInfo, args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[tuple[Any, ...], dict[str, Any], bool | None]:
    """The arguments without `training`, and what it was (None: not given)."""
    told = kwargs.pop("training", None)
    index = info.training_index
    if 0 <= index < len(args):
        told = args[index]
        if index != len(args) - 1:
            kwargs = {**dict(zip(info.names[index + 1 :], args[index + 1 :], strict=False)), **kwargs}
        args = args[:index]
    if told is not None and type(told) is not bool:
        told = _as_flag(told)
    return args, kwargs, told


def _as_flag(told: Any) -> bool:
    """What was given for `training`, where that is no bool."""
    if getattr(told, "shape", None):
        raise ArgumentError(
            f"`training` needs to be True, False or None. Received a tensor of shape {tuple(told.shape)} as the second "
            "argument of a call. Give several inputs as one list, tuple or dict."
        )
    return bool(told) if isinstance(told, (int, np.bool_)) else told


def _leaves(args: tuple[object, ...], kwargs: dict[str, object]) -> list[object]:
    found: list[object] = []
    for value in (*args, *kwargs.values()):
        if isinstance(value, CONTAINERS):
            found.extend(tree.leaves(value))
        else:
            found.append(value)
    return found


def _engine_for(layer: Layer, leaves: list[object]) -> Engine:
    """The engine that computes a call: the engine of the layer's weights, or the active one if it has no weights yet.

    Raises a `MixedEnginesError` if one of the tensors belongs to another engine.
    """
    own = layer._own
    home = own.home
    if home is None and not own.settled:  # made, perhaps, but not called yet
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


def _convert(layer: Layer, value: Any, engine: Engine) -> object:
    """Arrays as tensors of the engine, floating ones in the compute dtype; anything else as it is."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, CONTAINERS):
        return tree.map(lambda x: _convert(layer, x, engine), value)
    if isinstance(value, scopes.VariableBase):
        value = value.value
    own = layer._own
    target = own.compute_dtype if own.autocast else None
    if isinstance(value, SymbolicTensor):
        return tracing.placeholder(value, target if dtypes.is_float(value.dtype) else None)
    if registry.engine_of(value) is engine:
        name = engine.dtype_name(value)
        if not target or name == target or not dtypes.is_float(name):
            return value
        found: object = engine.cast(value, target)
    elif not hasattr(value, "__array__"):
        return value
    else:
        found = _from_host(layer, value, engine, target)
    mask = masking.get_mask(value)
    if mask is not None and found is not value:
        is_own = registry.engine_of(mask) is engine
        masking.set_mask(found, mask if is_own else engine.to_tensor(np.asarray(mask), "bool", None))
    return found


def _from_host(layer: Layer, value: object, engine: Engine, target: str | None) -> object:
    array = np.asarray(value)
    if not dtypes.is_numeric(array.dtype):
        if dtypes.is_text(array) and _has_host_layers(layer):
            return array  # for the layers in it that take texts
        raise ArgumentError(
            f"{title(layer)} needs numbers. Received an array of dtype {array.dtype}. Encode it as numbers first."
        )
    name = dtypes.canonical(array.dtype)
    if dtypes.is_float(name):
        return engine.to_tensor(array, target or name, None)
    if array.dtype.itemsize > 4 and engine.stored_dtype(name) != name and _has_host_layers(layer):
        return array  # for the layers in it that take larger integers than the engine has
    tensor = engine.to_tensor(array, name, None)
    if array.dtype.kind in "iu":
        ids.remember(tensor, array)
    return tensor


def _has_host_layers(layer: Layer) -> bool:
    return any(each.runs_on_host for each in layer._flatten_layers())


def _check_first(layer: Layer, first: object) -> None:
    leaves = tree.leaves(first) if isinstance(first, CONTAINERS) else [first]
    if leaves and all(type(x) in _PLAIN and x is not None for x in leaves):
        raise ArgumentError(
            f"{title(layer)} needs tensors or arrays. Received {first!r:.80} of type {type(first).__name__}. Make an "
            "array of it with `np.array`; pass other values by keyword."
        )
