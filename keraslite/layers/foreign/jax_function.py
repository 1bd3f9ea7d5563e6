"""JaxLayer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Unpack

from keraslite import random, ranges
from keraslite.errors import ArgumentError
from keraslite.layers.foreign.base import ForeignLayer
from keraslite.layers.shapes import ShapeNest, map_shapes
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin

_OF_CALL = ("params", "state", "rng", "inputs", "training")
_OF_INIT = ("rng", "inputs", "training")


class FunctionOfTrees(ForeignLayer):
    """A function of params, state, rng, inputs and training, whose params and state become Variables."""

    needs_rng: bool
    seed_generator: random.SeedGenerator
    _draws_weights: bool

    def build(self, input_shape: ShapeNest) -> None:
        key = self.seed_generator.next() if self._draws_weights else None
        shapes = map_shapes(lambda shape: tuple(1 if n is None else n for n in shape), input_shape)
        self._make_weights(shapes, key)

    def call(self, inputs: object, training: bool = False) -> object:
        key = self.seed_generator.next() if training and self.needs_rng else None
        return self._run((inputs,), {}, training, key)

    @property
    def params(self) -> Any:
        """The Variables that are trained, in the structure of the params; None before the layer is built."""
        return self._nest(self._weights_made)[0] if self.built else None

    @property
    def state(self) -> Any:
        """The other Variables, in the structure of the state; None before the layer is built."""
        return self._nest(self._weights_made)[1] if self.built else None


@builtin("keras.layers")
class JaxLayer(FunctionOfTrees):
    """Makes a layer of a function of JAX arrays and its params. It needs the engine of JAX.

    `call_fn` is called by name with those of these arguments that it takes: `params` and `inputs`, which are required,
    `state`, `rng` and `training`. Params and state are nests of arrays (pytrees). If it takes `state`, it returns the
    outputs and the new state; otherwise the outputs alone.

    Params and state are given, or `init_fn` makes them when the layer is built. It is called by name with those of
    `rng`, `inputs` (zeros of the inputs' shapes) and `training` (True) that it takes. It returns the params, or the
    params and the state if `call_fn` takes one.

    Files hold names, never code: to save a model with a `JaxLayer`, register both functions with
    `saving.register_keras_serializable()`.

    Args:
        call_fn: the function.
        init_fn: a function that returns the first params, and the first state. Default: None.
        params: the first params, a nest of arrays. Default: None.
        state: the first state, a nest of arrays. Default: None.
        seed: a non-negative int from which the random numbers are drawn, or None for a seed from the global generator.
            Default: None.
        native_serialization_platforms: must be None: it is for programs of TensorFlow. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        what the function takes as `inputs`, a tensor or a nest of them.

    Output:
        what it returns, without the state.

    Weights:
        the leaves of the params, under their names in the nest, then those of the state, which are not trainable.

    Raises:
        ArgumentError: if a function takes other arguments, or if neither `init_fn` nor `params` or `state` is given.
        MissingCapabilityError: on another engine.
        SerializationError: from `get_config`, if a function is not registered.

    Example:
        >>> import keraslite as keras
        >>> import numpy as np
        >>> def scaled(params, inputs):
        ...     return inputs * params["scale"]
        >>> if keras.config.backend() == "jax":
        ...     layer = keras.layers.JaxLayer(scaled, params={"scale": np.array([2.0, 3.0], "float32")})
        ...     assert layer(np.ones((1, 2), "float32")).tolist() == [[2.0, 3.0]]
    """

    foreign_kind = "function of pytrees"
    config_excludes = FunctionOfTrees.config_excludes | {"params", "state", "seed"}

    argument_checks = ranges.checks(
        call_fn=ranges.function,
        init_fn=ranges.function | None,
        seed=ranges.unsigned_int | None,
        native_serialization_platforms=ranges.nothing,
    )

    def __init__(
        self,
        call_fn: Callable[..., object],
        init_fn: Callable[..., object] | None = None,
        params: object = None,
        state: object = None,
        seed: int | None = None,
        native_serialization_platforms: None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        takes = _names(call_fn, "call_fn", _OF_CALL, ("params", "inputs"))
        init_takes = () if init_fn is None else _names(init_fn, "init_fn", _OF_INIT, ("rng", "inputs"))
        if init_fn is None and params is None and state is None:
            raise ArgumentError("`JaxLayer` needs `init_fn`, or `params` and `state`. Received none of them. Give one.")
        super().__init__(**kwargs)
        self.call_fn, self.init_fn = call_fn, init_fn
        self.seed = seed
        self.needs_rng = "rng" in takes
        self._draws_weights = params is None and state is None
        if self.needs_rng or self._draws_weights:
            self.seed_generator = random.SeedGenerator(seed)
        given = {"takes": takes, "init": init_fn, "init_takes": init_takes, "params": params, "state": state}
        self._wrap(call_fn, given)


def _names(
    function: Callable[..., object], name: str, allowed: Sequence[str], required: Sequence[str]
) -> tuple[str, ...]:
    """Those of the allowed parameters that a function takes; an error for others that it needs."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return tuple(allowed)
    names = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    wrong = [each for each in needed if each not in allowed] or [each for each in required if each not in names]
    if wrong:
        raise ArgumentError(
            f"`JaxLayer` needs `{name}` to take {', '.join(required)}, and no others than {', '.join(allowed)}. "
            f"Received a function of {', '.join(names)}: see {wrong[0]!r}."
        )
    return tuple(each for each in names if each in allowed)
