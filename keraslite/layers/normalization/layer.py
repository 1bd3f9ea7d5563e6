"""LayerNormalization."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.axes import Along
from keraslite.layers.base import Layer
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import (
    ConstraintLike,
    InitializerLike,
    InputShape,
    LayerNormalizationOptions,
    RegularizerLike,
)
from keraslite.serialization import builtin


@builtin("keras.layers")
class LayerNormalization(Layer):
    """Normalizes each sample to mean 0 and variance 1 along `axis`, then scales and shifts it.

    `gamma * (x - mean) / sqrt(variance + epsilon) + beta`. Half precision is computed in float32.

    Args:
        axis: the axis that is normalized, an int, or a list of ints. Default: -1.
        epsilon: added to the variance, at least 0. Default: 0.001.
        center: whether there is a beta, which is added. Default: True.
        scale: whether there is a gamma, which is multiplied. Default: True.
        beta_initializer: initial values of beta: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        gamma_initializer: initial values of gamma: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "ones".
        beta_regularizer: penalty on beta, added to the loss: the name of a regularizer, a `Regularizer` or a function
            from tensor to scalar. Default: None.
        gamma_regularizer: penalty on gamma, added to the loss: the name of a regularizer, a `Regularizer` or a function
            from tensor to scalar. Default: None.
        beta_constraint: projection applied to beta after each training step: the name of a constraint, a `Constraint`
            or a function from tensor to tensor. Default: None.
        gamma_constraint: projection applied to gamma after each training step: the name of a constraint, a `Constraint`
            or a function from tensor to tensor. Default: None.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor of any shape, with known sizes along `axis`; floats.

    Output:
        the same shape, in the compute dtype.

    Weights:
        `gamma` and `beta`, of the sizes along `axis`.

    Raises:
        ArgumentError: if an argument is outside its range, or `rms_scaling` is True; when it is built, if the input
            lacks `axis` or its size is not known.

    Source:
        Ba, Kiros & Hinton, "Layer normalization", 2016.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.LayerNormalization(epsilon=0.0)
        >>> ops.convert_to_numpy(layer(np.array([[1.0, 3.0]]))).round(3).tolist()
        [[-1.0, 1.0]]
    """

    beta_initializer: InitializerRole = initializer()
    beta_regularizer: RegularizerRole = regularizer()
    beta_constraint: ConstraintRole = constraint()
    gamma_initializer: InitializerRole = initializer()
    gamma_regularizer: RegularizerRole = regularizer()
    gamma_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(axis=ranges.axes, epsilon=ranges.unsigned, center=ranges.flag, scale=ranges.flag)

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerNormalizationOptions],
    ) -> None:
        # Keras still writes this key; only its False means layer normalisation.
        if kwargs.pop("rms_scaling", False):
            raise errors.ArgumentError(
                "`LayerNormalization` needs `rms_scaling` to be False. Received rms_scaling=True. "
                "Use `RMSNormalization`."
            )
        super().__init__(**kwargs)
        self.axis: Any = axis if isinstance(axis, int) else list(axis)
        self.epsilon = epsilon
        self.center, self.scale = center, scale
        self.beta_initializer = beta_initializer
        self.beta_regularizer = beta_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_initializer = gamma_initializer
        self.gamma_regularizer = gamma_regularizer
        self.gamma_constraint = gamma_constraint
        self.supports_masking = True

    def _axes(self) -> list:
        return [self.axis] if isinstance(self.axis, int) else sorted(self.axis)

    def build(self, input_shape: InputShape) -> None:
        self.axis = self._axes()
        rank = len(input_shape)
        if any(not -rank <= a < rank for a in self.axis):
            raise errors.ArgumentError(
                f"`LayerNormalization` needs `axis` to name axes of its input. Received axis={self.axis} and "
                f"input_shape={tuple(input_shape)}."
            )
        self._along = Along(self.axis, input_shape)
        shape = self._along.sizes
        if None in shape:
            raise errors.ArgumentError(
                f"`LayerNormalization` needs known sizes along `axis`. Received axis={self.axis} and "
                f"input_shape={tuple(input_shape)}."
            )
        self.gamma = add_weight(self, "gamma", shape, autocast=False) if self.scale else None
        self.beta = add_weight(self, "beta", shape, autocast=False) if self.center else None

    def call(self, inputs: Tensor) -> Tensor:
        gamma, beta = self._along(self.gamma), self._along(self.beta)
        y = ops.layer_normalization(inputs, gamma, beta, axis=tuple(self.axis), epsilon=self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rms_scaling": False}
