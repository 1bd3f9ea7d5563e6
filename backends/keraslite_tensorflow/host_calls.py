"""Calls of Python by a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from .tensors import native, to_tensor


def call_on_host(
    fn: Callable[[list[np.ndarray]], list[np.ndarray]],
    values: list[tf.Tensor],
    specs: Sequence[tuple[tuple[int | None, ...], str]],
) -> list[tf.Tensor]:
    """What `fn` returns each time that the graph runs, with what is known of its shapes."""
    kinds = [native[dtype] for _, dtype in specs]

    def on_host(*given: np.ndarray) -> list[np.ndarray]:
        found = fn([np.asarray(x, object if isinstance(x, bytes) else None) for x in given])
        return [np.asarray(x, kind.as_numpy_dtype) for x, kind in zip(found, kinds, strict=True)]

    results = tf.numpy_function(on_host, [to_tensor(x) for x in values], kinds)
    for result, (shape, _) in zip(results, specs, strict=True):
        result.set_shape(shape)
    return list(results)
