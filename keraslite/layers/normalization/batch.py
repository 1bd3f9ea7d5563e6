"""BatchNormalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from keraslite import errors, ops, ranges, transforms
from keraslite.backend.contract import Tensor
from keraslite.layers.base import InputSpec, Layer
from keraslite.layers.masks import check_mask
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
from keraslite.ops.core import as_float
from keraslite.ops.normalization import normalize_batch, wide
from keraslite.serialization import builtin
from keraslite.variable import Variable


def _like(x: Tensor, weight: Variable | None) -> Any:
    """The weight in the dtype of `x`."""
    dtype = ops.dtype(x)
    return weight if weight is None or weight.dtype == dtype else ops.cast(weight, dtype)


@builtin("keras.layers")
class BatchNormalization(Layer):
    """Normalizes each feature over the batch to mean 0 and variance 1, then scales and shifts it.

    `gamma * (x - mean) / sqrt(variance + epsilon) + beta`. In training, mean and (biased) variance are those of the
    batch, over all axes but `axis` and without masked places, and the moving ones follow:
    `moving = momentum * moving + (1 - momentum) * batch`. Otherwise, and where the layer is not `trainable`, the moving
    ones are used. Half precision is computed in float32.

    Args:
        axis: the axis of the features, an int. Default: -1.
        momentum: how much of the moving statistics stays per step, in [0, 1]. Default: 0.99.
        epsilon: added to the variance, at least 0. Default: 0.001.
        center: whether there is a beta, which is added. Default: True.
        scale: whether there is a gamma, which is multiplied. Default: True.
        beta_initializer: initial values of beta: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "zeros".
        gamma_initializer: initial values of gamma: the name of an initializer, an `Initializer`, a function of
            `(shape, dtype)` or an array. Default: "ones".
        moving_mean_initializer: initial values of the moving mean, as for `beta_initializer`. Default: "zeros".
        moving_variance_initializer: initial values of the moving variance, as for `beta_initializer`. Default: "ones".
        beta_regularizer: penalty on beta, added to the loss: the name of a regularizer, a `Regularizer` or a function
            from tensor to scalar. Default: None.
        gamma_regularizer: penalty on gamma, added to the loss: the name of a regularizer, a `Regularizer` or a function
            from tensor to scalar. Default: None.
        beta_constraint: projection applied to beta after each training step: the name of a constraint, a `Constraint`
            or a function from tensor to tensor. Default: None.
        gamma_constraint: projection applied to gamma after each training step: the name of a constraint, a `Constraint`
            or a function from tensor to tensor. Default: None.
        renorm: whether training uses statistics that are corrected towards running ones (batch renormalization).
            Default: False.
        renorm_clipping: limits of the correction: a dict of numbers of at least 0 under any of "rmin", "rmax" (of the
            ratio of deviations) and "dmax" (of the shift). Default: None, no limits.
        renorm_momentum: how much of the running statistics of `renorm` stays per step, in [0, 1]. Default: 0.99.
        synchronized: without effect: statistics are always those of the whole batch, on all devices. Default: False.
        **kwargs: `name`, `dtype`, `trainable` and the other keywords of every layer (see `Layer`).

    Input:
        a tensor with features along `axis`, whose size is known; floats.

    Output:
        the same shape, in the compute dtype.

    Weights:
        `gamma` and `beta`, and without gradients `moving_mean` and `moving_variance`; with `renorm` also
        `moving_stddev`, `renorm_mean` and `renorm_stddev`. Each has shape `(features,)`.

    Raises:
        ArgumentError: if an argument is outside its range; when it is built, if the input lacks `axis` or its size is
            not known.

    Source:
        Ioffe & Szegedy, "Batch normalization", 2015; Ioffe, "Batch renormalization", 2017.

    Example:
        >>> import numpy as np
        >>> from keraslite import layers, ops
        >>> layer = layers.BatchNormalization(momentum=0.5, epsilon=0.0)
        >>> ops.convert_to_numpy(layer(np.array([[1.0], [3.0]]), training=True)).round(3).tolist()
        [[-1.0], [1.0]]
        >>> layer.moving_mean.numpy().tolist()
        [1.0]
    """

    beta_initializer: InitializerRole = initializer()
    beta_regularizer: RegularizerRole = regularizer()
    beta_constraint: ConstraintRole = constraint()
    gamma_initializer: InitializerRole = initializer()
    gamma_regularizer: RegularizerRole = regularizer()
    gamma_constraint: ConstraintRole = constraint()
    moving_mean_initializer: InitializerRole = initializer()
    moving_variance_initializer: InitializerRole = initializer()

    argument_checks = ranges.checks(
        axis=ranges.axis,
        momentum=ranges.fraction,
        epsilon=ranges.unsigned,
        center=ranges.flag,
        scale=ranges.flag,
        renorm=ranges.flag,
        renorm_clipping=ranges.named(ranges.unsigned, "rmin", "rmax", "dmax") | None,
        renorm_momentum=ranges.fraction,
        synchronized=ranges.flag,
    )

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        moving_mean_initializer: InitializerLike = "zeros",
        moving_variance_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        renorm: bool = False,
        renorm_clipping: Mapping[str, float] | None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale, self.synchronized = center, scale, synchronized
        self.beta_initializer = beta_initializer
        self.beta_regularizer = beta_regularizer
        self.beta_constraint = beta_constraint
        self.gamma_initializer = gamma_initializer
        self.gamma_regularizer = gamma_regularizer
        self.gamma_constraint = gamma_constraint
        self.moving_mean_initializer = moving_mean_initializer
        self.moving_variance_initializer = moving_variance_initializer
        self.renorm = renorm
        self.renorm_clipping = {} if renorm and renorm_clipping is None else renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.supports_masking = True

    def build(self, input_shape: InputShape) -> None:
        rank = len(input_shape)
        if not -rank <= self.axis < rank or input_shape[self.axis] is None:
            raise errors.ArgumentError(
                f"`BatchNormalization` needs `axis` to be an axis of its input, of known size. Received "
                f"axis={self.axis} and input_shape={tuple(input_shape)}."
            )
        shape = (input_shape[self.axis],)
        self.gamma = add_weight(self, "gamma", shape, autocast=False) if self.scale else None
        self.beta = add_weight(self, "beta", shape, autocast=False) if self.center else None
        self.moving_mean = self._statistic("moving_mean", shape, self.moving_mean_initializer)
        self.moving_variance = self._statistic("moving_variance", shape, self.moving_variance_initializer)
        if self.renorm:
            self.moving_stddev = self._statistic("moving_stddev", shape, "ones")
            self.renorm_mean = self._statistic("renorm_mean", shape, "zeros")
            self.renorm_stddev = self._statistic("renorm_stddev", shape, "ones")
        self.input_spec = InputSpec(ndim=rank, axes={self.axis: shape[0]})

    def _statistic(self, name: str, shape: Sequence[int | None], initializer: InitializerLike) -> Variable:
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False, autocast=False)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        x = wide(as_float(inputs, self.compute_dtype))
        gamma, beta = _like(x, self.gamma), _like(x, self.beta)
        training = training and self.trainable
        fused = training and mask is None and not self.renorm
        if fused:
            y, mean, variance = normalize_batch(x, gamma, beta, self.axis, self.epsilon)
        elif training:
            mean, variance = self._batch_statistics(x, mask)
        else:
            mean, variance = _like(x, self.moving_mean), _like(x, self.moving_variance)
        if training and self.renorm:
            gamma, beta = self._renormalize(mean, variance, gamma, beta)
        elif training:
            self._follow(self.moving_mean, mean, self.momentum)
            self._follow(self.moving_variance, variance, self.momentum)
        if not fused:
            y = ops.batch_normalization(x, mean, variance, self.axis, offset=beta, scale=gamma, epsilon=self.epsilon)
        return ops.cast(y, self.compute_dtype)

    def _batch_statistics(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        rank = len(x.shape)
        axes = tuple(i for i in range(rank) if i != self.axis % rank)
        if mask is None:
            return ops.moments(x, axes)
        shared = tuple(range(min(len(mask.shape), rank)))
        check_mask(mask, x, "BatchNormalization", shared, broadcasts=shared)
        wider: Tensor = mask
        while len(wider.shape) < rank:
            wider = ops.expand_dims(wider, -1)
        weights = ops.cast(wider, ops.dtype(x)) * ops.ones_like(x)
        count = ops.maximum(ops.sum(weights, axis=axes, keepdims=True), 1)
        mean = ops.sum(x * weights, axis=axes, keepdims=True) / count
        variance = ops.sum(ops.square(x - mean) * weights, axis=axes, keepdims=True) / count
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)

    @staticmethod
    def _follow(moving: Variable, batch: Tensor, momentum: float) -> None:
        batch = ops.cast(transforms.stop_gradient(batch), moving.dtype)
        moving.assign(ops.add(ops.multiply(moving, momentum), batch * (1 - momentum)))

    def _renormalize(
        self, mean: Tensor, variance: Tensor, gamma: Tensor | None, beta: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """`gamma` and `beta` that turn the batch's normalisation into the running one; statistics follow."""
        stddev = transforms.stop_gradient(ops.sqrt(variance + self.epsilon))
        mean = transforms.stop_gradient(mean)
        clipping, running = self.renorm_clipping or {}, _like(mean, self.renorm_stddev)
        r, d = stddev / running, (mean - _like(mean, self.renorm_mean)) / running
        if "rmin" in clipping:
            r = ops.maximum(r, clipping["rmin"])
        if "rmax" in clipping:
            r = ops.minimum(r, clipping["rmax"])
        if "dmax" in clipping:
            d = ops.clip(d, -clipping["dmax"], clipping["dmax"])
        self._follow(self.moving_mean, mean, self.momentum)
        self._follow(self.moving_stddev, stddev, self.momentum)
        self.moving_variance.assign(ops.square(self.moving_stddev) - self.epsilon)
        self._follow(self.renorm_mean, mean, self.renorm_momentum)
        self._follow(self.renorm_stddev, stddev, self.renorm_momentum)
        shift = d if gamma is None else d * gamma
        return r if gamma is None else r * gamma, shift if beta is None else shift + beta
