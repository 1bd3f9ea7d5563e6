"""Gradients of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import tensorflow as tf

from . import private


def own_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """`tf.custom_gradient`, whose graphs are garbage when nobody uses them any more."""
    differentiable = tf.custom_gradient(function)

    @wraps(function)
    def run(*values: Any) -> Any:
        outputs = differentiable(*values)
        if not tf.executing_eagerly():
            private.let_gradient_go_with_graph(tf.nest.flatten(outputs)[0])
        return outputs

    return run
