"""Making a layer's weights: once, under its name, on its engine; and the shapes it was made for."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from keraslite.backend import registry, scopes
from keraslite.errors import ArgumentError
from keraslite.layers.call_context import named
from keraslite.layers.input_spec import check_inputs
from keraslite.layers.names import title
from keraslite.layers.shapes import ShapeNest, of_arguments, plain_shape
from keraslite.variable import current_path, name_scope

if TYPE_CHECKING:
    from keraslite.layers.base import Layer
    from keraslite.layers.call_arguments import Call

# One thread builds at a time: a layer's first calls may come from several.
_lock = threading.RLock()


@contextmanager
def naming_scope(layer: Layer) -> Iterator[None]:
    """Within it, Variables are named under `layer`; entering it again inside itself adds nothing."""
    if named.get() is layer:
        yield
        return
    token = named.set(layer)
    try:
        with name_scope(layer.name):
            own = layer._own
            if own.path is None:
                own.path = current_path()
                if own.dtype_policy is not None:
                    layer._policy_changed()  # a policy may go by path
            yield
    finally:
        named.reset(token)


@contextmanager
def _making_weights(layer: Layer) -> Iterator[None]:
    """Within it, one thread makes weights of the layer, on its engine and outside of any transform."""
    engine = layer._own.home or registry.current()
    with ExitStack() as stack:
        stack.enter_context(_lock)
        if engine is not registry.current():
            stack.enter_context(registry.use_backend(engine.name))
        stack.enter_context(scopes.outside())
        stack.enter_context(scopes.autocast(None))
        yield


def recorded(build: Callable[..., None]) -> Callable[..., None]:
    """A class's own `build`, made to run under the layer's name and to leave it built, locked and placed."""
    if build in _recorded:
        return build

    @functools.wraps(build)
    def wrapper(self: Layer, *args: ShapeNest, **kwargs: ShapeNest) -> None:
        own = self._own
        if own.building:  # `super().build(...)`
            build(self, *args, **kwargs)
            return
        self._check_initialized()
        with _making_weights(self), naming_scope(self):
            own.building = True
            try:
                build(self, *args, **kwargs)
            finally:
                own.building = False
            finish(self, _shapes_config(self, args, kwargs))

    _recorded.add(wrapper)
    return wrapper


_recorded: weakref.WeakSet[Callable[..., None]] = weakref.WeakSet()  # what `recorded` returned


@contextmanager
def unlocked(layer: Layer) -> Iterator[None]:
    """Within it, a layer that is built takes new weights and layers. They come behind those that it has."""
    own = layer._own
    locked, token = own.tracker.locked, named.set(layer)
    try:
        with _making_weights(layer), name_scope(layer.path, reset=True):
            own.tracker.locked = False
            yield
    finally:
        own.tracker.locked = locked
        named.reset(token)
    own.settled, own.known = False, {}  # what came may not be built yet
    if not layer.trainable:  # it may have made sublayers meanwhile
        layer.trainable = False


def finish(layer: Layer, shapes: dict[str, ShapeNest] | None) -> None:
    """Finish a layer after its weights were made: mark it built, lock it, freeze it if needed."""
    own = layer._own
    if shapes is not None and own.build_shapes is None:
        own.build_shapes = shapes
    if own.path is None:
        own.path = "/".join(filter(None, (current_path(), layer.name)))
    layer.built = True
    own.tracker.locked = True
    if not layer.trainable:  # it may have made sublayers meanwhile
        layer.trainable = False
    layer._policy_changed()


def ready(call: Call) -> None:
    """Check the first argument of a call, and make the layer's own weights if they are not there."""
    layer, info = call.layer, call.layer._own.info
    if not layer.built and info.own_build:
        check_inputs(layer, call.first)  # `build` may take the rank for granted
        with _lock:
            if not layer.built:  # no other thread has built it meanwhile
                _check_complete(call)
                shapes = of_arguments(info, call.args, call.kwargs)
                positional, by_name = _build_arguments(layer, shapes)
                layer.build(*positional, **by_name)
    check_inputs(layer, call.first)


def _check_complete(call: Call) -> None:
    """Refuse a call that lacks an argument, before `build` receives no shape for it."""
    rest = call.layer._own.info.required[len(call.args) :]
    missing = [name for name in rest if name not in call.kwargs and name not in ("training", "mask")]
    if missing:
        given = [*call.layer._own.info.names[: len(call.args)], *call.kwargs]
        raise ArgumentError(
            f"{title(call.layer)} needs `{missing[0]}` in a call. Received {', '.join(given) or 'no arguments'}. "
            f"Pass it too, as in `layer({', '.join(call.layer._own.info.required)})`."
        )


def ready_after(call: Call) -> None:
    """A call of the layer has made the weights of its sublayers, if it had not its weights before."""
    layer, own = call.layer, call.layer._own
    if not layer.built or (own.info.starts_built and not own.settled):
        # its weights are those of sublayers, or made in `__init__`, or there are none
        finish(layer, _shapes_of_call(call))


def _shapes_of_call(call: Call) -> dict[str, ShapeNest] | None:
    shapes = of_arguments(call.layer._own.info, call.args, call.kwargs)
    shapes = {name: plain_shape(shape) for name, shape in shapes.items() if shape is not None}
    if len(shapes) > 1:
        return {"shapes_dict": {f"{name}_shape": shape for name, shape in shapes.items()}}
    return {"input_shape": next(iter(shapes.values()))} if shapes else None


def settle(layer: Layer) -> bool:
    """Whether the layer and all in it are built; then its weights say which engine it keeps to."""
    own = layer._own
    if not own.settled and all_built(layer):
        own.settled = True
        variables = layer.variables
        if variables:
            own.home = variables[0].engine
    return own.settled


def _build_arguments(layer: Layer, shapes: dict[str, ShapeNest]) -> tuple[tuple[ShapeNest, ...], dict[str, ShapeNest]]:
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


def _shapes_config(layer: Layer, args: tuple[ShapeNest, ...], kwargs: dict[str, ShapeNest]) -> dict[str, ShapeNest]:
    """The shapes given to `build`, as Keras writes them: `input_shape` where its first argument is the only one."""
    names = [p.name for p in layer._own.info.build_parameters if p.kind is not p.VAR_KEYWORD]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    shapes = {name: plain_shape(shape) for name, shape in given.items() if shape is not None}
    if names and (list(shapes) == names[:1] or len(names) == len(given) == 1):
        return {"input_shape": shapes.get(names[0])}
    return {"shapes_dict": shapes}


def all_built(layer: Layer) -> bool:
    """Whether the layer and everything in it has its weights."""
    return layer.built and all(all_built(each) for each in layer._own.tracker.layers)


def all_built_below(layer: Layer) -> bool:
    """Whether everything in the layer has its weights."""
    return all(all_built(each) for each in layer._own.tracker.layers)
