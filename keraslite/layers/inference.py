"""Output shapes and weights from input shapes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keraslite import tree
from keraslite.backend import dtypes
from keraslite.errors import ArgumentError, KerasliteError
from keraslite.layers import calling, tracing
from keraslite.layers.call_arguments import Call
from keraslite.layers.names import title
from keraslite.layers.shapes import ShapeNest, map_shapes
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.base import Layer


def output_spec(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """The outputs of a call on symbolic tensors, not recorded."""
    run = tracing.trace if layer._own.info.own_spec else tracing.run_call
    return calling.infer(Call(layer, args, kwargs), run)


def output_shape(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Shapes of the outputs for shapes of the inputs, without building the layer."""
    subject = layer if layer.built else _copy(layer)

    dtype = _input_dtype(layer)

    def tensors(nest: ShapeNest) -> Any:
        return map_shapes(lambda shape: SymbolicTensor(shape, dtype), nest)

    named = {
        name.removesuffix("_shape"): value if _is_option(name, value) else tensors(value)
        for name, value in kwargs.items()
    }
    if "input" in named and "input" not in layer._own.info.names:
        args, named = (kwargs["input_shape"], *args), {n: v for n, v in named.items() if n != "input"}
    run = tracing.trace if layer._own.info.own_shape else tracing.run_call  # reached through `super` then
    outputs = calling.infer(Call(subject, tuple(tensors(shape) for shape in args), named), run)
    return tree.map(lambda x: x.shape if isinstance(x, SymbolicTensor) else x, outputs)


def _is_option(name: str, value: object) -> bool:
    """Whether an argument goes to the call as it is, since it is the shape of nothing."""
    return not name.endswith("_shape") and not isinstance(value, (tuple, list, dict))


def _input_dtype(layer: Layer) -> str:
    return layer.compute_dtype if dtypes.is_float(layer.compute_dtype) else "float32"


def _copy(layer: Layer) -> Layer:
    try:
        return type(layer).from_config(layer.get_config())
    except (KerasliteError, TypeError, NotImplementedError):
        return layer  # which is built then


def build_by_call(layer: Layer, shapes: dict[str, ShapeNest]) -> None:
    """Make the weights of a layer whose sublayers make them in its `call`, for inputs of these shapes.

    `shapes` is by the names of the call's parameters.
    """
    required = layer._own.info.required
    missing = [name for name in required if name not in shapes and name not in ("training", "mask")]
    if missing:
        raise ArgumentError(
            f"{title(layer)} needs shapes of {', '.join(required)} to be built. Received {shapes}. Call it "
            f"on data, or give {type(layer).__name__} a `build` method."
        )
    dtype = _input_dtype(layer)
    arguments = {n: map_shapes(lambda shape: SymbolicTensor(shape, dtype), s) for n, s in shapes.items()}
    first = layer._own.info.first
    args = (arguments.pop(first),) if first in arguments else ()
    calling.infer(Call(layer, args, arguments))
