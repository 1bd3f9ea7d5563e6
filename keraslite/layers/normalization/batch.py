"""BatchNormalization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from keraslite import errors, ops, ranges, transforms
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
from keraslite.layers.types import ConstraintLike, InitializerLike, LayerOptions, RegularizerLike
from keraslite.ops.normalization import normalize_batch, wide
from keraslite.serialization import builtin


def _like(x: Any, weight: Any) -> Any:
    """The weight in the dtype of `x`."""
    dtype = ops.dtype(x)
    return weight if weight is None or weight.dtype == dtype else ops.cast(weight, dtype)


@builtin("keras.layers")
class BatchNormalization(Layer):
    """Mean 0 and variance 1 for each feature, then `* gamma + beta` (Ioffe & Szegedy, 2015).

    Features lie along `axis`. In training, mean and (biased) variance are the batch's, over all other axes and without
    masked places, and the moving ones follow: `moving = momentum * moving + (1 - momentum) * batch`. Otherwise, and
    where the layer is not `trainable`, the moving ones are used. Weights: gamma, beta, moving_mean, moving_variance,
    all `(features,)`. Half precision is computed in float32.

    `renorm` trains with statistics corrected towards running ones, within `renorm_clipping` ("rmin", "rmax",
    "dmax") (Ioffe, 2017). `synchronized`: statistics are always those of the whole batch, on all devices.
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
        self.renorm_clipping = renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.supports_masking = True

    def build(self, input_shape):
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

    def _statistic(self, name, shape, initializer):
        return self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False, autocast=False)

    def call(self, inputs, training=None, mask=None):
        x = wide(inputs)
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

    def _batch_statistics(self, x, mask):
        rank = len(x.shape)
        axes = tuple(i for i in range(rank) if i != self.axis % rank)
        if mask is None:
            return ops.moments(x, axes)
        shared = tuple(range(min(len(mask.shape), rank)))
        check_mask(mask, x, "BatchNormalization", shared, broadcasts=shared)
        while len(mask.shape) < rank:
            mask = ops.expand_dims(mask, -1)
        weights = ops.cast(mask, ops.dtype(x)) * ops.ones_like(x)
        count = ops.maximum(ops.sum(weights, axis=axes, keepdims=True), 1)
        mean = ops.sum(x * weights, axis=axes, keepdims=True) / count
        variance = ops.sum(ops.square(x - mean) * weights, axis=axes, keepdims=True) / count
        return ops.squeeze(mean, axes), ops.squeeze(variance, axes)

    @staticmethod
    def _follow(moving, batch, momentum):
        batch = ops.cast(transforms.stop_gradient(batch), moving.dtype)
        moving.assign(ops.add(ops.multiply(moving, momentum), batch * (1 - momentum)))

    def _renormalize(self, mean, variance, gamma, beta):
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
