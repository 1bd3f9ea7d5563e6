"""Add, Subtract, Multiply, Average, Maximum, Minimum: as layers and as functions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Unpack

from keraslite import masking, ops
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers.merging.base import Merge, with_rank
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Add(Merge):
    """Adds a list of tensors.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Add()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [4.0, 6.0]
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return reduce(ops.add, inputs)


@builtin("keras.layers")
class Subtract(Merge):
    """Subtracts the second of two tensors from the first.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of two tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of two tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Subtract()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [-2.0, 2.0]
    """

    count = 2

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return ops.subtract(inputs[0], inputs[1])


@builtin("keras.layers")
class Multiply(Merge):
    """Multiplies a list of tensors.

    A masked step of an input counts as 1. A step that is masked in all inputs gives 0.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Multiply()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [3.0, 8.0]
    """

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        masks = [masking.get_mask(x) for x in self._check(inputs)]
        if all(mask is None for mask in masks):
            return super().call(inputs)
        output = super().call([_where(m, x, ops.ones_like(x)) for m, x in zip(masks, inputs, strict=True)])
        return _where(self.compute_mask(inputs, masks), output, ops.zeros_like(output))

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return reduce(ops.multiply, inputs)


def _where(mask: Tensor | None, x: Tensor, other: Tensor) -> Tensor:
    """`x` at the steps that a mask leaves, `other` at those it hides."""
    return x if mask is None else ops.where(_spread(mask, x), x, other)


def _spread(mask: Tensor, x: Tensor) -> Tensor:
    """A mask with an axis of size 1 for each further axis of `x`."""
    while len(mask.shape) < len(x.shape):
        mask = ops.expand_dims(mask, -1)
    return mask


@builtin("keras.layers")
class Average(Merge):
    """Averages a list of tensors.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Average()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [2.0, 3.0]
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return ops.divide(reduce(ops.add, inputs), len(inputs))


class _Extreme(Merge):
    """One of its inputs, element by element. Masked steps do not count; where all are masked, the first input does."""

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        masks = [masking.get_mask(x) for x in self._check(inputs)]
        if all(mask is None for mask in masks):
            return super().call(inputs)
        rank = max(len(x.shape) for x in inputs)
        masks = [None if m is None else with_rank(_spread(m, x), rank) for m, x in zip(masks, inputs, strict=True)]
        (result, *others), (counts, *more) = [with_rank(x, rank) for x in inputs], masks
        for x, mask in zip(others, more, strict=True):
            merged = self.merge([result, x])
            merged = merged if mask is None else ops.where(mask, merged, result)
            if counts is not None:
                found = x if mask is None else ops.where(mask, x, result)
                merged = ops.where(counts, merged, found)
            counts = None if mask is None or counts is None else ops.logical_or(counts, mask)
            result = merged
        return result


@builtin("keras.layers")
class Maximum(_Extreme):
    """Takes the largest of several tensors, element by element.

    A masked step of an input does not count. A step that is masked in all inputs is that of the first.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Maximum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [3.0, 4.0]
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return reduce(ops.maximum, inputs)


@builtin("keras.layers")
class Minimum(_Extreme):
    """Takes the smallest of several tensors, element by element.

    A masked step of an input does not count. A step that is masked in all inputs is that of the first.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes broadcast. One with fewer axes gets axes of size 1 after the batch.

    Output:
        the shape that they broadcast to. Its mask is the union of the inputs' masks, or none where an input has none.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Minimum()([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [1.0, 2.0]
    """

    def merge(self, inputs: Sequence[Tensor]) -> Tensor:
        return reduce(ops.minimum, inputs)


def add(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Adds a list of tensors.

    Args:
        inputs: a list of tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Add`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Add(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.add([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [4.0, 6.0]
    """
    return Add(**kwargs)(inputs)


def subtract(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Subtracts the second of two tensors from the first.

    Args:
        inputs: a list of two tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Subtract`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Subtract(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of two tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.subtract([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [-2.0, 2.0]
    """
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Multiplies a list of tensors.

    Args:
        inputs: a list of tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Multiply`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Multiply(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.multiply([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [3.0, 8.0]
    """
    return Multiply(**kwargs)(inputs)


def average(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Averages a list of tensors.

    Args:
        inputs: a list of tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Average`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Average(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.average([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [2.0, 3.0]
    """
    return Average(**kwargs)(inputs)


def maximum(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Takes the largest of several tensors, element by element.

    Args:
        inputs: a list of tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Maximum`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Maximum(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.maximum([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [3.0, 4.0]
    """
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Sequence[TensorLike], **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Takes the smallest of several tensors, element by element.

    Args:
        inputs: a list of tensors whose shapes broadcast.
        **kwargs: keywords of `layers.Minimum`.

    Returns:
        A tensor of the shape that they broadcast to. This is `layers.Minimum(**kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.minimum([np.array([1.0, 4.0]), np.array([3.0, 2.0])])).tolist()
        [1.0, 2.0]
    """
    return Minimum(**kwargs)(inputs)
