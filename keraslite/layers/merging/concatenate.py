"""Concatenate."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor, TensorLike
from keraslite.layers.merging.base import Merge, masks_in
from keraslite.layers.types import LayerOptions, Masks
from keraslite.ops.symbolic import any_symbolic
from keraslite.serialization import builtin


@builtin("keras.layers")
class Concatenate(Merge):
    """Joins a list of tensors along an axis.

    Args:
        axis: an int. Default: -1.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a list of tensors whose shapes are equal apart from `axis`.

    Output:
        the same shape, with the sum of the sizes along `axis`. Its mask joins the inputs' masks along `axis`, or is
        their union where masks lack that axis. An input without a mask counts as not masked.

    Raises:
        ArgumentError: in a call, if the input is no list of tensors, if their shapes do not fit, or if they lack that
            axis.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.Concatenate()([np.array([[1.0]]), np.array([[2.0, 3.0]])])).tolist()
        [[1.0, 2.0, 3.0]]
    """

    argument_checks = ranges.checks(axis=ranges.axis)

    def __init__(self, axis: int = -1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        inputs = self._check(inputs)
        shapes = [tuple(x.shape) for x in inputs]
        rank = len(shapes[0])
        axis = self.axis % rank if -rank <= self.axis < rank else None
        sizes = [{shape[i] for shape in shapes if len(shape) == rank} - {None} for i in range(rank)]
        if (
            axis is None
            or any(len(shape) != rank for shape in shapes)
            or any(len(known) > 1 for i, known in enumerate(sizes) if i != axis)
        ):
            raise errors.ArgumentError(
                f"`Concatenate` needs inputs of shapes that are equal but for axis {self.axis}. Received {shapes}. "
                "Reshape one of them, or choose another `axis`."
            )
        return ops.concatenate(inputs, axis=axis)

    def compute_mask(self, inputs: Sequence[Tensor], mask: Masks = None) -> Tensor | None:
        """Return the mask of the output.

        Args:
            inputs: the list of inputs.
            mask: the list of their masks, None for inputs without one.
        """
        masks = masks_in(mask)
        given = [m for m in masks if m is not None]
        if not given:
            return None
        rank, mask_rank = len(inputs[0].shape), len(given[0].shape)
        if not any_symbolic(inputs) and self.axis % rank >= mask_rank and all(_has_sizes(m, inputs[0]) for m in given):
            return reduce(ops.logical_or, given) if len(given) == len(masks) else ops.ones_like(given[0], dtype="bool")
        whole = []  # the same for any axis and sizes, in the ops that Keras's files have
        for x, m in zip(inputs, masks, strict=True):
            if m is None:
                whole.append(ops.ones_like(x, dtype="bool"))
                continue
            while len(m.shape) < rank:
                m = ops.expand_dims(m, -1)
            whole.append(ops.logical_or(m, ops.zeros_like(x, dtype="bool")))  # as large as `x`
        joined = ops.concatenate(whole, axis=self.axis)
        beyond = tuple(range(mask_rank - rank, 0))
        return ops.any(joined, axis=beyond if len(beyond) > 1 else -1) if beyond else joined


def _has_sizes(mask: Any, x: Any) -> bool:
    return tuple(mask.shape) == tuple(x.shape)[: len(mask.shape)]


def concatenate(inputs: Sequence[TensorLike], axis: int = -1, **kwargs: Unpack[LayerOptions]) -> Tensor:
    """Joins a list of tensors along an axis.

    Args:
        inputs: a list of tensors whose shapes are equal apart from `axis`.
        axis: an int. Default: -1.
        **kwargs: keywords of `layers.Concatenate`.

    Returns:
        A tensor of the same shape, with the sum of the sizes along `axis`. This is
        `layers.Concatenate(axis, **kwargs)(inputs)`.

    Raises:
        ArgumentError: if `inputs` is no list of tensors, if their shapes do not fit, or if they lack that axis.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> ops.convert_to_numpy(layers.concatenate([np.array([[1.0]]), np.array([[2.0, 3.0]])])).tolist()
        [[1.0, 2.0, 3.0]]
    """
    return Concatenate(axis=axis, **kwargs)(inputs)
