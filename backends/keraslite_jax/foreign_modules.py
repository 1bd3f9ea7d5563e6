"""Functions of pytrees, and modules of Flax, as functions of their weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from keraslite.backend import contract
from keraslite.backend.contract import defaults

from .tensors import dtype_names


def foreign(kind: str, subject: Any, options: Mapping[str, Any]) -> contract.ForeignModule:
    if kind == "function of pytrees":
        return _Function(subject, **options)
    if kind == "flax.linen.Module":
        return _Flax(subject, **options)
    return defaults.foreign(kind, subject, options)


class _Function:
    """A function of params, state, rng, inputs and training, as far as it takes them.

    Args:
        function: the function. With a state it returns the outputs and the new state.
        takes: the names of its parameters.
        init: a function of rng, inputs and training that returns params, or params and state; or None.
        init_takes: the names of its parameters.
        params: a pytree, or None.
        state: a pytree, or None.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        takes: Sequence[str],
        init: Callable[..., Any] | None,
        init_takes: Sequence[str],
        params: Any,
        state: Any,
    ):
        self._function, self._takes = function, frozenset(takes)
        self._init, self._init_takes = init, frozenset(init_takes)
        self._given = (params, state)

    def weights(self, shapes: Any, key: Any) -> list[contract.ForeignWeight]:
        params, state = self._given
        if params is None and state is None and self._init is not None:
            inputs = _inputs(shapes)
            options = {"rng": key, "inputs": inputs, "training": True}
            found = self._init(**{name: value for name, value in options.items() if name in self._init_takes})
            params, state = found if "state" in self._takes else (found, None)
        first, self._params = jax.tree_util.tree_flatten_with_path(params)
        second, self._state = jax.tree_util.tree_flatten_with_path(state)
        self._count = len(first)
        return [_weight(*each, True) for each in first] + [_weight(*each, False) for each in second]

    def call(
        self, values: list[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], training: bool, key: Any
    ) -> tuple[object, list[object]]:
        params, state = self._nests(values)
        options = {"params": params, "state": state, "rng": key, "inputs": args[0], "training": training}
        outputs = self._function(**{name: value for name, value in options.items() if name in self._takes})
        if "state" not in self._takes:
            return outputs, []
        outputs, state = outputs
        return outputs, jax.tree_util.tree_leaves(state)

    def _nests(self, leaves: list[Any]) -> tuple[Any, Any]:
        unflatten = jax.tree_util.tree_unflatten
        return unflatten(self._params, leaves[: self._count]), unflatten(self._state, leaves[self._count :])

    def nest(self, leaves: list[object]) -> object:
        return self._nests(leaves)


class _Flax(_Function):
    """A module of Flax: what is not in the collection "params" is state.

    Args:
        module: the module.
        method: what to call instead of `__call__`, or None.
        takes_training: whether that takes `training`.
        variables: a dict of collections, or None.
    """

    def __init__(self, module: Any, method: Any, takes_training: bool, variables: Mapping[str, Any] | None):
        def split(variables: Mapping[str, Any]) -> tuple[Any, Any]:
            return variables.get("params", {}), {name: each for name, each in variables.items() if name != "params"}

        def options(training: bool) -> dict[str, Any]:
            named = {} if method is None else {"method": method}
            return {**named, "training": training} if takes_training else named

        def init(rng: Any, inputs: Any) -> tuple[Any, Any]:
            weights, dropout = jax.random.split(rng)
            return split(module.init({"params": weights, "dropout": dropout}, inputs, **options(True)))

        def call(params: Any, state: Any, rng: Any, inputs: Any, training: bool) -> tuple[Any, Any]:
            rngs = {} if rng is None else {"dropout": rng}
            given = {"params": params, **state}
            if not state:
                return module.apply(given, inputs, rngs=rngs, **options(training)), state
            return module.apply(given, inputs, rngs=rngs, mutable=list(state), **options(training))

        params, state = (None, None) if variables is None else split(variables)
        super().__init__(call, ("params", "state", "rng", "inputs", "training"), init, ("rng", "inputs"), params, state)


def _inputs(shapes: Any) -> Any:
    """Zeros of these shapes, in the same nest."""
    return jax.tree_util.tree_map(lambda shape: jnp.zeros(shape), shapes, is_leaf=_is_shape)


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(n, int) for n in value)


def _weight(path: Any, value: Any, trainable: bool) -> contract.ForeignWeight:
    array = jnp.asarray(value)
    name = ".".join(str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path)
    return contract.ForeignWeight(name or "variable", array, dtype_names[array.dtype], trainable)
