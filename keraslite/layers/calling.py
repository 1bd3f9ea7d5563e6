"""How a layer is called: arguments to tensors, masks, `training`, dtypes, and the weights on the first call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from keraslite import ops, tree
from keraslite.backend import registry, state
from keraslite.backend.changes import use
from keraslite.layers import building, tracing
from keraslite.layers.arguments import check_first, convert, described, engine_for, leaves_of, split_training
from keraslite.layers.call_context import CallContext, context
from keraslite.layers.input_spec import check_inputs
from keraslite.layers.masks import fill_masks, pass_masks
from keraslite.layers.names import title
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

_KNOWN_LIMIT = 512


def call_known(layer: Any, x: Any, engine: Any) -> Any:
    """A call with one tensor of a kind that went through `call_any` before, unchanged by it."""
    info = layer._own.info
    outer = context.get()
    training = None
    if info.takes_training:
        training = outer.training if outer is not None else None
        if training is None:
            training = info.training_default
    if engine is registry.current():
        return _run(layer, (x,), {"training": training} if info.takes_training else {}, outer, None)
    if layer._own.home is None:  # without weights it belongs to the active engine
        return call_any(layer, (x,), {})
    with registry.use_backend(engine.name):
        return _run(layer, (x,), {"training": training} if info.takes_training else {}, outer, None)


def call_any(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Any call."""
    layer._check_initialized()
    args, kwargs, told = split_training(layer._own.info, args, dict(kwargs))
    leaves = leaves_of(args, kwargs)
    if any(isinstance(x, SymbolicTensor) for x in leaves):
        return call_symbolic(layer, args, kwargs, told)
    engine = engine_for(layer, leaves)
    with ExitStack() as stack:
        if engine is not registry.current():
            stack.enter_context(registry.use_backend(engine.name))
        if not layer._own.settled:
            stack.enter_context(building.naming_scope(layer))
        given = args
        args = tuple(convert(layer, value, engine) for value in args)
        kwargs = {name: convert(layer, value, engine) for name, value in kwargs.items()}
        check_first(layer, args, kwargs)
        outputs = call_converted(layer, args, kwargs, told)
        _remember(layer, engine, given, args, kwargs)
    return outputs


def call_converted(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], told: bool | None,
                   run: Callable | None = None) -> Any:  # fmt: skip
    """Build if needed, check, fill `training` and masks, run, and give the outputs their masks."""
    info = layer._own.info
    first = args[0] if args else kwargs.get(info.first)
    if not layer.built and info.own_build:
        check_inputs(layer, first, described)  # `build` may take the rank for granted
        building.build_for(layer, args, kwargs)
    check_inputs(layer, first, described)
    previous = fill_masks(info, first, args, kwargs)
    outer = context.get()
    if info.takes_training:
        training = told if told is not None else (outer.training if outer is not None else None)
        kwargs["training"] = info.training_default if training is None else training
    outputs = _run(layer, args, kwargs, outer, told, run)
    if not layer.built or (info.starts_built and not layer._own.settled):
        # its weights are those of sublayers, or made in `__init__`, or there are none
        building.finish(layer, _default_shapes(layer, args, kwargs))
    pass_masks(layer, first, previous, outputs)
    return outputs


def call_symbolic(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], told: bool | None) -> Any:
    """A call with symbolic tensors: its outputs' shapes and dtypes, and a record of it."""
    outputs = infer(layer, args, kwargs, told)
    recorded = kwargs if told is None else {**kwargs, "training": told}
    layer._add_node(Node(layer, args, recorded, outputs))
    return outputs


