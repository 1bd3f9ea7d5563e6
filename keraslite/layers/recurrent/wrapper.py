"""Wrapper and TimeDistributed."""

from __future__ import annotations

from typing import Unpack

from keraslite import errors, masking, ops, tree
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.holding import Holding
from keraslite.layers.masks import check_mask
from keraslite.layers.types import InputShape, LayerOptions
from keraslite.ops.dimension import Dimension
from keraslite.serialization import builtin


@builtin("keras.layers")
class Wrapper(Holding):
    """Holds another layer, its attribute `layer`, for subclasses that define `call`.

    Args:
        layer: a layer.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Raises:
        ArgumentError: if `layer` is no layer.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> class Twice(layers.Wrapper):
        ...     def call(self, inputs):
        ...         return self.layer(self.layer(inputs))
        >>> twice = Twice(layers.Dense(2, kernel_initializer="ones"))
        >>> ops.convert_to_numpy(twice(np.array([[1.0, 2.0]]))).tolist()
        [[6.0, 6.0]]
    """

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]) -> None:
        if not isinstance(layer, Layer):
            raise errors.ArgumentError(f"`{type(self).__name__}` needs a layer. Received layer={layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape: InputShape | None = None) -> None:
        if not self.layer.built:
            self.layer.build(input_shape)


@builtin("keras.layers")
class TimeDistributed(Wrapper):
    """Applies a layer to each step of a sequence.

    All steps go through the layer at once, as one large batch: statistics and noise are drawn over all of them.

    Args:
        layer: a layer.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        `(batch, steps, ...)`, at least three axes.

    Output:
        `(batch, steps, ...)`: what the layer returns per step.

    Masks:
        A mask `(batch, steps)` goes with the output, and to the layer if its `call` takes one. A mask with more axes is
        the layer's own. A mask that the layer gives its outputs goes on, too.

    Raises:
        ArgumentError: if `layer` is no layer; when it is built, if the input has fewer than three axes.

    Example:
        >>> from keraslite import Input, layers
        >>> layers.TimeDistributed(layers.Conv2D(4, 3))(Input((10, 8, 8, 3))).shape
        (None, 10, 6, 6, 4)
    """

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        if len(input_shape) < 3:
            raise errors.ArgumentError(
                "`TimeDistributed` needs an input of at least three axes, `(batch, time, ...)`. Received input_shape="
                f"{tuple(input_shape)}."
            )
        super().build((None, *input_shape[2:]))  # as many samples as the batch has steps

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        batch, time = ops.shape(inputs)[:2]
        steps = ops.reshape(inputs, (batch * time, *ops.shape(inputs)[2:]))
        options = {}
        if self.layer._own.info.takes_training:
            options["training"] = training
        if mask is not None:
            check_mask(mask, inputs, "TimeDistributed")
            inner = ops.reshape(mask, (batch * time, *ops.shape(mask)[2:]))
            if self.layer._own.info.takes_mask:
                options["mask"] = inner
            elif len(inner.shape) > 1:
                masking.set_mask(steps, inner)
        outputs = self.layer(steps, **options)
        return tree.map(lambda x: _unfolded(x, batch, time, mask), outputs)


def _unfolded(x: Tensor, batch: int | Dimension, time: int | Dimension, mask: Tensor | None) -> Tensor:
    """An output of all steps with axes for batch and steps, and its mask.

    That is the mask that the inner layer gave it; otherwise a step is masked if all of it is.
    """
    output = ops.reshape(x, (batch, time, *ops.shape(x)[1:]))
    inner = masking.get_mask(x)
    if inner is not None:
        masking.set_mask(output, ops.reshape(inner, (batch, time, *ops.shape(inner)[1:])))
    elif mask is not None and len(mask.shape) > 2:
        masking.set_mask(output, ops.any(mask, axis=tuple(range(2, len(mask.shape)))))
    return output
