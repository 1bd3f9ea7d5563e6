"""The part of `Layer` that is about its weights: listing, freezing, reading and assigning them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike

from keraslite.backend import registry, scopes
from keraslite.backend.changes import changed
from keraslite.errors import ArgumentError, NotBuiltError, WeightsMismatchError
from keraslite.layers.adapting import own_variables
from keraslite.layers.names import Shown, title
from keraslite.layers.on_host import OnHost, copied
from keraslite.layers.state import LayerState
from keraslite.layers.tracking import version
from keraslite.variable import Variable

if TYPE_CHECKING:
    from keraslite.backend.contract import Tensor
    from keraslite.layers.base import Layer


class LayerWeights:
    """Variables of a layer and of those in it."""

    _own: LayerState
    built: bool
    path: str

    @property
    def variables(self) -> list[Variable]:
        """Its own weights, states of its seed generators, then all of its sublayers'."""
        return list(self._listed(seeds=True))

    @property
    def weights(self) -> list[Variable]:
        """`variables` without the states of seed generators."""
        return list(self._listed(seeds=False))

    def _listed(self, *, seeds: bool) -> tuple[Variable, ...]:
        """The Variables; looked for again when anything was added to some layer or taken away."""
        known = self._own.variables
        now, (seen, found) = version(), known.get(seeds, (None, ()))
        if seen != now:
            found = tuple(self._walk(seeds))
            known[seeds] = now, found
        return found

    def _walk(self, seeds: bool) -> Iterator[Variable]:
        seen: set[int] = set()
        for layer in self._flatten_layers():
            tracker = layer._own.tracker
            states = [seed.state for seed in tracker.seeds] if seeds else []
            for variable in (*tracker.trainable, *tracker.non_trainable, *states):
                if id(variable) not in seen:
                    seen.add(id(variable))
                    yield variable

    def _flatten_layers(self, include_self: bool = True, recursive: bool = True) -> list[Layer]:
        """The layer and those in it, each once, each before what is in it."""
        found: dict[int, Layer] = {}
        stack: list[tuple[Layer, int]] = [(cast("Layer", self), 0)]
        while stack:
            layer, depth = stack.pop()
            if id(layer) in found:
                continue
            found[id(layer)] = layer
            if recursive or not depth:
                stack.extend((each, depth + 1) for each in reversed(layer._own.tracker.layers))
        layers = list(found.values())
        return layers if include_self else layers[1:]

    # What Keras's layers keep under these names. A subclass may set attributes of the same names.
    _layers = Shown(lambda layer: layer._own.tracker.layers)
    _metrics = Shown(lambda layer: layer._own.tracker.metrics)
    _trainable_variables = Shown(lambda layer: layer._own.tracker.trainable)
    _non_trainable_variables = Shown(lambda layer: layer._own.tracker.non_trainable)
    _seed_generators = Shown(lambda layer: layer._own.tracker.seeds)

    @property
    def trainable_variables(self) -> list[Variable]:
        """Those of `variables` that optimizers change."""
        return [v for v in self._listed(seeds=True) if v.trainable] if self.trainable else []

    @property
    def non_trainable_variables(self) -> list[Variable]:
        """The other `variables`."""
        return [v for v in self._listed(seeds=True) if not v.trainable] if self.trainable else self.variables

    @property
    def trainable_weights(self) -> list[Variable]:
        """Those of `weights` that optimizers change."""
        return [v for v in self._listed(seeds=False) if v.trainable] if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """The other `weights`."""
        return [v for v in self._listed(seeds=False) if not v.trainable] if self.trainable else self.weights

    @property
    def trainable(self) -> bool:
        """Whether optimizers change its weights. Setting it sets it in all sublayers."""
        return self._own.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        value = checked_flag(value, "trainable", self)
        for layer in self._flatten_layers():
            layer._own.trainable = value
            changed(layer, "trainable")
            fixed = {id(variable) for variable in layer._own.fixed}
            for variable in layer._own.tracker.trainable:
                variable.trainable = value and id(variable) not in fixed

    @property
    def metrics(self) -> list[Any]:
        """Its metrics and those of its sublayers."""
        return [metric for layer in self._flatten_layers() for metric in layer._own.tracker.metrics]

    @property
    def metrics_variables(self) -> list[Variable]:
        """The variables of `metrics`."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def get_weights(self) -> list[np.ndarray]:
        """The values of `weights` as arrays."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assign all of `weights`, in their order."""
        variables = self.weights
        if weights and not variables and not self.built:
            raise NotBuiltError(f"{title(self)} has no weights yet. Received {len(weights)}. Call or build it first.")
        if len(weights) != len(variables):
            raise WeightsMismatchError(f"{title(self)} has {len(variables)} weights. Received {len(weights)}.")
        for variable, value in zip(variables, weights, strict=True):
            if tuple(np.shape(value)) != variable.shape:
                raise WeightsMismatchError(
                    f"Weight {variable.path!r} needs shape {variable.shape}. Received {tuple(np.shape(value))}."
                )
        for variable, value in zip(variables, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """The number of numbers in `weights`."""
        if not self.built:
            raise NotBuiltError(
                f"{title(self)} has no weights to count yet. Call it on data, or `build(input_shape)` it."
            )
        return sum(variable.size for variable in self.weights)

    def on_host(self) -> OnHost:
        """Return the layer as a function from NumPy arrays to NumPy arrays, for the making of data.

        It has a copy of the weights and computes with NumPy. It may run while a batch is fetched ahead of the step, in
        `map` functions of data sets, and in worker processes of loaders. Where it is called in line, as the first batch
        of each epoch is, it sees whether the weights have changed, and takes a new copy if so.

        Returns:
            An `OnHost`, called like the layer.

        Raises:
            NotBuiltError: if the layer does not have its weights yet.

        Example:
            >>> import numpy as np
            >>> from keraslite import layers
            >>> layer = layers.Dense(2, kernel_initializer="ones")
            >>> layer.build((None, 3))
            >>> layer.on_host()(np.ones((1, 3), "float32")).tolist()
            [[3.0, 3.0]]
        """
        return OnHost(cast("Layer", self))

    def _copy_for(self, engine: str) -> Layer:
        """A copy with its weights on another engine."""
        return copied(cast("Layer", self), engine)

    def save_own_variables(self, store: Any) -> None:
        """Put the layer's own weights, not those of sublayers, into `store` under "0", "1", ..."""
        for index, variable in enumerate(own_variables(cast("Layer", self))):
            store[str(index)] = variable.numpy()

    def load_own_variables(self, store: object) -> None:
        """Assign the layer's own weights from `store`."""
        load_variables(cast("Layer", self), store, own_variables(cast("Layer", self)))


def checked_flag(value: object, name: str, layer: object) -> bool:
    """True or False, or a number that equals one of them."""
    if isinstance(value, (bool, int, np.bool_)) and value in (0, 1):
        return bool(value)
    raise ArgumentError(f"`{type(layer).__name__}` needs `{name}` to be True or False. Received {name}={value!r}.")


def load_variables(layer: Layer, store: Any, variables: list[Any]) -> None:
    """Assign `store`'s "0", "1", ... to variables."""
    if len(store.keys()) != len(variables):
        raise WeightsMismatchError(
            f"Layer {layer.path!r} has {len(variables)} weights of its own. Received {len(store.keys())}."
            + ("" if layer.built else " It is not built: call it or `build(input_shape)` it first.")
        )
    for index, variable in enumerate(variables):
        value = np.asarray(store[str(index)])
        if value.shape != variable.shape:
            raise WeightsMismatchError(
                f"Weight {variable.path!r} needs shape {variable.shape}. Received {value.shape}."
            )
        variable.assign(value)


def bind(
    layer: Layer,
    bound: dict[scopes.VariableBase, object],
    variables: list[Variable],
    values: Iterable[Tensor],
    name: str,
) -> None:
    """Let `values` stand for `variables`."""
    values = list(values)
    if len(values) != len(variables):
        raise ArgumentError(
            f"`{type(layer).__name__}.stateless_call` needs `{name}` to be {len(variables)} tensors, one for each of "
            f"the layer's. Received {len(values)}."
        )
    for variable, value in zip(variables, values, strict=True):
        native = registry.engine_of(value) is variable.engine
        bound[variable] = value if native else variable._fit(value)
