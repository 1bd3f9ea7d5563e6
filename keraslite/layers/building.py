"""Making a layer's weights: once, under its name, on its engine; and the shapes it was made for."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from keraslite.backend import registry, state
from keraslite.errors import ArgumentError
from keraslite.layers.call_context import named
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.variable import current_path, name_scope

# One thread builds at a time: a layer's first calls may come from several.
_lock = threading.RLock()


@contextmanager
def naming_scope(layer: Any) -> Iterator[None]:
    """Within it, Variables are named under `layer`; entering it again inside itself adds nothing."""
    if named.get() is layer:
        yield
        return
    token = named.set(layer)
    try:
        with name_scope(layer.name):
            if layer._own.path is None:
                layer._own.path = current_path()
                if layer._own.dtype_policy is not None:
                    layer._policy_changed()  # a policy may go by path
            yield
    finally:
        named.reset(token)


def recorded(build: Callable) -> Callable:
    """A class's own `build`, made to run under the layer's name and to leave it built, locked and placed."""

    @functools.wraps(build)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> None:
        if self._own.building:  # `super().build(...)`
            build(self, *args, **kwargs)
            return
        self._check_initialized()
        engine = self._own.home or registry.current()
        with ExitStack() as stack:
            stack.enter_context(_lock)
            if engine is not registry.current():
                stack.enter_context(registry.use_backend(engine.name))
            stack.enter_context(naming_scope(self))
            stack.enter_context(state.outside())
            stack.enter_context(state.autocast(None))
            self._own.building = True
            try:
                build(self, *args, **kwargs)
            finally:
                self._own.building = False
            finish(self, _shapes_config(self, args, kwargs))

    wrapper.__dict__["_recorded"] = True
    return wrapper


def finish(layer: Any, shapes: dict[str, Any] | None) -> None:
    """What follows the making of weights, whoever made them."""
    if shapes is not None and layer._own.build_shapes is None:
        layer._own.build_shapes = shapes
    if layer._own.path is None:
        layer._own.path = "/".join(filter(None, (current_path(), layer.name)))
    layer.built = True
    layer._own.tracker.locked = True
    if not layer.trainable:
        for variable in layer._own.tracker.trainable:
            variable.trainable = False
    layer._policy_changed()


def build_for(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Call the class's own `build` with the shapes of a call's arguments, unless another thread has."""
    with _lock:
        if not layer.built:
            shapes = shapes_of(layer, args, kwargs)
            positional, named_shapes = _build_arguments(layer, shapes)
            layer.build(*positional, **named_shapes)


def shapes_of(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Shapes of the arguments by the call's parameter names: tuples, None for arguments without tensors."""
    arguments = layer._own.info.named_arguments(args, kwargs)
    if not layer._own.info.names and args:
        arguments = {"inputs": args[0], **arguments}
    return {name: _shape_nest(value) for name, value in arguments.items() if name not in ("training", "mask")}


def _shape_nest(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return type(value)(_shape_nest(v) for v in value) if type(value) in (list, tuple) else _each(value)
    if isinstance(value, dict):
        return {key: _shape_nest(v) for key, v in value.items()}
    return shape_of(value)


def _each(value: Any) -> list[Any]:
    return [_shape_nest(v) for v in value]


def shape_of(x: Any) -> tuple[int | None, ...] | None:
    """The shape of a tensor, None where unknown; None for anything else."""
    if isinstance(x, (SymbolicTensor, state.VariableBase)):
        return tuple(x.shape)  # type: ignore[union-attr]
    engine = registry.engine_of(x)
    if engine is not None:  # a size that is a tensor itself is unknown while the engine traces
        return tuple(size if isinstance(size, int) else None for size in engine.shape(x))
    shape = getattr(x, "shape", None)
    return tuple(shape) if isinstance(shape, tuple) else None


def _build_arguments(layer: Any, shapes: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments for `build`: one shape, or those of the arguments that its parameters are named after."""
    parameters = layer._own.info.build_parameters
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return (), {f"{name}_shape": shape for name, shape in shapes.items() if shape is not None}
    if not names:
        return (), {}
    by_name = {f"{name}_shape": shape for name, shape in shapes.items()}
    required = [p.name for p in parameters if p.default is p.empty and p.name in names]
    if len(names) == 1 or (len(required) == 1 and required[0] not in by_name):
        first = next(iter(shapes.values()), None)
        return ((by_name.get(names[0], first)) if names[0] in by_name else first,), {}
    arguments = layer._own.info.names
    unknown = [name for name in required if name not in by_name and name.removesuffix("_shape") not in arguments]
    if unknown:
        raise ArgumentError(
            f"`{type(layer).__name__}.build` needs parameters named after those of `call`, as in "
            f"{layer._own.info.first or 'inputs'}_shape. Received {unknown[0]!r}, where `call` takes "
            f"{', '.join(arguments)}."
        )
    return (), {name: by_name.get(name) for name in names if name in by_name or name in required}


def _shapes_config(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The shapes given to `build`, as Keras writes them: `input_shape` where its first argument is the only one."""
    names = [p.name for p in layer._own.info.build_parameters if p.kind is not p.VAR_KEYWORD]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    shapes = {name: plain_shape(shape) for name, shape in given.items() if shape is not None}
    if names and (list(shapes) == names[:1] or len(names) == len(given) == 1):
        return {"input_shape": shapes.get(names[0])}
    return {"shapes_dict": shapes}


def plain_shape(shape: Any) -> Any:
    """A nest of shapes with tuples for shapes."""
    if isinstance(shape, dict):
        return {key: plain_shape(value) for key, value in shape.items()}
    if is_shape(shape):
        return tuple(shape)
    if isinstance(shape, (list, tuple)):
        return [plain_shape(value) for value in shape]
    return shape


def is_shape(value: Any) -> bool:
    """Whether `value` is one shape: a tuple or list of sizes."""
    return isinstance(value, (list, tuple)) and all(_is_size(size) for size in value)


def _is_size(size: Any) -> bool:
    return size is None or (hasattr(size, "__index__") and not isinstance(size, (list, tuple)))


def map_shapes(fn: Callable[[tuple[Any, ...]], Any], nest: Any) -> Any:
    """`fn` of each shape in a nest of shapes."""
    if nest is None:
        return None
    if is_shape(nest):
        return fn(tuple(nest))
    if isinstance(nest, dict):
        return {key: map_shapes(fn, value) for key, value in nest.items()}
    return type(nest)(map_shapes(fn, value) for value in nest)


def all_built(layer: Any) -> bool:
    """Whether the layer and everything in it has its weights."""
    return layer.built and all(all_built(each) for each in layer._own.tracker.layers)


def all_built_below(layer: Any) -> bool:
    """Whether everything in the layer has its weights."""
    return all(all_built(each) for each in layer._own.tracker.layers)
