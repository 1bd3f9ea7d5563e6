"""Rematerialisation: inner results of layers are computed again for the gradient instead of being kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from keraslite import declared, masking, ranges, transforms, tree
from keraslite.backend.contract import Tensor
from keraslite.layers import losses
from keraslite.layers.building import all_built
from keraslite.layers.call_context import context
from keraslite.layers.shapes import shape_of
from keraslite.ops.lifting import expect_function
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.layers.base import Layer

__all__ = ["RematScope", "remat"]

P = ParamSpec("P")
R = TypeVar("R")

MODES = ("full", "activations", "larger_than", "list_of_layers")

_stack: ContextVar[tuple[RematScope, ...]] = ContextVar("keraslite_remat", default=())
transforms.depends_on(_stack.get)  # programs that are made within a scope are others

#: The scopes that are open in any thread: while there are none, layers look no further.
opened: list[RematScope] = []


@declared.guard
class RematScope:
    """Layers that are made or called within it keep fewer inner results for the gradient and compute them again.

    That saves memory in training and costs time. A layer that is made within the scope does so wherever it is called
    later, so a functional model that is drawn within it trains that way. The results are the same. What can be saved
    depends on the engine: TensorFlow keeps all, and so does PyTorch within another transform.

    A model is not recomputed as a whole, but layer by layer.

    Args:
        mode: "full" for every layer; "activations" for the `activation` of layers alone, whose outputs are then not
            kept; "larger_than" for layers with larger outputs than the threshold; "list_of_layers" for the layers that
            are named; None for no layer, within a scope that says otherwise.
        output_size_threshold: for "larger_than", the number of elements of the outputs, batch included.
        layer_names: for "list_of_layers", names of layers.

    Raises:
        ArgumentError: for another mode.

    Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> with keras.RematScope(mode="larger_than", output_size_threshold=1000):
        ...     model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(500), keras.layers.Dense(1)])
        >>> model(np.ones((4, 8), "float32")).shape[-1]
        1
    """

    argument_checks = ranges.checks(
        mode=ranges.one_of(*MODES, None),
        output_size_threshold=ranges.unsigned,
        layer_names=ranges.items(ranges.text) | None,
    )

    def __init__(
        self,
        mode: str | None = "full",
        output_size_threshold: int = 1024,
        layer_names: Sequence[str] | None = None,
    ):
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = tuple(layer_names or ())

    def __enter__(self) -> RematScope:
        _stack.set((*_stack.get(), self))
        opened.append(self)
        return self

    def __exit__(self, *exc_info: object) -> None:
        _stack.set(_stack.get()[:-1])
        opened.remove(self)


def remat(f: Callable[P, R]) -> Callable[P, R]:
    """Return a function that computes the same as `f`, whose inner results are computed again for the gradient.

    Args:
        f: a function of tensors.

    Returns:
        A function of the same arguments and results. Where the engine cannot save memory that way, it just calls `f`.

    Raises:
        ArgumentError: if `f` is no function.

    Source: Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> squared = keras.remat(lambda x: x * x)
        >>> keras.ops.convert_to_numpy(squared(keras.ops.convert_to_tensor([1.0, 3.0]))).tolist()
        [1.0, 9.0]
    """
    expect_function(f, "f", "remat")
    return transforms.checkpoint(f)


def innermost() -> RematScope | None:
    """The scope that is open here."""
    stack = _stack.get()
    return stack[-1] if stack else None


def call(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> Any:
    """`layer.call`, as the scope around it says, or the one in which it was made."""
    scope = innermost() or layer._own.remat
    if scope is None or scope.mode is None or not all_built(layer):
        return layer.call(*args, **kwargs)
    if scope.mode == "activations":
        return _with_activation(layer, args, kwargs)
    if scope.mode == "list_of_layers":
        chosen = layer.name in scope.layer_names
    elif not layer.recomputed_as_one:
        chosen = False
    else:
        chosen = scope.mode == "full" or _size(layer, args, kwargs) > scope.output_size_threshold
    return recomputed(layer.call, args, kwargs) if chosen else layer.call(*args, **kwargs)


def recomputed(fn: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """A call within a layer under `checkpoint`, out of which masks and added losses come beside the outputs."""
    given, structure = tree.split((args, kwargs))
    outer = context.get()
    adding: list[Layer] = []

    def run(leaves: list[object], masks: list[object]) -> tuple[object, list[Tensor | None], list[Tensor]]:
        for x, mask in zip(leaves, masks, strict=True):
            if mask is not None:
                masking.set_mask(x, mask)
        inner_args, inner_kwargs = tree.unflatten(structure, leaves)
        earlier = {each: each._own.held_losses for each in outer.recorders} if outer is not None else {}
        outputs = fn(*inner_args, **inner_kwargs)
        adding[:], found = [], []
        for each in dict.fromkeys(outer.recorders) if outer is not None else ():
            for value in losses.held(each) if each._own.held_losses is not earlier.get(each) else ():
                adding.append(each)
                found.append(value)
            each._own.held_losses = earlier.get(each)
        return outputs, [masking.get_mask(x) for x in tree.leaves(outputs)], found

    outputs, masks, found = transforms.checkpoint(run)(given, [masking.get_mask(x) for x in given])
    for x, mask in zip(tree.leaves(outputs), masks, strict=True):
        if mask is not None:
            masking.set_mask(x, mask)
    for each, value in zip(adding, found, strict=True):
        losses.hold(each, value, outer)
    return outputs


class _Recomputed:
    """The activation of a layer during one of its calls."""

    def __init__(self, plain: Callable[..., object]):
        self.plain = plain
        self._run = transforms.checkpoint(plain)

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self._run(*args, **kwargs)


def _with_activation(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    """A call in which the layer's activation, a function, is recomputed."""
    attributes = vars(layer)
    plain = attributes.get("activation")
    plain = plain.plain if isinstance(plain, _Recomputed) else plain  # another thread is calling the layer
    if not callable(plain) or hasattr(plain, "variables"):
        return layer.call(*args, **kwargs)
    attributes["activation"] = _Recomputed(plain)
    try:
        return layer.call(*args, **kwargs)
    finally:
        attributes["activation"] = plain


#: Numbers of elements of a layer's outputs, by what it is called with.
_sizes: WeakKeyDictionary[object, dict[object, int]] = WeakKeyDictionary()


def _size(layer: Layer, args: tuple[object, ...], kwargs: dict[str, object]) -> int:
    """How many elements the outputs have."""
    given, structure = tree.split((args, kwargs))
    shapes = [shape_of(x) for x in given]
    key = (structure, tuple(shapes))
    known = _sizes.setdefault(layer, {})
    if key not in known:
        like = [x if s is None else SymbolicTensor(s, layer.compute_dtype) for x, s in zip(given, shapes, strict=True)]
        inner_args, inner_kwargs = tree.unflatten(structure, like)
        outputs = tree.leaves(layer.compute_output_spec(*inner_args, **inner_kwargs))
        known[key] = sum(math.prod(d or 1 for d in x.shape) for x in outputs if isinstance(x, SymbolicTensor))
    return known[key]
