"""`HostLayer`: a layer that works on the host and nowhere else."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from keraslite import ops, tree
from keraslite.backend import dtypes, registry
from keraslite.backend.tracebacks import shorten
from keraslite.errors import StateError
from keraslite.layers.base import Layer
from keraslite.layers.names import title
from keraslite.layers.on_host import arrays, is_list_of_values
from keraslite.layers.preprocessing.types import Nest
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["HostLayer"]


class HostLayer(Layer):
    """A layer that computes on the host, with NumPy arrays, which may hold texts.

    A subclass writes `call(self, inputs)` from NumPy arrays to NumPy arrays, and `compute_output_spec`. Where it is
    called, arrays, lists and tensors of any engine become NumPy arrays; numbers that it returns become tensors of the
    active engine, and texts stay NumPy arrays. In a functional or `Sequential` model, `fit` and the like run those
    layers that stand at its inputs when they make a batch, ahead of the step.

    It has no weights. What it knows is plain Python or NumPy, and it keeps that in files by `save_assets` and
    `save_own_variables`.

    Args:
        **kwargs: `name`, `dtype` and the other keywords of every layer (see `Layer`).

    Raises:
        StateError: if it is called with a tensor that is being traced, which has no values.

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

    runs_on_host: ClassVar[bool] = True
    is_weightless = True

    def __call__(self, *args: Nest, **kwargs: Nest) -> Nest:
        try:
            self._check_initialized()
            leaves = tree.leaves([x for x in (*args, *kwargs.values()) if not is_list_of_values(x)])
            if any(isinstance(x, SymbolicTensor) for x in leaves):
                return super().__call__(*args, **kwargs)
            for x in leaves:
                _check_has_values(self, x)
            args, kwargs = tuple(map(self.as_arrays, args)), self.as_arrays(kwargs)
            return tree.map(_to_engine, self.call(*args, **kwargs))
        except Exception as error:
            shorten(error)
            raise

    def as_arrays(self, nest: object) -> Nest:
        """Return an argument of a call as `call` receives it.

        Args:
            nest: an array, a list, a tensor of any engine, or a nest of these.

        Returns:
            The same with a NumPy array for each. A subclass may decide otherwise, for instance how lists are read.
        """
        return arrays(nest)


def _check_has_values(layer: Layer, x: object) -> None:
    engine = registry.engine_of(x)
    if engine is not None and "host_arrays" not in engine.capabilities and engine.is_tracing():
        raise StateError(
            f"{title(layer)} runs on the host and needs values. Received a tensor that is being traced. Put the layer "
            "at an input of a functional or `Sequential` model, or call it on values before. Within "
            "`tf.data.Dataset.map`, use `tf.numpy_function(layer.on_host(), [x], dtype)`."
        )


def _to_engine(x: object) -> object:
    return ops.convert_to_tensor(x) if isinstance(x, np.ndarray) and dtypes.is_numeric(x.dtype) else x
