"""Matching what a functional model is called with to the inputs it was drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from keraslite import masking, tree
from keraslite.check import nearest
from keraslite.errors import ArgumentError
from keraslite.layers.core.input_layer import Input, InputLayer
from keraslite.models.graph import Graph
from keraslite.ops.arguments import dims_of
from keraslite.ops.operators import OPS
from keraslite.ops.symbolic import SymbolicTensor

_MISSING = " Does the `call` of the last layer return nothing?"


def as_inputs(inputs: object, outputs: object) -> tuple[object, object]:
    """`inputs` and `outputs` checked; inputs from the middle of a graph are replaced by fresh ones."""
    check_symbolic(inputs, outputs, "Model")
    inputs = tree.map(lambda x: x, inputs)
    leaves = tree.leaves(inputs)
    if len({id(x) for x in leaves}) < len(leaves):
        raise ArgumentError("`Model` needs every input once. Received the same tensor twice in `inputs`.")
    names = [_name(x) for x in leaves]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ArgumentError(f"`Model` needs inputs of different names. Received {sorted(twice)} more than once.")
    if all(_is_input(x) for x in leaves):
        return inputs, outputs
    graph = Graph(leaves, outputs)
    inputs = tree.map(lambda x: x if _is_input(x) else Input(batch_shape=x.shape, dtype=x.dtype, name=_name(x)), inputs)
    return inputs, graph(tree.leaves(inputs))


def check_symbolic(inputs: object, outputs: object, where: str) -> None:
    """Raise an `ArgumentError` unless both are nests of symbolic tensors."""
    for x in tree.leaves(inputs):
        if not isinstance(x, SymbolicTensor):
            raise ArgumentError(
                f"`{where}` needs `inputs` made by `keraslite.Input`. Received {type(x).__name__} {x!r}."
            )
    for x in tree.leaves(outputs):
        if not isinstance(x, SymbolicTensor):
            raise ArgumentError(
                f"`{where}` needs symbolic `outputs`, what layers and ops give for an `Input`. "
                f"Received {type(x).__name__} {x!r}.{_MISSING if x is None else ''}"
            )


def _is_input(x: SymbolicTensor) -> bool:
    return x.node is not None and isinstance(x.node.operation, InputLayer)


def _name(x: SymbolicTensor) -> str:
    return x.node.operation.name if _is_input(x) else x.name  # type: ignore[union-attr]


def match(wanted: object, given: object, model: str, kind: str = "Model") -> list[Any]:
    """The values in `given`, in the order of the model's inputs, with a missing last axis of size 1 added.

    `kind` and `model` say in errors what was called.
    """
    leaves = tree.leaves(wanted)
    if isinstance(given, dict):
        values = _by_name(wanted, given, f"{kind} {model!r}")
    elif isinstance(wanted, dict) and len(leaves) == 1 and not isinstance(given, (list, tuple)):
        values = [given]
    else:
        values = tree.leaves(given)
    if len(values) != len(leaves):
        noun = "input" if len(leaves) == 1 else "inputs"
        raise ArgumentError(
            f"{kind} {model!r} needs {len(leaves)} {noun}: {', '.join(_name(x) for x in leaves)}. "
            f"Received {len(values)}."
        )
    return [_fit(x, value, model, kind) for x, value in zip(leaves, values, strict=True)]


def _by_name(wanted: object, given: dict[str, object], what: str) -> list[object]:
    parts = {key: wanted[key] for key in sorted(wanted)} if isinstance(wanted, dict) else None
    parts = parts or {_name(x): x for x in tree.leaves(wanted)}
    keys = list(parts)
    missing = [key for key in keys if key not in given and not _is_optional(parts[key])]
    extra = [key for key in given if key not in keys]
    if missing or extra:
        hint = nearest(extra[0], missing) if missing and extra else ""
        raise ArgumentError(
            f"{what} needs a dict with the keys {sorted(keys)}. Received {sorted(given)}: "
            f"missing {missing}, unknown {extra}.{hint} Rename the keys, or the model's inputs."
        )
    return [leaf for key in keys for leaf in tree.leaves(given.get(key))]


def _is_optional(x: object) -> bool:
    return isinstance(x, SymbolicTensor) and _is_input(x) and x.node.operation.optional  # type: ignore[union-attr]


def _fit(x: SymbolicTensor, value: object, model: str, kind: str) -> object:
    if value is None:
        if _is_optional(x):
            return None
        raise ArgumentError(
            f"{kind} {model!r} needs its input {_name(x)!r}. Received None. Pass a tensor, or make the `Input` with "
            "`optional=True`."
        )
    dims, shape = x.dims, dims_of(value)
    fitted, adjusted = shape, ""
    if len(shape) == len(dims) - 1 and x.shape[-1] == 1:
        fitted, adjusted = (*shape, 1), "expand_dims"
    elif len(shape) == len(dims) + 1 and isinstance(shape[-1], int) and shape[-1] == 1:
        fitted, adjusted = shape[:-1], "squeeze"
    if len(fitted) != len(dims) or any(
        isinstance(d, int) and isinstance(s, int) and d != s for d, s in zip(x.shape, fitted, strict=True)
    ):
        raise ArgumentError(_misfit(x, shape, model, kind))
    if not adjusted:
        return value
    if isinstance(value, np.ndarray):
        return value[..., None] if adjusted == "expand_dims" else value[..., 0]
    return OPS[adjusted](value, -1)


def _misfit(x: SymbolicTensor, shape: Sequence[object], model: str, kind: str) -> str:
    shown = tuple(s if isinstance(s, int) else None for s in shape)
    advice = "Change the data, or the shape of that `Input`."
    if len(shown) == len(x.shape) - 1 and all(a is None or a == b for a, b in zip(x.shape[1:], shown, strict=True)):
        advice = "Give it an axis for the samples: `x[None]` is a batch of one."
    return f"{kind} {model!r} needs its input {_name(x)!r} of shape {x.shape}. Received shape {shown}. {advice}"


def attach_masks(values: list[object], mask: object) -> None:
    """Let `mask`, a nest like the inputs, go with the values."""
    masks = tree.leaves(mask)
    if len(masks) == len(values):
        for value, one in zip(values, masks, strict=True):
            if one is not None:
                masking.set_mask(value, one)
