"""Wrapper and TimeDistributed."""

from __future__ import annotations

from typing import Any

from keraslite import errors, ops, tree
from keraslite.layers.base import Layer
from keraslite.serialization import builtin


@builtin("keras.layers")
class Wrapper(Layer):
    """A layer around another one, its `layer`. Subclasses define `call`."""

    def __init__(self, layer: Any, **kwargs: Any):
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
    A mask `(batch, time)` goes with the output, and to the layer if its `call` takes one.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if len(input_shape) < 3:
            raise errors.ArgumentError(
                "`TimeDistributed` needs an input of at least three axes, `(batch, time, ...)`. Received input_shape="
                f"{tuple(input_shape)}."
            )
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs, training=None, mask=None):
        batch, time = ops.shape(inputs)[:2]
        options = {}
        if self.layer._info.takes_training:
            options["training"] = training
        if self.layer._info.takes_mask and mask is not None:
            options["mask"] = ops.reshape(mask, (batch * time, *ops.shape(mask)[2:]))
        steps = ops.reshape(inputs, (batch * time, *ops.shape(inputs)[2:]))
        outputs = self.layer(steps, **options)
        return tree.map(lambda x: ops.reshape(x, (batch, time, *ops.shape(x)[1:])), outputs)
