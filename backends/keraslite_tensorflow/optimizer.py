"""Updates of one variable by one operation, which writes into the `tf.Variable`s, where those have handles."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from .private import handle


def adam_assign(
    storage: tf.Variable,
    gradient: tf.Tensor,
    slots: list[tf.Variable],
    learning_rate: tf.Tensor,
    step: tf.Tensor,
    beta_1: float,
    beta_2: float,
    epsilon: float,
    amsgrad: bool,
) -> None:
    handles = {name: handle(slot) for name, slot in zip(("m", "v", "vhat"), slots, strict=False)}
    update = tf.raw_ops.ResourceApplyAdamWithAmsgrad if amsgrad else tf.raw_ops.ResourceApplyAdam
    update(
        var=handle(storage),
        **handles,
        beta1_power=tf.pow(tf.cast(beta_1, step.dtype), step),
        beta2_power=tf.pow(tf.cast(beta_2, step.dtype), step),
        lr=learning_rate,
        beta1=beta_1,
        beta2=beta_2,
        epsilon=epsilon,
        grad=gradient,
    )


def sgd_assign(
    storage: tf.Variable,
    gradient: tf.Tensor,
    slots: list[tf.Variable],
    learning_rate: tf.Tensor,
    step: tf.Tensor,
    momentum: float,
    nesterov: bool,
) -> None:
    if momentum:
        tf.raw_ops.ResourceApplyKerasMomentum(
            var=handle(storage),
            accum=handle(slots[0]),
            lr=learning_rate,
            grad=gradient,
            momentum=momentum,
            use_nesterov=nesterov,
        )
    else:
        tf.raw_ops.ResourceApplyGradientDescent(var=handle(storage), alpha=learning_rate, delta=gradient)
