"""Normalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from keraslite import config, ops, ranges
from keraslite.backend import dtypes
from keraslite.backend.contract import Tensor
from keraslite.errors import ArgumentError
from keraslite.layers.base import Layer
from keraslite.layers.names import title
from keraslite.layers.preprocessing.batches import number_batches
from keraslite.layers.preprocessing.moments import Moments
from keraslite.layers.preprocessing.number_layer import NumberLayer
from keraslite.layers.preprocessing.types import Config, Nest
from keraslite.layers.types import InputShape, LayerOptions, SupportsArray
from keraslite.serialization import builtin
from keraslite.variable import Variable

__all__ = ["Normalization"]


@builtin("keras.layers")
class Normalization(NumberLayer):
    """Shifts and scales numbers to mean 0 and variance 1, by statistics that are given or learned from data.

    `(x - mean) / sqrt(variance)`. It runs on the engine, compiled with the model. `adapt` learns the statistics before
    training; training does not change them.

    Args:
        axis: the axes that have a mean and a variance for each of their indices: an int, a list of ints, or None for
            one mean and variance of all elements. Default: -1, for each feature.
        mean: the mean, a number or an array that broadcasts to the sizes along `axis`. Default: None, to be learned.
        variance: the variance, in the same way, given together with `mean`.
        invert: whether it goes the other way, `x * sqrt(variance) + mean`. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        Numbers of any shape, with known sizes along `axis`.

    Output:
        The same shape, in the compute dtype.

    Weights:
        `mean`, `variance` and `count`, not trained; none if they are given.

    Raises:
        ArgumentError: if an argument is outside its range; if `mean` comes without `variance` or the reverse; when it
            is built, if the input lacks `axis` or its size is not known.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.Normalization()
        >>> layer.adapt(np.array([[0.0, 7.0], [2.0, 9.0]]))
        >>> ops.convert_to_numpy(layer(np.array([[0.0, 8.0]]))).tolist()
        [[-1.0, 0.0]]
    """

    argument_checks = ranges.checks(
        axis=ranges.axis | ranges.items(ranges.axis) | None,
        mean=ranges.array() | None,
        variance=ranges.array() | None,
        invert=ranges.flag,
    )

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: float | Sequence[float] | SupportsArray | None = None,
        variance: float | Sequence[float] | SupportsArray | None = None,
        invert: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        if (mean is None) != (variance is None):
            raise ArgumentError(
                f"`Normalization` needs `mean` and `variance` together. Received mean={mean!r:.40} and "
                f"variance={variance!r:.40}."
            )
        self.axis: Nest = axis
        self.input_mean, self.input_variance = _given(mean), _given(variance)
        self.invert = invert
        self.supports_masking = True
        self.autocast = False
        self.adapt_mean: Variable | None = None
        self.adapt_variance: Variable | None = None
        self.count: Variable | None = None

    # ---- weights ------------------------------------------------------------------------------------------------

    @property
    def _axes(self) -> tuple[int, ...]:
        """`axis` as given, as a tuple."""
        if self.axis is None:
            return ()
        return (self.axis,) if isinstance(self.axis, int) else tuple(self.axis)

    def _kept(self, rank: int, shape: object) -> tuple[int, ...]:
        """The axes with a mean each, in order."""
        if any(not -rank <= axis < rank for axis in self._axes):
            raise ArgumentError(
                f"{title(self)} needs `axis` to name axes of its input. Received axis={self.axis} and "
                f"input_shape={shape}."
            )
        return tuple(sorted({axis % rank for axis in self._axes}))

    def build(self, input_shape: InputShape) -> None:
        shape = tuple(input_shape)
        kept = self._kept(len(shape), shape)
        sizes = tuple(shape[axis] for axis in kept)
        if None in sizes:
            raise ArgumentError(
                f"{title(self)} needs known sizes along `axis`. Received axis={self.axis} and input_shape={shape}."
            )
        self._broadcast = tuple(size if axis in kept else 1 for axis, size in enumerate(shape))
        if self.input_mean is not None and self.input_variance is not None:
            for name, value in (("mean", self.input_mean), ("variance", self.input_variance)):
                _check_broadcasts(self, name, value, sizes)
            return
        self.adapt_mean = self._statistic("mean", sizes, "zeros")
        self.adapt_variance = self._statistic("variance", sizes, "ones")
        self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)

    def _statistic(self, name: str, shape: tuple[int | None, ...], initializer: str) -> Variable:
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False, autocast=False)

    @property
    def mean(self) -> Nest:
        """The mean, of a shape that broadcasts to the input; None if it is not known yet."""
        return self._shaped(self.input_mean, self.adapt_mean)

    @property
    def variance(self) -> Nest:
        """The variance, of a shape that broadcasts to the input; None if it is not known yet."""
        return self._shaped(self.input_variance, self.adapt_variance)

    def _shaped(self, given: np.ndarray | None, learned: Variable | None) -> Nest:
        if given is not None and self.built:
            sizes = tuple(size or 1 for axis, size in enumerate(self._broadcast) if axis in self._kept_when_built)
            return np.broadcast_to(given, sizes).reshape([size or 1 for size in self._broadcast])
        if given is not None or learned is None:
            return given
        return ops.reshape(learned, self._broadcast)

    @property
    def _kept_when_built(self) -> tuple[int, ...]:
        return self._kept(len(self._broadcast), self._broadcast)

    # ---- learning -----------------------------------------------------------------------------------------------

    def adapt(self, data: object, verbose: int = 0) -> None:
        """Learn mean and variance from data.

        Args:
            data: an array, a list of numbers, a tensor, or anything that makes batches, such as a generator or a data
                set.
            verbose: 0 shows nothing, 1 how many batches were read, 2 the same at the end only. Default: 0.

        Raises:
            ArgumentError: if `mean` and `variance` were given; if the data holds no numbers.
        """
        if self.input_mean is not None:
            raise ArgumentError(f"{title(self)} needs to be made without `mean` and `variance` to be adapted.")
        moments: Moments | None = None
        for batch in number_batches(data, batch_size=1 << 62, verbose=verbose):
            if batch.dtype.kind not in "biuf":
                raise ArgumentError(f"{title(self)} needs numbers to adapt to. Received dtype {batch.dtype}.")
            if not self.built:
                self.build(batch.shape)
            if moments is None:
                moments = Moments(self._kept(batch.ndim, batch.shape))
            self._check_sizes(batch.shape)
            moments.add(batch)
        if moments is None or not moments.count:
            raise ArgumentError(f"{title(self)} needs at least one number to adapt to. Received none.")
        self._assign(moments)

    def _check_sizes(self, shape: tuple[int, ...]) -> None:
        wanted = self._broadcast
        if len(shape) != len(wanted) or any(shape[axis] != wanted[axis] for axis in self._kept_when_built):
            raise ArgumentError(
                f"{title(self)} needs batches with the sizes along `axis` that it was built with. Received shape "
                f"{shape}, built for {wanted}."
            )

    def _assign(self, moments: Moments) -> None:
        if self.adapt_mean is None or self.adapt_variance is None or self.count is None:
            raise ArgumentError(f"{title(self)} needs weights to be adapted.")
        self.adapt_mean.assign(moments.mean.astype(dtypes.to_numpy_dtype(self.adapt_mean.dtype)))
        self.adapt_variance.assign(moments.variance.astype(dtypes.to_numpy_dtype(self.adapt_variance.dtype)))
        self.count.assign(min(moments.count, 2**31 - 1))

    def finalize_state(self) -> None:
        """Do nothing: `mean` and `variance` always follow the weights. Keras has this method."""

    # ---- calls --------------------------------------------------------------------------------------------------

    def call(self, inputs: Tensor) -> Tensor:
        wide = self.compute_dtype if self.compute_dtype == "float64" else "float32"
        x, mean, variance = (ops.cast(each, wide) for each in (inputs, self.mean, self.variance))
        deviation = ops.maximum(ops.sqrt(variance), config.epsilon())
        y = x * deviation + mean if self.invert else (x - mean) / deviation
        return ops.cast(y, self.compute_dtype)

    def get_config(self) -> Config:
        inner = {key: value for key, value in super().get_config().items() if key not in ("mean", "variance")}
        return {
            **inner,
            "axis": list(self._axes),
            "mean": None if self.input_mean is None else self.input_mean.tolist(),
            "variance": None if self.input_variance is None else self.input_variance.tolist(),
        }


def _given(value: object) -> np.ndarray | None:
    if value is None:
        return None
    array = ops.convert_to_numpy(value) if ops.is_tensor(value) else np.asarray(value)
    return array.astype("float64")  # which holds numbers of a config as they are


def _check_broadcasts(layer: Layer, name: str, value: np.ndarray, sizes: tuple[int | None, ...]) -> None:
    try:
        np.broadcast_to(value, sizes)  # type: ignore[arg-type]
    except ValueError as error:
        raise ArgumentError(
            f"{title(layer)} needs `{name}` to broadcast to the sizes along `axis`, {sizes}. Received shape "
            f"{value.shape}."
        ) from error
