"""ZeroPadding and Cropping, in one to three dimensions."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from keraslite import errors, ops, ranges
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import FORMAT, known_format
from keraslite.layers.types import DataFormat, Edges, IntOrTuple, LayerOptions
from keraslite.serialization import builtin


class Pairs(ranges.Range):
    """(before, after) of each spatial axis, from an int, one int an axis or one pair an axis. One axis: its pair."""

    def __init__(self, rank: int) -> None:
        self.rank = rank
        self._size, self._pair = ranges.unsigned_int, ranges.sizes(2, 0)
        self.words = f"a non-negative integer, or {rank} integers or pairs of them"
        if rank == 1:
            self.words = "a non-negative integer or a pair of them"

    def accept(self, value):
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

    def good(self):
        several = [(2,) * self.rank, [(1, 0)] * self.rank] if self.rank > 1 else [[1, 0]]
        return [0, np.int64(1), *several]

    def bad(self):
        return [-1, 1.5, "1", True, None, np.asarray(0.5), (1,) * (self.rank + 2), [(1, -1)] * self.rank]


class _Edges(Layer):
    """What padding and cropping share."""

    is_weightless = True
    rank: int
    argument: str
    argument_checks = ranges.checks(
        padding=lambda cls: Pairs(cls.rank), cropping=lambda cls: Pairs(cls.rank), data_format=FORMAT
    )

    def _setup(self, value, data_format):
        setattr(self, self.argument, value)
        self._pairs = (value,) if self.rank == 1 else value
        self.data_format = known_format(data_format)
        self.input_spec = InputSpec(ndim=self.rank + 2)

    def _spatial(self, entries, other):
        """`entries` on the spatial axes, `other` on batch and channels."""
        last = self.data_format == "channels_last"
        return (other, *entries, other) if last else (other, other, *entries)


class _ZeroPadding(_Edges):
    argument = "padding"

    def call(self, inputs):
        return ops.pad(inputs, self._spatial(self._pairs, (0, 0)))


class _Cropping(_Edges):
    argument = "cropping"
    cropping: Any

    def call(self, inputs):
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
    """Zeros before and after the steps of `(batch, steps, channels)`."""

    rank = 1

    def __init__(self, padding: IntOrTuple = 1, data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding2D(_ZeroPadding):
    """Zeros around the rows and columns of `(batch, rows, columns, channels)`.

    `padding`: an int, (rows, columns), or ((top, bottom), (left, right)).
    """

    rank = 2

    def __init__(self, padding: Edges = (1, 1), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding3D(_ZeroPadding):
    """Zeros around the three spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(
        self, padding: Edges = ((1, 1), (1, 1), (1, 1)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class Cropping1D(_Cropping):
    """Cuts steps off both ends of `(batch, steps, channels)`."""

    rank = 1

    def __init__(self, cropping: IntOrTuple = (1, 1), **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, "channels_last")


@builtin("keras.layers")
class Cropping2D(_Cropping):
    """Cuts rows and columns off `(batch, rows, columns, channels)`.

    `cropping`: an int, (rows, columns), or ((top, bottom), (left, right)).
    """

    rank = 2

    def __init__(
        self, cropping: Edges = ((0, 0), (0, 0)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, data_format)


@builtin("keras.layers")
class Cropping3D(_Cropping):
    """Cuts off the edges of the three spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(
        self, cropping: Edges = ((1, 1), (1, 1), (1, 1)), data_format: DataFormat = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self._setup(cropping, data_format)
