"""ZeroPadding and Cropping, in one to three dimensions."""

from __future__ import annotations

from typing import Any

from keraslite import check, errors, ops
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.formats import checked_format
from keraslite.serialization import builtin


def _pairs(value, rank: int, name: str, where: str) -> tuple[tuple[int, ...], ...]:
    """(before, after) of each spatial axis, from an int, one int an axis, or one pair an axis."""
    try:
        if rank == 1 and not isinstance(value, int):
            return (check.int_tuple(value, 2, name, where, low=0),)
        items = (value,) * rank if isinstance(value, int) else tuple(value)
        pairs = tuple(check.int_tuple(item, 2, name, where, low=0) for item in items)
    except (TypeError, errors.ArgumentError):
        pairs = ()
    if len(pairs) != rank:
        raise errors.ArgumentError(
            f"`{where}` needs `{name}` to be a non-negative integer, or {rank} integers or pairs of them. "
            f"Received {name}={value!r}."
        )
    return pairs


class _Edges(Layer):
    """What padding and cropping share."""

    rank: int
    argument: str

    def _setup(self, value, data_format):
        name = type(self).__name__
        pairs = _pairs(value, self.rank, self.argument, name)
        setattr(self, self.argument, pairs[0] if self.rank == 1 else pairs)
        self._pairs = pairs
        self.data_format = checked_format(data_format, name)
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

    def __init__(self, padding: Any = 1, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding2D(_ZeroPadding):
    """Zeros around the rows and columns of `(batch, rows, columns, channels)`.

    `padding`: an int, (rows, columns), or ((top, bottom), (left, right)).
    """

    rank = 2

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class ZeroPadding3D(_ZeroPadding):
    """Zeros around the three spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(self, padding: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(padding, data_format)


@builtin("keras.layers")
class Cropping1D(_Cropping):
    """Cuts steps off both ends of `(batch, steps, channels)`."""

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(cropping, "channels_last")


@builtin("keras.layers")
class Cropping2D(_Cropping):
    """Cuts rows and columns off `(batch, rows, columns, channels)`.

    `cropping`: an int, (rows, columns), or ((top, bottom), (left, right)).
    """

    rank = 2

    def __init__(self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(cropping, data_format)


@builtin("keras.layers")
class Cropping3D(_Cropping):
    """Cuts off the edges of the three spatial axes of `(batch, x, y, z, channels)`."""

    rank = 3

    def __init__(self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self._setup(cropping, data_format)
