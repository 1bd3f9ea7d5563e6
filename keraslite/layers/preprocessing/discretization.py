"""Discretization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, cast

import numpy as np

from keraslite import ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.errors import ArgumentError, StateError
from keraslite.layers.holding import Holding
from keraslite.layers.names import title
from keraslite.layers.preprocessing.batches import number_batches
from keraslite.layers.preprocessing.encoding import encoded_shape
from keraslite.layers.preprocessing.hash_layer import refuse_sparse
from keraslite.layers.preprocessing.hot import hot
from keraslite.layers.preprocessing.number_layer import NumberLayer
from keraslite.layers.preprocessing.quantiles import Quantiles
from keraslite.layers.preprocessing.types import Config, Nest
from keraslite.layers.types import DTypeLike, InputShape
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization import builtin

__all__ = ["Discretization"]

DiscretizationMode: TypeAlias = Literal["int", "one_hot", "multi_hot", "count"]


@builtin("keras.layers")
class Discretization(Holding, NumberLayer):
    """Turns numbers into the numbers of the intervals that they lie in.

    It runs on the engine, compiled with the model. The intervals are given, or learned by `adapt`, so that about as
    many values lie in each. The first and the last one have no end.

    Args:
        bin_boundaries: where intervals meet, in rising order: `[0, 1]` makes three, `(-inf, 0)`, `[0, 1)` and
            `[1, inf)`. Default: None, to be learned.
        num_bins: number of intervals that `adapt` finds, a positive int. Default: None, with `bin_boundaries`.
        epsilon: the error that `adapt` may make, as a part of the number of values, in (0, 1). Up to a million values
            there is none. Default: 0.01.
        output_mode: "int": the number of the interval. "one_hot": a vector per element. "multi_hot" and "count": a
            vector per row, of ones or of counts. Default: "int".
        sparse: only False: there are no sparse tensors.
        dtype: dtype of vectors. Default: None, the active policy's.
        name: name of the layer. Default: None, a name made from that of the class.

    Input:
        Numbers of any shape.

    Output:
        "int": the shape of the input, int32. "one_hot": `(..., bins)`. Otherwise `(batch, bins)`, one vector per row.

    Raises:
        ArgumentError: if an argument is outside its range; if both or none of `bin_boundaries` and `num_bins` are
            given.
        StateError: if it is called before it has boundaries.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.Discretization(num_bins=4)
        >>> layer.adapt([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]])
        >>> ops.convert_to_numpy(layer([[-1.5, 1.0, 3.4, 0.5]])).tolist()
        [[0, 2, 3, 2]]
    """

    argument_checks = ranges.checks(
        bin_boundaries=ranges.items(ranges.number(), low=1) | None,
        num_bins=ranges.positive_int | None,
        epsilon=ranges.number(above=0, below=1),
        output_mode=ranges.one_of("int", "one_hot", "multi_hot", "count"),
        sparse=ranges.flag,
    )
    is_weightless = True
    output_mode: DiscretizationMode

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: DiscretizationMode = "int",
        sparse: bool = False,
        dtype: DTypeLike = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        refuse_sparse("Discretization", sparse)
        if (bin_boundaries is None) == (num_bins is None):
            raise ArgumentError(
                "`Discretization` needs either `num_bins` or `bin_boundaries`. Received "
                f"num_bins={num_bins} and bin_boundaries={bin_boundaries!r:.40}."
            )
        self.bin_boundaries = None if bin_boundaries is None else [float(each) for each in bin_boundaries]
        if self.bin_boundaries is not None and sorted(self.bin_boundaries) != self.bin_boundaries:
            raise ArgumentError(f"`Discretization` needs `bin_boundaries` in rising order. Received {bin_boundaries}.")
        self.num_bins, self.epsilon = num_bins, epsilon
        self.output_mode, self.sparse = output_mode, False
        self.autocast = False
        self._quantiles = Quantiles(epsilon)

    # ---- learning -----------------------------------------------------------------------------------------------

    def adapt(self, data: object, steps: int | None = None, verbose: int = 0) -> None:
        """Find boundaries that divide data into parts of about one size.

        Args:
            data: an array, a list, a tensor, or anything that makes batches, such as a generator or a data set.
            steps: the number of batches to read. Default: None, all.
            verbose: 0 shows nothing, 1 how many batches were read, 2 the same at the end only. Default: 0.

        Raises:
            StateError: if the layer was made with `bin_boundaries`.
            ArgumentError: if the data holds no numbers.
        """
        self.reset_state()
        for batch in number_batches(data, steps=steps, verbose=verbose):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget what `update_state` has seen."""
        self._quantiles = Quantiles(self.epsilon)

    def update_state(self, data: object) -> None:
        """Take a batch into account.

        Args:
            data: numbers of any shape.
        """
        if self.num_bins is None:
            raise StateError(
                f"{title(self)} needs `num_bins` to be adapted. Received `bin_boundaries` when it was made."
            )
        array = np.asarray(ops.convert_to_numpy(data) if not isinstance(data, np.ndarray) else data)
        if array.dtype.kind not in "biuf":
            raise ArgumentError(f"{title(self)} needs numbers to adapt to. Received an array of dtype {array.dtype}.")
        self._quantiles.add(array)

    def finalize_state(self) -> None:
        """Set the boundaries from what was seen."""
        if not self._quantiles.count:
            raise ArgumentError(f"{title(self)} needs at least one number to adapt to. Received none.")
        count = cast(int, self.num_bins)
        self.bin_boundaries = self._quantiles.at(np.arange(1, count) / count).astype("float32").tolist()
        self._quantiles = Quantiles(self.epsilon)

    # ---- calls --------------------------------------------------------------------------------------------------

    @property
    def _depth(self) -> int:
        if self.bin_boundaries is None:
            return cast(int, self.num_bins)
        return len(self.bin_boundaries) + 1

    @property
    def output_dtype(self) -> str:
        """The dtype of what it returns."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def call(self, inputs: Tensor) -> Tensor:
        if self.bin_boundaries is None:
            raise StateError(f"{title(self)} needs boundaries. Call `adapt`, or give it `bin_boundaries`, first.")
        if self._depth == 1:
            bins = ops.zeros_like(inputs, dtype="int32")
        else:
            bins = ops.digitize(inputs, self._boundaries_for(inputs))
        return hot(bins, self._depth, self.output_mode, self.compute_dtype)

    def _boundaries_for(self, inputs: Tensor) -> TensorLike:
        """The boundaries, rounded as the inputs are, so that a number equal to a boundary lies above it."""
        dtype = ops.dtype(inputs)
        if dtype in ("float64", "float32") or not dtype.startswith(("float", "bfloat")):
            return np.asarray(self.bin_boundaries, "float64" if dtype == "float64" else "float32")
        return ops.cast(ops.convert_to_tensor(self.bin_boundaries, "float32"), dtype)

    def compute_output_shape(self, input_shape: InputShape) -> InputShape:
        """Return the shape of the outputs.

        Args:
            input_shape: shape of the inputs, None for unknown sizes.
        """
        if self.output_mode == "int":
            return tuple(input_shape)
        return encoded_shape(tuple(input_shape), self._depth, self.output_mode)

    def compute_output_spec(self, inputs: SymbolicTensor) -> SymbolicTensor:
        """Return the symbolic outputs.

        Args:
            inputs: the symbolic inputs.
        """
        if self.output_mode == "int":
            return SymbolicTensor(inputs.dims, "int32")
        return SymbolicTensor(encoded_shape(tuple(inputs.dims), self._depth, self.output_mode), self.compute_dtype)

    @classmethod
    def from_config(cls, config: Config, custom_objects: Mapping[str, object] | None = None) -> Nest:
        """Make a layer.

        Args:
            config: what `get_config` returned, which has both arguments once the boundaries are learned.
            custom_objects: classes and functions by the names that `config` has for them. Default: None.
        """
        learned = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        layer = super().from_config(
            {**config, "bin_boundaries": None} if learned is not None else config, custom_objects
        )
        if learned is not None:
            layer.bin_boundaries = list(learned)
        return layer

    def get_config(self) -> Config:
        config = {key: value for key, value in super().get_config().items() if key != "trainable"}
        return {**config, "dtype": self.dtype_policy.name}
