"""ZeroPadding and Cropping, in one to three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, Unpack

import numpy as np

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, Edges, IntOrTuple, LayerOptions
from keraslite.serialization import builtin

_Entry = TypeVar("_Entry")


class Pairs(ranges.Range):
    """(before, after) of each spatial axis, from an int, one int an axis or one pair an axis. One axis: its pair."""

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self._size, self._pair = ranges.unsigned_int, ranges.sizes(2, 0)
        self.words = f"a non-negative integer, or {rank} integers or pairs of them"
        if rank == 1:
            self.words = "a non-negative integer or a pair of them"

    def accept(self, value: object) -> Any:
        if self._size.takes(value):
            pairs = (self._pair.accept(value),) * self.rank
        elif self.rank == 1 and self._pair.takes(value):
            pairs = (self._pair.accept(value),)
        else:
            given = ranges.listed(value, self.words)
            if len(given) != self.rank or not all(self._pair.takes(each) for each in given):
                raise ranges.Refused(self.words)
            pairs = tuple(self._pair.accept(each) for each in given)
        return pairs[0] if self.rank == 1 else pairs

    def good(self) -> list[object]:
        several = [(2,) * self.rank, [(1, 0)] * self.rank] if self.rank > 1 else [[1, 0]]
        return [0, np.int64(1), *several]

    def bad(self) -> list[object]:
        return [-1, 1.5, "1", True, None, np.asarray(0.5), (1,) * (self.rank + 2), [(1, -1)] * self.rank]


class _Edges(Layer):
    """What padding and cropping share."""

    is_weightless = True
    rank: int
    argument: str
    argument_checks = ranges.checks(
        padding=lambda cls: Pairs(cls.rank), cropping=lambda cls: Pairs(cls.rank), data_format=FORMAT
    )

    def _setup(self, value: Any, data_format: DataFormat) -> None:
        setattr(self, self.argument, value)
        self._pairs = (value,) if self.rank == 1 else value
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _spatial(self, entries: Sequence[_Entry], other: _Entry) -> tuple[_Entry, ...]:
        """`entries` on the spatial axes, `other` on batch and channels."""
        last = self.data_format == "channels_last"
        return (other, *entries, other) if last else (other, other, *entries)


class _ZeroPadding(_Edges):
    argument = "padding"

    def call(self, inputs: Tensor) -> Tensor:
        return ops.pad(inputs, self._spatial(self._pairs, (0, 0)))


class _Cropping(_Edges):
    argument = "cropping"
    cropping: Any

    def call(self, inputs: Tensor) -> Tensor:
        first = 1 if self.data_format == "channels_last" else 2
        sizes = inputs.shape[first : first + self.rank]
        for size, (before, after) in zip(sizes, self._pairs, strict=True):
            if size is not None and before + after >= size:
                raise errors.ArgumentError(
                    f"`{type(self).__name__}` needs inputs larger than what it crops. Received an input of shape "
                    f"{tuple(inputs.shape)} and cropping={self.cropping}."
                )
        parts = tuple(slice(before, -after if after else None) for before, after in self._pairs)
        return inputs[self._spatial(parts, slice(None))]


@builtin("keras.layers")
class ZeroPadding1D(_ZeroPadding):
    """Puts zeros before and after the steps of its input.

    Args:
        padding: how many zeros: a non-negative int for both ends, or a pair (before, after). Default: 1.
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`, or `(batch, channels, steps)` with `data_format="channels_first"`.

    Output:
        the same axes, with larger spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ZeroPadding1D(1)(Input((4, 2))).shape
        (None, 6, 2)
    """

    rank = 1

    def __init__(self, padding: IntOrTuple = 1, data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding2D(_ZeroPadding):
    """Puts zeros around the rows and columns of its input.

    Args:
        padding: how many zeros: a non-negative int for all edges, a pair (rows, columns), or a pair of pairs ((top,
            bottom), (left, right)). Default: (1, 1).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with larger spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ZeroPadding2D(1)(Input((4, 4, 2))).shape
        (None, 6, 6, 2)
    """

    rank = 2

    def __init__(self, padding: Edges = (1, 1), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding3D(_ZeroPadding):
    """Puts zeros around the three spatial axes of its input.

    Args:
        padding: how many zeros: a non-negative int for all edges, three ints with one per axis, or three pairs (before,
            after). Default: ((1, 1), (1, 1), (1, 1)).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with larger spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the input has another number of axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.ZeroPadding3D(1)(Input((4, 4, 4, 2))).shape
        (None, 6, 6, 6, 2)
    """

    rank = 3

    def __init__(
        self, padding: Edges = ((1, 1), (1, 1), (1, 1)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class Cropping1D(_Cropping):
    """Cuts steps off both ends of its input.

    Args:
        cropping: how much is cut off: a non-negative int for both ends, or a pair (before, after). Default: (1, 1).
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, channels)`.

    Output:
        the same axes, with smaller spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if nothing would be left.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Cropping1D(1)(Input((4, 2))).shape
        (None, 2, 2)
    """

    rank = 1

    def __init__(self, cropping: IntOrTuple = (1, 1), **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, "channels_last")


@builtin("keras.layers")
class Cropping2D(_Cropping):
    """Cuts rows and columns off the edges of its input.

    Args:
        cropping: how much is cut off: a non-negative int for all edges, a pair (rows, columns), or a pair of pairs
            ((top, bottom), (left, right)). Default: ((0, 0), (0, 0)).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with `data_format="channels_first"`.

    Output:
        the same axes, with smaller spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if nothing would be left.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Cropping2D(1)(Input((4, 4, 2))).shape
        (None, 2, 2, 2)
    """

    rank = 2

    def __init__(
        self, cropping: Edges = ((0, 0), (0, 0)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, data_format)


@builtin("keras.layers")
class Cropping3D(_Cropping):
    """Cuts off the edges of the three spatial axes of its input.

    Args:
        cropping: how much is cut off: a non-negative int for all edges, three ints with one per axis, or three pairs
            (before, after). Default: ((1, 1), (1, 1), (1, 1)).
        data_format: "channels_last", "channels_first" (channels are axis 1), or None for `config.image_data_format()`.
            Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, x, y, z, channels)`, or `(batch, channels, x, y, z)` with `data_format="channels_first"`.

    Output:
        the same axes, with smaller spatial sizes.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if nothing would be left.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.Cropping3D(1)(Input((4, 4, 4, 2))).shape
        (None, 2, 2, 2, 2)
    """

    rank = 3

    def __init__(
        self, cropping: Edges = ((1, 1), (1, 1), (1, 1)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, data_format)
