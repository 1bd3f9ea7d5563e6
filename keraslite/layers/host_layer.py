"""`HostLayer`: a layer that works on the host and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from keraslite import ops, tree
from keraslite.backend import dtypes, registry
from keraslite.backend.tracebacks import shorten
from keraslite.errors import StateError
from keraslite.layers.base import Layer
from keraslite.layers.call_context import CallInfo, context
from keraslite.layers.names import title
from keraslite.layers.on_host import apart, arrays, is_list_of_values
from keraslite.layers.preprocessing.types import Nest
from keraslite.layers.state import LayerState
from keraslite.ops.symbolic import SymbolicTensor

if TYPE_CHECKING:
    from keraslite.backend.contract import Engine, Tensor

__all__ = ["HostLayer"]


class HostLayerState(LayerState):
    """The state of a layer on the host.

    Attributes:
        is_inner: whether it was called by another layer or a model.
    """

    __slots__ = ("is_inner",)

    def __init__(self, layer: Layer, info: CallInfo):
        super().__init__(layer, info)
        self.is_inner = False


class HostLayer(Layer):
    """A layer that computes on the host, with NumPy arrays, which may hold texts.

    A subclass writes `call(self, inputs)` from NumPy arrays to NumPy arrays, and `compute_output_spec`. Where it is
    called, arrays, lists and tensors of any engine become NumPy arrays; numbers that it returns become tensors of the
    active engine, and texts stay NumPy arrays. In a functional or `Sequential` model, `fit` and the like run those
    layers that stand at its inputs when they make a batch, ahead of the step. In `tf.data.Dataset.map` it is called
    each time that the data set runs, and returns tensors of TensorFlow.

    It has no weights. What it knows is plain Python or NumPy, and it keeps that in files by `save_assets` and
    `save_own_variables`.

    Args:
        **kwargs: `name`, `dtype` and the other keywords of every layer (see `Layer`).

    Raises:
        StateError: if it is called with a tensor that another program traces, such as `jax.jit`, which has no values.

    Example:
        >>> import numpy as np
        >>> import keraslite as keras
        >>> class Length(keras.layers.HostLayer):
        ...     def call(self, inputs):
        ...         return np.strings.str_len(inputs)
        ...
        ...     def compute_output_spec(self, inputs):
        ...         return keras.KerasTensor(inputs.shape, "int32")
        >>> model = keras.Sequential([keras.Input((2,), dtype="string"), Length()])
        >>> model.predict(np.array([["a", "abc"]]), verbose=0).tolist()
        [[1, 3]]
    """

    _state_class: ClassVar[type[LayerState]] = HostLayerState
    _own: HostLayerState
    runs_on_host: ClassVar[bool] = True
    is_weightless = True

    def __call__(self, *args: Nest, **kwargs: Nest) -> Nest:
        try:
            self._check_initialized()
            if context.get() is not None:
                self._own.is_inner = True
            leaves = tree.leaves([x for x in (*args, *kwargs.values()) if not is_list_of_values(x)])
            if any(isinstance(x, SymbolicTensor) for x in leaves):
                return super().__call__(*args, **kwargs)
            engine = _traced_by(leaves)
            if engine is not None:
                return _when_it_runs(self, engine, args, kwargs)
            return tree.map(_to_engine, self._on_arrays(args, kwargs))
        except Exception as error:
            shorten(error)
            raise

    def _on_arrays(self, args: tuple[Nest, ...], kwargs: dict[str, Nest]) -> Nest:
        return self.call(*map(self.as_arrays, args), **self.as_arrays(kwargs))

    def as_arrays(self, nest: object) -> Nest:
        """Return an argument of a call as `call` receives it.

        Args:
            nest: an array, a list, a tensor of any engine, or a nest of these.

        Returns:
            The same with a NumPy array for each. A subclass may decide otherwise, for instance how lists are read.
        """
        return arrays(nest)


def _traced_by(leaves: list[object]) -> Engine | None:
    """The engine that traces one of these tensors, None if all have values."""
    for x in leaves:
        engine = registry.engine_of(x)
        if engine is not None and "host_arrays" not in engine.capabilities and engine.is_tracing():
            return engine
    return None


def _when_it_runs(layer: HostLayer, engine: Engine, args: tuple[Nest, ...], kwargs: dict[str, Nest]) -> Nest:
    """The tensors that a traced program will have when it runs and calls the layer."""
    if "host_calls" not in engine.capabilities:
        raise StateError(
            f"{title(layer)} runs on the host and needs values. Received a tensor that is being traced. Put the layer "
            "at an input of a functional or `Sequential` model, or call it on values before."
        )
    leaves, structure = tree.split((args, kwargs))
    traced = [i for i, x in enumerate(leaves) if registry.engine_of(x) is engine]
    tensors = [engine.to_tensor(leaves[i]) for i in traced]

    def filled(values: Sequence[object]) -> Nest:
        new = list(leaves)
        for i, value in zip(traced, values, strict=True):
            new[i] = value
        return tree.unflatten(structure, new)

    symbolic_args, symbolic_kwargs = filled([_symbolic(layer, engine, x) for x in tensors])
    with apart(engine):
        specs, outputs = tree.split(layer.compute_output_spec(*symbolic_args, **symbolic_kwargs))
    results = engine.call_on_host(
        lambda arrays: tree.leaves(layer._on_arrays(*filled(arrays))), tensors, [(x.shape, x.dtype) for x in specs]
    )
    return tree.unflatten(outputs, results)


def _symbolic(layer: HostLayer, engine: Engine, x: Tensor) -> SymbolicTensor:
    try:
        sizes = engine.shape(x)
    except ValueError as error:
        raise StateError(f"{title(layer)} needs tensors of known rank. Received one of unknown rank.") from error
    return SymbolicTensor([size if isinstance(size, int) else None for size in sizes], engine.dtype_name(x))


def _to_engine(x: object) -> object:
    return ops.convert_to_tensor(x) if isinstance(x, np.ndarray) and dtypes.is_numeric(x.dtype) else x
