"""CategoryEncoding."""

from __future__ import annotations

from typing import Literal, TypeAlias, Unpack

from keraslite import ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers import ids
from keraslite.layers.names import title
from keraslite.layers.preprocessing.hash_layer import refuse_sparse
from keraslite.layers.preprocessing.hot import hot
from keraslite.layers.preprocessing.number_layer import NumberLayer
from keraslite.layers.types import LayerOptions
from keraslite.ops.core import as_tensor
from keraslite.serialization import builtin

__all__ = ["CategoryEncoding"]

CategoryMode: TypeAlias = Literal["one_hot", "multi_hot", "count"]


@builtin("keras.layers")
class CategoryEncoding(NumberLayer):
    """Encodes integers as vectors that say which of `num_tokens` categories are there.

    It runs on the engine, compiled with the model.

    Args:
        num_tokens: number of categories, a positive int.
        output_mode: "one_hot": a vector per element. "multi_hot" and "count": a vector per row, of ones, or of counts
            (or sums of `count_weights`). Default: "multi_hot".
        sparse: only False: there are no sparse tensors.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(...)`, whole numbers in `[0, num_tokens)`. Floats are cut to ints. With `output_mode="count"`,
        `count_weights` of the same shape may say how much each element counts.

    Output:
        "one_hot": `(..., num_tokens)`, without a last axis of size 1 of the input. Otherwise `(batch, num_tokens)`.
        In the compute dtype.

    Raises:
        ArgumentError: if an argument is outside its range; if `count_weights` come with another `output_mode`.
        OutOfRangeError: in `fit`, `evaluate` and `predict`, and in calls with host arrays, if an element is outside
            the categories. On a device such elements count for nothing.

    Example:
        >>> from keraslite import layers, ops
        >>> layer = layers.CategoryEncoding(num_tokens=4, output_mode="count")
        >>> ops.convert_to_numpy(layer([[0, 1], [0, 0]])).tolist()
        [[1.0, 1.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0]]
    """

    argument_checks = ranges.checks(
        num_tokens=ranges.positive_int,
        output_mode=ranges.one_of("one_hot", "multi_hot", "count"),
        sparse=ranges.flag,
    )
    config_excludes = frozenset(("sparse",))
    is_weightless = True
    takes_indices = True
    output_mode: CategoryMode

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: CategoryMode = "multi_hot",
        sparse: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        refuse_sparse("CategoryEncoding", sparse)
        if num_tokens is None:
            raise ArgumentError(
                "`CategoryEncoding` needs `num_tokens`. Received None. If the number is not known, use `IntegerLookup`."
            )
        self.num_tokens, self.output_mode, self.sparse = num_tokens, output_mode, False
        self.autocast = False

    def call(self, inputs: Tensor, count_weights: Tensor | None = None) -> Tensor:
        """Encode categories.

        Args:
            inputs: integers in `[0, num_tokens)`.
            count_weights: with `output_mode="count"`, what each category counts, of the shape of `inputs`. Default:
                None, each counts 1.
        """
        self._check_mode(count_weights)
        inputs = as_tensor(inputs)
        ids.look_up(self, inputs, self.num_tokens)
        if not dtypes.is_int(dtypes.canonical(inputs.dtype)):
            inputs = ops.cast(inputs, "int32")
        return hot(inputs, self.num_tokens, self.output_mode, self.compute_dtype, count_weights)

    def _check_mode(self, count_weights: object) -> None:
        if count_weights is not None and self.output_mode != "count":
            raise ArgumentError(
                f'{title(self)} needs `output_mode="count"` with `count_weights`. Received {self.output_mode!r}.'
            )
