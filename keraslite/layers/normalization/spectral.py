"""SpectralNormalization."""

from __future__ import annotations

from typing import Any, Unpack

from keraslite import errors, initializers, ops, ranges, transforms
from keraslite.backend import scopes
from keraslite.backend.contract import Tensor
from keraslite.layers.base import Layer
from keraslite.layers.recurrent.wrapper import Wrapper
from keraslite.layers.types import InputShape, LayerOptions
from keraslite.serialization import builtin


@builtin("keras.layers")
class SpectralNormalization(Wrapper):
    """Divides the main weight of a layer by its largest singular value, at each call in training.

    The weight is read as a matrix whose last axis is the layer's output. Its largest singular value is found by power
    iteration, from a vector that is kept between calls. The divided weight takes the place of the weight; gradients are
    those of the divided weight, as if it were the one that is trained.

    Args:
        layer: a layer with a weight `kernel` or `embeddings`.
        power_iterations: number of iterations per call, a positive int. Default: 1.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        what `layer` takes.

    Output:
        what `layer` returns.

    Weights:
        those of `layer`, and `vector_u`, shape `(1, n)`, where n is the size of the last axis of the weight.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if `layer` has no such weight.

    Source:
        Miyato et al., "Spectral normalization for generative adversarial networks", 2018.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.SpectralNormalization(layers.Dense(2, use_bias=False), power_iterations=20)
        >>> _ = layer(np.ones((1, 3)), training=True)
        >>> values = np.linalg.svd(layer.layer.kernel.numpy(), compute_uv=False)
        >>> round(float(values[0]), 3)
        1.0
    """

    argument_checks = ranges.checks(power_iterations=ranges.positive_int)

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(layer, **kwargs)
        self.power_iterations = power_iterations

    def build(self, input_shape: InputShape) -> None:
        super().build(input_shape)
        layer: Any = self.layer
        name = next((name for name in ("kernel", "embeddings") if getattr(layer, name, None) is not None), None)
        if name is None:
            raise errors.ArgumentError(
                f"`SpectralNormalization` needs a layer with a weight `kernel` or `embeddings`. Received {layer!r}."
            )
        self.kernel = getattr(layer, name)
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            dtype=self.kernel.dtype,
            trainable=False,
            autocast=False,
        )

    def call(self, inputs: Tensor, training: bool = False) -> Tensor:
        if training:
            with scopes.autocast(None):
                vector, kernel = self.normalized_weights()
                # A new value whose gradient is the one of the old value, on every engine.
                change = transforms.stop_gradient(ops.subtract(kernel, self.kernel))
                self.kernel.assign(ops.add(self.kernel, change))
                self.vector_u.assign(vector)
        return self.layer(inputs)

    def normalized_weights(self) -> tuple[Tensor, Tensor]:
        """Return what `vector_u` becomes, and the weight divided by its largest singular value."""
        with scopes.autocast(None):
            matrix = transforms.stop_gradient(ops.reshape(self.kernel, (-1, self.kernel.shape[-1])))
            u = v = ops.convert_to_tensor(self.vector_u)
            for _ in range(self.power_iterations):
                v = ops.normalize(ops.matmul(u, ops.transpose(matrix)), axis=None)
                u = ops.normalize(ops.matmul(v, matrix), axis=None)
            largest = ops.matmul(ops.matmul(v, matrix), ops.transpose(u))
            found = largest > 0  # not for a weight of zeros
            size = ops.reshape(ops.where(found, largest, 1.0), ())
            return ops.where(found, u, self.vector_u), ops.divide(self.kernel, size)
