"""What a layer gives for tensors that do not exist yet: its `call`, run on symbolic ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keraslite import transforms, tree
from keraslite.errors import KerasliteError, NoValueError, SymbolicError
from keraslite.layers.shapes import map_shapes, of_arguments
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.layers.operation import Operation


def placeholder(x: SymbolicTensor, dtype: str | None = None) -> SymbolicTensor:
    """A tensor like `x` without its history, of another dtype if one is given; its mask goes with it."""
    copy = SymbolicTensor(x.dims, dtype or x.dtype)
    copy.mask = x.mask
    copy.origin = x if x.origin is None else x.origin
    return copy


def run_call(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """`layer.call` on symbolic tensors, or what the class itself says about its outputs."""
    info = layer._own.info
    if info.own_spec:
        return layer.compute_output_spec(*args, **_without_training(kwargs))
    if info.own_shape:
        return _from_shapes(layer, args, kwargs)
    return trace(layer, args, kwargs)


def trace(layer: Layer | Operation, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """`layer.call` on symbolic tensors; by the engine's own tracing where it needs the engine's tensors.

    What an engine's function raises for a symbolic tensor differs from function to function, so any error but
    one of ours is taken for that; the first one counts if the engine's tracing fails too.
    """
    try:
        return layer.call(*args, **kwargs)
    except Exception as error:
        if isinstance(error, KerasliteError) and not isinstance(error, (NoValueError, SymbolicError)):
            raise
        leaves, structure = tree.split((args, kwargs))
        places = [i for i, x in enumerate(leaves) if isinstance(x, SymbolicTensor)]

        def on_engine(*tensors: object) -> object:
            filled = list(leaves)
            for place, tensor in zip(places, tensors, strict=True):
                filled[place] = tensor
            inner_args, inner_kwargs = tree.unflatten(structure, filled)
            return layer.call(*inner_args, **inner_kwargs)

        try:
            return transforms.abstract_eval(on_engine, *(leaves[i] for i in places))
        except Exception:
            raise error from None


def _without_training(kwargs: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in kwargs.items() if name not in ("training", "mask")}


def _from_shapes(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Outputs as a class's own `compute_output_shape` says, in the compute dtype."""
    shapes = of_arguments(layer._own.info, args, kwargs)
    shapes = {name: shape for name, shape in shapes.items() if shape is not None}
    first = next(iter(shapes.values()), None)
    if len(shapes) > 1 and _takes_names(layer):
        result = layer.compute_output_shape(**{f"{name}_shape": shape for name, shape in shapes.items()})
    else:
        result = layer.compute_output_shape(first)
    batch = next((x.dims[0] for x in tree.leaves((args, kwargs)) if isinstance(x, SymbolicTensor) and x.dims), None)

    def tensor(shape: tuple[object, ...]) -> SymbolicTensor:
        if shape and shape[0] is None and isinstance(batch, Dimension):
            shape = (batch, *shape[1:])
        return SymbolicTensor(shape, layer.compute_dtype)

    return map_shapes(tensor, result)


def _takes_names(layer: Layer) -> bool:
    code = getattr(type(layer).compute_output_shape, "__code__", None)
    return code is not None and (code.co_argcount > 2 or bool(code.co_flags & 0x08))
