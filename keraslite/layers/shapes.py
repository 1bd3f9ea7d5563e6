"""Shapes of arguments: of tensors, of nests of tensors, and nests of shapes as users write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from keraslite.backend import dtypes, registry, scopes
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.call_context import CallInfo

#: Sizes, None where unknown.
Shape: TypeAlias = tuple[int | None, ...]
#: A shape, or a list, tuple or dict of such nests; None where there is no tensor.
ShapeNest: TypeAlias = Any


def shape_of(x: Any) -> Shape | None:
    """The shape of a tensor, None where unknown; None for anything else."""
    if isinstance(x, (SymbolicTensor, scopes.VariableBase)):
        return tuple(x.shape)  # type: ignore[union-attr]
    engine = registry.engine_of(x)
    if engine is not None:  # a size that is a tensor itself is unknown while the engine traces
        return tuple(size if isinstance(size, int) else None for size in engine.shape(x))
    shape = getattr(x, "shape", None)
    return tuple(shape) if isinstance(shape, tuple) else None


def described(x: Any) -> tuple[Shape, str] | None:
    """Shape and dtype name of a tensor; None for anything else."""
    if isinstance(x, (SymbolicTensor, scopes.VariableBase)):
        return tuple(x.shape), x.dtype  # type: ignore[union-attr]
    engine = registry.engine_of(x)
    if engine is not None:
        return cast(Shape, shape_of(x)), engine.dtype_name(x)
    return (x.shape, dtypes.canonical(x.dtype)) if isinstance(x, np.ndarray) else None


def of_arguments(info: CallInfo, args: tuple[object, ...], kwargs: dict[str, object]) -> dict[str, ShapeNest]:
    """Shapes of a call's arguments by the call's parameter names: tuples, None for arguments without tensors."""
    arguments = info.named_arguments(args, kwargs)
    if not info.names and args:
        arguments = {"inputs": args[0], **arguments}
    return {name: _nest(value) for name, value in arguments.items() if name not in ("training", "mask")}


def _nest(value: object) -> ShapeNest:
    if isinstance(value, (list, tuple)):
        items = [_nest(item) for item in value]
        return type(value)(items) if type(value) in (list, tuple) else items
    if isinstance(value, dict):
        return {key: _nest(item) for key, item in value.items()}
    return shape_of(value)


def plain_shape(shape: ShapeNest) -> ShapeNest:
    """A nest of shapes with tuples for shapes."""
    if isinstance(shape, dict):
        return {key: plain_shape(value) for key, value in shape.items()}
    if is_shape(shape):
        return tuple(shape)
    if isinstance(shape, (list, tuple)):
        return [plain_shape(value) for value in shape]
    return shape


def is_shape(value: object) -> bool:
    """Whether `value` is one shape: a tuple or list of sizes."""
    return isinstance(value, (list, tuple)) and all(_is_size(size) for size in value)


def _is_size(size: object) -> bool:
    return size is None or (hasattr(size, "__index__") and not isinstance(size, (list, tuple)))


def map_shapes(fn: Callable[[tuple[object, ...]], object], nest: ShapeNest) -> object:
    """`fn` of each shape in a nest of shapes."""
    if nest is None:
        return None
    if is_shape(nest):
        return fn(tuple(nest))
    if isinstance(nest, dict):
        return {key: map_shapes(fn, value) for key, value in nest.items()}
    return type(nest)(map_shapes(fn, value) for value in nest)
