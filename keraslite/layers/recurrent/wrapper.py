"""Wrapper and TimeDistributed."""

from __future__ import annotations

from typing import Unpack

from keraslite import errors, masking, ops, tree
from keraslite.layers.base import Layer
from keraslite.layers.masks import check_mask
from keraslite.layers.types import LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class Wrapper(Layer):
    """A layer around another one, its `layer`. Subclasses define `call`."""

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]) -> None:
        if not isinstance(layer, Layer):
            raise errors.ArgumentError(f"`{type(self).__name__}` needs a layer. Received layer={layer!r}.")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.build(input_shape)


@builtin("keras.layers")
class TimeDistributed(Wrapper):
    """Applies a layer to each step of `(batch, time, ...)`.

    All steps go through the layer at once, as one large batch: statistics and noise are drawn over all of them.
    A mask `(batch, time)` goes with the output, and to the layer if its `call` takes one. A mask with more axes is the
    layer's own; a mask that the layer gives its outputs goes on, too.
    """

    def __init__(self, layer: Layer, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if len(input_shape) < 3:
            raise errors.ArgumentError(
                "`TimeDistributed` needs an input of at least three axes, `(batch, time, ...)`. Received input_shape="
                f"{tuple(input_shape)}."
            )
        super().build((None, *input_shape[2:]))  # as many samples as the batch has steps

    def call(self, inputs, training=None, mask=None):
        batch, time = ops.shape(inputs)[:2]
        steps = ops.reshape(inputs, (batch * time, *ops.shape(inputs)[2:]))
        options = {}
        if self.layer._info.takes_training:
            options["training"] = training
        if mask is not None:
            check_mask(mask, inputs, "TimeDistributed")
            inner = ops.reshape(mask, (batch * time, *ops.shape(mask)[2:]))
            if self.layer._info.takes_mask:
                options["mask"] = inner
            elif len(inner.shape) > 1:
                masking.set_mask(steps, inner)
        outputs = self.layer(steps, **options)
        return tree.map(lambda x: _unfolded(x, batch, time, mask), outputs)


def _unfolded(x, batch, time, mask):
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
