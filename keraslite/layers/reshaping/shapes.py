"""Layers that only rearrange: Flatten, Reshape, Permute, RepeatVector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, LayerOptions
from keraslite.ops.dimension import Dimension
from keraslite.serialization import builtin

#: -1 is a size that follows from the others; a `Dimension` is a size of a symbolic tensor.
_SIZE = (ranges.integer(-1) | ranges.instance(Dimension, "a Dimension", lambda: 2)).saying("an integer of at least -1")


@builtin("keras.layers")
class Flatten(Layer):
    """Joins all axes but the batch into one.

    Args:
        data_format: "channels_last", "channels_first" (channels, axis 1, are moved last first, so that weights behind
            the layer fit both formats), or None for `config.image_data_format()`. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, ...)`.

    Output:
        `(batch, features)`; `(batch, 1)` for an input `(batch,)`.

    Raises:
        ArgumentError: if `data_format` is none of these; in a call, if the input has no axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Flatten()(Input((4, 5))).shape
        (None, 20)
    """

    is_weightless = True
    argument_checks = ranges.checks(data_format=FORMAT)

    def __init__(self, data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:
        if self.data_format == "channels_first" and len(inputs.shape) > 2:
            inputs = ops.moveaxis(inputs, 1, -1)
        sizes = ops.shape(inputs)
        return ops.reshape(inputs, (sizes[0], math.prod(sizes[1:])))


@builtin("keras.layers")
class Reshape(Layer):
    """Changes the shape of each sample.

    Args:
        target_shape: sizes without the batch, of at least 0. One may be -1 or None: it follows from the others. An int
            is one size.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, ...)`.

    Output:
        `(batch, *target_shape)`.

    Raises:
        ArgumentError: if `target_shape` is outside its range or has several unknown sizes; in a call, if the input has
            another number of elements.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Reshape((3, -1))(Input((12,))).shape
        (None, 3, 4)
    """

    is_weightless = True
    argument_checks = ranges.checks(target_shape=_SIZE | ranges.items(_SIZE | None))

    def __init__(self, target_shape: int | Sequence[int | None], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        sizes = (target_shape,) if isinstance(target_shape, (int, Dimension)) else tuple(target_shape)
        self.target_shape: tuple[int | None, ...] = sizes
        if sum(n in (-1, None) for n in self.target_shape) > 1:
            raise errors.ArgumentError(
                f"`Reshape` needs at most one unknown size in `target_shape`. Received {self.target_shape}."
            )

    def call(self, inputs: Tensor) -> Tensor:
        sizes = ops.shape(inputs)
        target = tuple(-1 if n is None else n for n in self.target_shape)
        total = math.prod(sizes[1:])
        if -1 in target:
            known = math.prod(n for n in target if n != -1)
            fits, size = not isinstance(total, int) or (known and total % known == 0), total // max(known, 1)
            target = tuple(size if n == -1 else n for n in target)
        else:
            fits = not isinstance(total, int) or total == math.prod(target)
        if not fits:
            raise errors.ArgumentError(
                f"`Reshape` needs as many elements as its input has. Received target_shape={self.target_shape} and "
                f"an input of shape {tuple(inputs.shape)}: {total} elements without the batch. "
                "One size of the target may be -1, to be filled in."
            )
        return ops.reshape(inputs, (sizes[0], *target))


class Permutation(ranges.Range):
    """1 to the number of axes in any order."""

    words = "a permutation of 1, 2, 3, ..."
    advice = "The batch is axis 0 and stays."
    _items = ranges.items(ranges.axis, low=1)

    def accept(self, value: object) -> Any:
        axes = self._items.accept(value)
        if sorted(axes) != list(range(1, len(axes) + 1)):
            raise ranges.Refused(f"a permutation of 1 to {len(axes)}")
        return axes

    def good(self) -> list[object]:
        return [(1,), [2, 1], np.array([3, 1, 2])]

    def bad(self) -> list[object]:
        return [(0, 1), (1, 3), (1, 1), (), "12", 1, None, [1.5]]


@builtin("keras.layers")
class Permute(Layer):
    """Reorders the axes of each sample.

    Args:
        dims: a permutation of 1, 2, ...: for each axis of the output, the axis of the input that it comes from. The
            batch, axis 0, stays.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor with one axis more than `dims` has entries.

    Output:
        the same sizes in the new order.

    Raises:
        ArgumentError: if `dims` is no permutation; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Permute((2, 1))(Input((10, 64))).shape
        (None, 64, 10)
    """

    is_weightless = True
    argument_checks = ranges.checks(dims=Permutation())

    def __init__(self, dims: Sequence[int], **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.transpose(inputs, (0, *self.dims))


@builtin("keras.layers")
class RepeatVector(Layer):
    """Repeats each sample, a vector, `n` times.

    Args:
        n: how often, a positive int.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, features)`.

    Output:
        `(batch, n, features)`.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.RepeatVector(3)(Input((32,))).shape
        (None, 3, 32)
    """

    is_weightless = True
    argument_checks = ranges.checks(n=ranges.positive_int)

    def __init__(self, n: int, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Tensor) -> Tensor:
        return ops.repeat(ops.expand_dims(inputs, 1), self.n, axis=1)
