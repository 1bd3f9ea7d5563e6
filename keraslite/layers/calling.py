"""How a layer is called. The steps of a call stand in `_steps`, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from keraslite import ops, tree
from keraslite.backend import registry, scopes
from keraslite.backend.changes import use
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers import building, masks, remat, tracing
from keraslite.layers.call_arguments import Call
from keraslite.layers.call_context import CallContext, context
from keraslite.layers.names import title
from keraslite.layers.shapes import described
from keraslite.ops.symbolic import Node, SymbolicTensor, fresh

if TYPE_CHECKING:
    from keraslite.backend.contract import Engine
    from keraslite.layers.base import Layer

_KNOWN_LIMIT = 512


def call_known(layer: Layer, x: object, engine: Engine) -> object:
    """A call with one tensor of a kind that went through `call_any` before, unchanged by it."""
    own = layer._own
    outer = context.get()
    kwargs: dict[str, object] = {}
    if own.info.takes_training:
        training = outer.training if outer is not None else None
        kwargs["training"] = own.info.training_default if training is None else training
    if engine is registry.current():
        return _run(layer, (x,), kwargs, outer, None)
    if own.home is None:  # without weights it belongs to the active engine
        return call_any(layer, (x,), {})
    with registry.use_backend(engine.name):
        return _run(layer, (x,), kwargs, outer, None)


def call_any(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """Any call: of symbolic tensors a record, of anything else the outputs."""
    layer._check_initialized()
    call = Call(layer, args, kwargs)
    if call.is_symbolic:
        return record(call)
    with _placed(call):
        outputs = _steps(call)
        _remember(call)
    return outputs


def record(call: Call) -> Any:
    """A call with symbolic tensors: its outputs' shapes and dtypes, and a record of it."""
    outputs = infer(call)
    recorded = call.given_by_name if call.told is None else {**call.given_by_name, "training": call.told}
    call.layer._add_node(Node(call.layer, call.given, recorded, outputs))
    return outputs


def infer(call: Call, run: Callable[..., object] = tracing.run_call) -> object:
    """The outputs of a call as symbolic tensors without history, their masks set. Builds the layer."""
    # What is assigned while shapes are worked out goes nowhere.
    with _placed(call), scopes.Scope(symbolic=True, what="the call of a layer on symbolic tensors"):
        outputs = fresh(_steps(call, run))
        building.settle(call.layer)
    return outputs


@contextmanager
def _placed(call: Call) -> Iterator[None]:
    """Within it, the call's engine is the active one, and new weights are named under the layer."""
    engine, settled = call.engine, call.layer._own.settled
    if engine is registry.current() and settled:
        yield
    elif settled:
        with registry.use_backend(engine.name):
            yield
    else:
        with registry.use_backend(engine.name), building.naming_scope(call.layer):
            yield


def _steps(call: Call, run: Callable[..., object] | None = None) -> Any:
    """Build the layer if needed, find masks and `training`, run, and give the outputs their masks."""
    building.ready(call)
    masks.fill(call)
    outer = context.get()
    info = call.layer._own.info
    if info.takes_training:
        training = call.told if call.told is not None else (outer.training if outer is not None else None)
        call.kwargs["training"] = info.training_default if training is None else training
    outputs = _run(call.layer, call.args, call.kwargs, outer, call.told, run)
    building.ready_after(call)
    masks.pass_on(call, outputs)
    return outputs


def _run(
    layer: Layer,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    outer: CallContext | None,
    told: bool | None,
    run: Callable[..., object] | None = None,
) -> Any:
    """`layer.call` (or `run` in its place) in its context: what inner layers are told, and how Variables read."""
    use(layer)
    own = layer._own
    token = None
    if outer is None:
        if own.loss_layers:
            for each in own.loss_layers:
                each._own.held_losses = None
        inner = CallContext(told)
        token = context.set(inner)
    elif told is not None and told != outer.training:
        inner = CallContext(told, outer.root)
        token = context.set(inner)
    wanted = own.autocast_to
    casting = None
    if wanted != scopes.autocast_dtype():  # entered by hand, since `with` of two ways would be slower
        casting = scopes.autocast(wanted)
        casting.__enter__()
    try:
        if run is not None:
            outputs = run(layer, args, kwargs)
        elif remat.opened or own.remat is not None:
            outputs = remat.call(layer, args, kwargs)
        else:
            outputs = layer.call(*args, **kwargs)
        if own.activity_regularizer is not None:
            _add_activity_losses(layer, own.activity_regularizer, outputs)
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
                own.loss_layers = inner.recorders


def _add_note(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object], error: Exception) -> None:
    try:
        arguments = {**dict(zip(layer._own.info.names, args, strict=False)), **kwargs}
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
        error.add_note(f"in {title(layer)}, called with {shown}")
    except Exception:  # a note must never hide the error it belongs to
        return


def _shown(value: object) -> str:
    found = described(value)
    return f"{found[1]}{found[0]}" if found is not None else f"{value!r:.60}"


def _add_activity_losses(layer: Layer, regularizer: Callable[[Tensor], TensorLike], outputs: object) -> None:
    """The penalty on the outputs, a mean over the batch as in Keras."""
    for x in tree.leaves(outputs):
        found = described(x)
        if found is not None and not isinstance(x, SymbolicTensor):
            samples = ops.shape(x)[0] if found[0] else 1
            layer.add_loss(ops.divide(regularizer(x), samples))


def _remember(call: Call) -> None:
    """Let calls with such a tensor take the short way, if this one needed nothing of the long one."""
    own, engine = call.layer._own, call.engine
    if not building.settle(call.layer) or (own.home is None and "host_arrays" in engine.capabilities):
        return
    info = own.info
    extra = any(name not in ("training", "mask") and name not in info.masked_arguments for name in call.kwargs)
    if len(call.given) != 1 or extra or call.given[0] is not call.args[0] or info.own_mask:
        return
    x: Any = call.args[0]
    if not isinstance(x, tuple(engine.tensor_types)):
        return
    if len(own.known) >= _KNOWN_LIMIT:
        own.known.clear()
    try:
        own.known[type(x), x.shape, x.dtype] = engine
    except (TypeError, ValueError):  # a shape that cannot be hashed
        return