def infer(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], told: bool | None,
          run: Callable = tracing.run_call) -> Any:  # fmt: skip
    """The outputs of a call as symbolic tensors without history, their masks set. Builds the layer."""
    engine = engine_for(layer, leaves_of(args, kwargs))
    with ExitStack() as stack:
        if engine is not registry.current():
            stack.enter_context(registry.use_backend(engine.name))
        if not layer._own.settled:
            stack.enter_context(building.naming_scope(layer))
        args = tuple(convert(layer, value, engine) for value in args)
        kwargs = {name: convert(layer, value, engine) for name, value in kwargs.items()}
        # What is assigned while shapes are worked out goes nowhere.
        stack.enter_context(state.Scope(symbolic=True, what="the call of a layer on symbolic tensors"))
        outputs = fresh(call_converted(layer, args, kwargs, told, run))
        _settle(layer)
    return outputs


def _run(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outer: CallContext | None,
         told: bool | None, run: Callable | None = None) -> Any:  # fmt: skip
    """`layer.call` (or `run` in its place) in its context: what inner layers are told, and how Variables read."""
    use(layer)
    token = None
    if outer is None:
        stale = layer._own.loss_layers
        if stale:
            for each in stale:
                each._own.held_losses = None
        inner = CallContext(told)
        token = context.set(inner)
    elif told is not None and told != outer.training:
        inner = CallContext(told, outer.root)
        token = context.set(inner)
    wanted = layer._own.autocast_to
    casting = None
    if wanted != state.autocast_dtype():
        casting = state.autocast(wanted)
        casting.__enter__()
    try:
        outputs = layer.call(*args, **kwargs) if run is None else run(layer, args, kwargs)
        if layer.activity_regularizer is not None:
            _add_activity_losses(layer, outputs)
        return outputs
    except Exception as error:
        _add_note(layer, args, kwargs, error)
        raise
    finally:
        if casting is not None:
            casting.__exit__()
        if token is not None:
            context.reset(token)
            if outer is None:
                layer._own.loss_layers = inner.recorders


def _add_note(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> None:
    try:
        arguments = {**dict(zip(layer._own.info.names, args, strict=False)), **kwargs}
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
        error.add_note(f"in {title(layer)}, called with {shown}")
    except Exception:  # a note must never hide the error it belongs to
        return


def _shown(value: Any) -> str:
    found = described(value)
    return f"{found[1]}{found[0]}" if found is not None else f"{value!r:.60}"


def _add_activity_losses(layer: Any, outputs: Any) -> None:
    """The penalty on the outputs, a mean over the batch as in Keras."""
    for x in tree.leaves(outputs):
        found = described(x)
        if found is not None and not isinstance(x, SymbolicTensor):
            samples = ops.shape(x)[0] if found[0] else 1
            layer.add_loss(ops.divide(layer.activity_regularizer(x), samples))


def _default_shapes(layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    shapes = {name: shape for name, shape in building.shapes_of(layer, args, kwargs).items() if shape is not None}
    if not shapes:
        return None
    if len(shapes) == 1:
        return {"input_shape": building.plain_shape(next(iter(shapes.values())))}
    return {"shapes_dict": {f"{name}_shape": building.plain_shape(shape) for name, shape in shapes.items()}}


def _settle(layer: Any) -> bool:
    """Whether the layer and all in it are built; then its weights say which engine it keeps to."""
    if not layer._own.settled and building.all_built(layer):
        layer._own.settled = True
        variables = layer.variables
        if variables:
            layer._own.home = variables[0].engine
    return layer._own.settled


def _remember(layer: Any, engine: Any, given: tuple[Any, ...], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Let calls with such a tensor take the short way, if this one needed nothing of the long one."""
    if not _settle(layer) or (layer._own.home is None and "host_arrays" in engine.capabilities):
        return
    info = layer._own.info
    extra = any(name not in ("training", "mask") and name not in info.masked_arguments for name in kwargs)
    if len(given) != 1 or extra or given[0] is not args[0] or info.own_mask:
        return
    x = args[0]
    if not isinstance(x, tuple(engine.tensor_types)):
        return
    known = layer._own.known
    if len(known) >= _KNOWN_LIMIT:
        known.clear()
    try:
        known[type(x), x.shape, x.dtype] = engine
    except (TypeError, ValueError):  # a shape that cannot be hashed
        return
