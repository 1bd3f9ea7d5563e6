"""GroupNormalization."""

from __future__ import annotations

from typing import Unpack

from keraslite import errors, ops, ranges
from keraslite.backend.contract import Tensor
from keraslite.layers.axes import position
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.roles import (
    ConstraintRole,
    InitializerRole,
    RegularizerRole,
    add_weight,
    constraint,
    initializer,
    regularizer,
)
from keraslite.layers.types import ConstraintLike, InitializerLike, InputShape, LayerOptions, RegularizerLike
from keraslite.ops.normalization import group_normalization
from keraslite.serialization import builtin


@builtin("keras.layers")
class GroupNormalization(Layer):
    """Normalizes each group of channels of each sample to mean 0 and variance 1, then scales and shifts it.

    `gamma * (x - mean) / sqrt(variance + epsilon) + beta`. Mean and variance are taken over all axes but the batch,
    among the channels of one group. Half precision is computed in float32.

    Args:
        groups: number of groups, a positive int that divides the number of channels, or -1 for as many groups as there
            are channels (instance normalization). Default: 32.
        axis: the axis of the channels, an int. Default: -1.
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
        a tensor of at least two axes, the batch first, with a known number of channels; floats.

    Output:
        the same shape, in the compute dtype.

    Weights:
        `gamma` and `beta`, shape `(channels,)`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the input lacks `axis`, if the number
            of channels is not known, or if `groups` does not divide it.

    Source:
        Wu & He, "Group normalization", 2018.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.GroupNormalization(groups=2, epsilon=0.0)
        >>> ops.convert_to_numpy(layer(np.array([[1.0, 3.0, 20.0, 10.0]]))).round(3).tolist()
        [[-1.0, 1.0, 1.0, -1.0]]
    """

    beta_initializer: InitializerRole = initializer()
    beta_regularizer: RegularizerRole = regularizer()
    beta_constraint: ConstraintRole = constraint()
    gamma_initializer: InitializerRole = initializer()
    gamma_regularizer: RegularizerRole = regularizer()
    gamma_constraint: ConstraintRole = constraint()

    argument_checks = ranges.checks(
        groups=(ranges.positive_int | ranges.integer(-1, -1)).saying("a positive integer, or -1"),
        axis=ranges.axis,
        epsilon=ranges.unsigned,
        center=ranges.flag,
        scale=ranges.flag,
    )

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.groups, self.axis, self.epsilon = groups, axis, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer = beta_initializer
        self.beta_regularizer = beta_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_initializer = gamma_initializer
        self.gamma_regularizer = gamma_regularizer
        self.gamma_constraint = gamma_constraint
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        channels = input_shape[position(self.axis, input_shape, "axis", "GroupNormalization")]
        if channels is None:
            raise errors.ArgumentError(
                f"`GroupNormalization` needs a known number of channels (axis {self.axis}). Received input_shape="
                f"{tuple(input_shape)}."
            )
        self._number_of_groups(channels)
        self.gamma = add_weight(self, "gamma", (channels,), autocast=False) if self.scale else None
        self.beta = add_weight(self, "beta", (channels,), autocast=False) if self.center else None
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def _number_of_groups(self, channels: int) -> int:
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise errors.ArgumentError(
                f"`GroupNormalization` needs `groups` to divide the number of channels. Received groups={self.groups} "
                f"and {channels} channels."
            )
        return groups

    def call(self, inputs: Tensor) -> Tensor:
        axis = position(self.axis, inputs.shape, "axis", "GroupNormalization")
        groups = self._number_of_groups(inputs.shape[axis])
        y = group_normalization(inputs, self.gamma, self.beta, groups, axis, self.epsilon)
        return ops.cast(y, self.compute_dtype)
