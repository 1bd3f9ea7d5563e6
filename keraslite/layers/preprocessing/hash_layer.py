"""`HashLayer`: the base of layers on the host that return numbers of bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from keraslite import ranges
from keraslite.backend import dtypes, registry
from keraslite.errors import ArgumentError, MissingCapabilityError
from keraslite.layers.host_layer import HostLayer
from keraslite.layers.preprocessing.encoding import OutputMode, encoded, encoded_shape
from keraslite.layers.preprocessing.texts import text_arrays
from keraslite.layers.preprocessing.types import Nest
from keraslite.layers.types import LayerOptions
from keraslite.ops.symbolic import SymbolicTensor

__all__ = ["HashLayer", "refuse_sparse"]


class HashLayer(HostLayer):
    """What `Hashing` and `HashedCrossing` share: bins, and vectors of them."""

    output_mode: OutputMode
    argument_checks = ranges.checks(num_bins=ranges.positive_int, sparse=ranges.flag)

    def __init__(self, num_bins: int, output_mode: OutputMode, sparse: bool, **kwargs: Unpack[LayerOptions]) -> None:
        refuse_sparse(type(self).__name__, sparse)
        if output_mode == "int" and kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64"
        super().__init__(**kwargs)
        if output_mode == "int" and not dtypes.is_int(self.compute_dtype):
            raise ArgumentError(
                f'`{type(self).__name__}` needs an integer dtype with `output_mode="int"`. Received '
                f"{self.compute_dtype!r}."
            )
        self.num_bins, self.output_mode, self.sparse = num_bins, output_mode, False

    def as_arrays(self, nest: object) -> Nest:
        return text_arrays(nest)

    @property
    def input_dtype(self) -> str:
        """The dtype of what it is called with, where nothing else says it."""
        return "string"

    @property
    def _dtype(self) -> str:
        return registry.current().stored_dtype(self.compute_dtype)

    def _encoded(self, bins: np.ndarray) -> np.ndarray:
        dtype = dtypes.to_numpy_dtype(self.compute_dtype)
        if self.output_mode == "int":
            return bins.astype(dtype)
        return encoded(bins, self.num_bins, self.output_mode, dtype, None)

    def _shape(self, shape: Sequence[Nest]) -> tuple[Nest, ...]:
        if self.output_mode == "int":
            return tuple(shape)
        return encoded_shape(tuple(shape), self.num_bins, self.output_mode)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return self._shape(input_shape)

    def compute_output_spec(self, inputs: Nest) -> SymbolicTensor:
        return SymbolicTensor(self._shape(inputs.dims), self._dtype)


def refuse_sparse(name: str, sparse: bool) -> None:
    """Raise if sparse outputs are asked for."""
    if sparse:
        raise MissingCapabilityError(f"`{name}` needs `sparse=False`: there are no sparse tensors. Received True.")
