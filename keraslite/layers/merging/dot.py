"""Dot."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers.axes import position
from keraslite.layers.merging.base import Merge
from keraslite.layers.types import DotOptions, LayerOptions, Masks
from keraslite.serialization import builtin

_AXIS = (ranges.integer(1) | ranges.integer(high=-1)).saying("an integer other than 0")


@builtin("keras.layers")
class Dot(Merge):
    """Multiplies two tensors and sums along an axis of each, sample by sample.

    Args:
        axes: an int for both inputs, or a pair with one int per input. The batch, axis 0, is none of them.
        normalize: whether vectors along the axes are scaled to length 1 first, so that results are cosines. Default:
            False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of two tensors with batches of one size, and with one size along their axes.

    Output:
        `(batch, *rest of the first, *rest of the second)`, and `(batch, 1)` if nothing is left.

    Raises:
        ArgumentError: if an argument is outside its range; in a call, if the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Dot(axes=1)([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])])).tolist()
        [[11.0]]
    """

    count = 2

    argument_checks = ranges.checks(axes=_AXIS | ranges.items(_AXIS, 2), normalize=ranges.flag)

    def __init__(self, axes: int | Sequence[int], normalize: bool = False, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axes = axes if isinstance(axes, int) else tuple(axes)
        self.normalize = normalize
        self.supports_masking = True

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        first, second = self._check(inputs)
        pair = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        i, j = (position(axis, x.shape, "axes", "Dot") for axis, x in zip(pair, (first, second), strict=True))
        along = f"axis {pair[0]} of the first and axis {pair[1]} of the second"
        for (one, other), what in (((i, j), along), ((0, 0), "the batches of the first and the second")):
            sizes = first.shape[one], second.shape[other]
            if None not in sizes and sizes[0] != sizes[1]:
                raise errors.ArgumentError(
                    f"`Dot` needs {what} input to have one size. Received shapes {tuple(first.shape)} and "
                    f"{tuple(second.shape)}."
                )
        if self.normalize:
            first, second = _unit(first, i), _unit(second, j)
        left = list(string.ascii_lowercase[: len(first.shape)])
        right = list(string.ascii_uppercase[: len(second.shape)])
        right[0], right[j] = left[0], left[i]
        rest = [c for k, c in enumerate(left) if k not in (0, i)] + [c for k, c in enumerate(right) if k not in (0, j)]
        result = ops.einsum(f"{''.join(left)},{''.join(right)}->{left[0]}{''.join(rest)}", first, second)
        return result if rest else ops.expand_dims(result, 1)

    def compute_mask(self, inputs: Sequence[Tensor], mask: Masks = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the list of inputs.
            mask: the list of their masks, which end here.
        """
        return None


def _unit(x: Tensor, axis: int) -> Tensor:
    return x * ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12))


def dot(inputs: Sequence[TensorLike], axes: int | Sequence[int] = -1, **kwargs: Unpack[DotOptions]) -> Tensor:
    """Multiplies two tensors and sums along an axis of each, sample by sample.

    Args:
        inputs: a list of two tensors with batches of one size, and with one size along their axes.
        axes: an int for both inputs, or a pair with one int per input. The batch, axis 0, is none of them. Default: -1.
        **kwargs: keywords of `layers.Dot`, such as `normalize`.

    Returns:
        A tensor of shape `(batch, *rest of the first, *rest of the second)`. This is
        `layers.Dot(axes, **kwargs)(inputs)`.

    Raises:
        ArgumentError: if an argument is outside its range, or if the shapes do not fit.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.dot([np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])], axes=1)).tolist()
        [[11.0]]
    """
    return Dot(axes=axes, **kwargs)(inputs)
