"""HashedCrossing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict, Unpack

import numpy as np

from keraslite import ranges
from keraslite.errors import ArgumentError
from keraslite.layers.names import title
from keraslite.layers.preprocessing.hash_layer import HashLayer
from keraslite.layers.preprocessing.hashes import crossed, fingerprints
from keraslite.layers.preprocessing.texts import packed_parts, text_arrays
from keraslite.layers.preprocessing.types import Config, Nest
from keraslite.layers.types import DTypeLike, RegularizerLike, SizesLike
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.serialization import builtin

__all__ = ["HashedCrossing"]


class CrossingOptions(TypedDict, total=False):
    """Keywords of every layer, for a layer with parameters `name` and `dtype`."""

    trainable: bool
    autocast: bool
    activity_regularizer: RegularizerLike
    input_shape: SizesLike
    batch_input_shape: Sequence[int | None]
    batch_size: int | None
    input_dtype: DTypeLike


@builtin("keras.layers")
class HashedCrossing(HashLayer):
    """Turns pairs (or longer rows) of categorical values into the numbers of bins, by a hash of each pair.

    It works on the host with NumPy, on every engine, like `StringLookup`.

    Args:
        num_bins: number of bins, a positive int.
        output_mode: "int": the number of the bin. "one_hot": a vector. Default: "int".
        sparse: only False: there are no sparse tensors.
        name: name of the layer. Default: None, a name made from that of the class.
        dtype: dtype of the output. Default: None, which is "int64" for "int" and floatx for "one_hot".
        **kwargs: `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        A list or tuple of features of one shape, `(batch,)`, `(batch, 1)` or `()`: texts or integers each.

    Output:
        "int": the shape of a feature, int64 (int32 where the engine has no int64). "one_hot": `(batch, num_bins)`.

    Raises:
        ArgumentError: if an argument is outside its range; if features have different shapes, or are floats.
        MissingCapabilityError: if `sparse` is True.

    Source:
        Weinberger et al., "Feature hashing for large scale multitask learning", 2009.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.HashedCrossing(num_bins=5)
        >>> ops.convert_to_numpy(layer((["A", "B", "A"], [101, 101, 102]))).tolist()
        [1, 4, 3]
    """

    argument_checks = ranges.checks(output_mode=ranges.one_of("int", "one_hot"))

    def __init__(
        self,
        num_bins: int,
        output_mode: Literal["int", "one_hot"] = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: DTypeLike = None,
        **kwargs: Unpack[CrossingOptions],
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, name=name, dtype=dtype, **kwargs)

    def as_arrays(self, nest: object) -> Nest:
        return [text_arrays(each) for each in nest] if isinstance(nest, (list, tuple)) else text_arrays(nest)

    def call(self, inputs: Nest) -> Nest:
        features = self._features(inputs)
        shape = features[0].shape
        bins = crossed([self._hashes(each) for each in features]) % self.num_bins
        return self._encoded(bins.astype("int64").reshape(shape))

    def _features(self, inputs: Nest) -> list[np.ndarray]:
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ArgumentError(
                f"{title(self)} needs a list or tuple of at least two features. Received {type(inputs).__name__}."
            )
        shapes = [tuple(np.shape(each)) for each in inputs]
        if len(set(shapes)) > 1:
            raise ArgumentError(f"{title(self)} needs features of one shape. Received shapes {shapes}.")
        if len(shapes[0]) > 2 or (len(shapes[0]) == 2 and shapes[0][1] != 1):
            raise ArgumentError(
                f"{title(self)} needs features of shape (), (batch,) or (batch, 1). Received shapes {shapes}."
            )
        return [np.asarray(each) for each in inputs]

    def _hashes(self, feature: np.ndarray) -> np.ndarray:
        """A number per value, as TensorFlow has it: an integer stands for itself."""
        if feature.dtype.kind in "iu":
            return feature.reshape(-1).astype("int64").view("uint64")
        parts = None if feature.dtype.kind == "f" else packed_parts(feature)
        if parts is None:
            raise ArgumentError(f"{title(self)} needs texts or integers. Received a feature of dtype {feature.dtype}.")
        return np.concatenate([np.zeros(0, "uint64"), *map(fingerprints, parts)])

    def _shape(self, shape: Sequence[Nest]) -> tuple[Nest, ...]:
        is_many = bool(shape) and isinstance(shape[0], (list, tuple))
        return super()._shape(shape[0] if is_many else shape)

    def compute_output_spec(self, inputs: Nest) -> SymbolicTensor:
        """Return the symbolic outputs.

        Args:
            inputs: a list of two or more symbolic features.
        """
        shapes = [x.shape for x in inputs] if isinstance(inputs, (list, tuple)) else [inputs.shape]
        if any(len(shape) != len(shapes[0]) for shape in shapes) or len(shapes) < 2:
            raise ArgumentError(f"{title(self)} needs two or more features of one shape. Received shapes {shapes}.")
        return SymbolicTensor(self._shape(inputs[0].dims), self._dtype)

    def get_config(self) -> Config:
        config = {key: value for key, value in super().get_config().items() if key != "trainable"}
        return {**config, "dtype": self.dtype_policy.name}
