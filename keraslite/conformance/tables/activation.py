"""Activations against their formulas in float64."""

from __future__ import annotations

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(1)
X = GENERATOR.normal(size=(3, 5, 4)) * 3
FAR = np.array([[-200.0, -30.0, -5.0, -0.7], [1.5, 5.0, 30.0, 200.0]])


def sparsemax(x, axis=-1):
    """By bisection of the level instead of sorting."""
    low, high = x.max(axis, keepdims=True) - 1, x.max(axis, keepdims=True)
    for _ in range(80):
        middle = (low + high) / 2
        above = np.maximum(x - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(x - low, 0)


def sparse_plus(x):
    return np.where(x > 1, x, np.where(x < -1, 0, (x + 1) ** 2 / 4))


def glu(x, axis=-1):
    first, second = np.split(x, 2, axis)
    return first * special.expit(second)


def gelu(x, approximate=True):
    if approximate:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * special.ndtr(x)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def celu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


def softmax(x, axis=-1):
    return special.softmax(x, axis)


def log_softmax(x, axis=-1):
    return special.log_softmax(x, axis)


def row(name, reference, *calls, **options):
    return Row(name, calls or (call(X), call(FAR)), reference, **{"dtypes": {"int32": "float32"}, **options})


ROWS = [
    row("relu", lambda x: np.maximum(x, 0), dtypes={"int32": "int32"}),
    row("relu6", lambda x: np.clip(x, 0, 6)),
    row("sigmoid", special.expit),
    row("softplus", lambda x: np.logaddexp(x, 0)),
    row("softmax", softmax, call(X), call(FAR), call(X, axis=0), call(X, axis=(0, 2)), call(X, axis=None)),
    row("log_softmax", log_softmax, call(X), call(FAR), call(X, axis=1), call(X, axis=(1, -1)), call(X, axis=None)),
    row("leaky_relu", lambda x, s=0.2: np.where(x > 0, x, s * x), call(X), call(X, 0.05)),
    row("elu", elu, call(X), call(FAR), call(X, 0.3)),
    row("celu", celu, call(X), call(X, alpha=0.5)),
    row("selu", lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    row("threshold", lambda x, t, v: np.where(x > t, x, v), call(X, 0.25, -7.0), mixes=False),
    row("silu", lambda x: x * special.expit(x)),
    row("gelu", gelu, call(X), call(FAR), call(X, approximate=False)),
    row("glu", glu, call(X), call(X, axis=-1), call(X[:, :4], axis=1)),
    row("softsign", lambda x: x / (1 + np.abs(x))),
    row("log_sigmoid", special.log_expit),
    row("squareplus", lambda x, b=4: (x + np.sqrt(x**2 + b)) / 2, call(X), call(X, 2), tolerance=2e-5),
    row("tanh_shrink", lambda x: x - np.tanh(x)),
    row("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    row("hard_silu", lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    row("hard_tanh", lambda x: np.clip(x, -1, 1), dtypes={"int32": "int32"}),
    row("hard_shrink", lambda x, t=0.5: np.where(np.abs(x) <= t, 0, x), call(X), call(X, 2.0)),
    row("soft_shrink", lambda x, t=0.5: np.sign(x) * np.maximum(np.abs(x) - t, 0), call(X), call(X, 2.0)),
    row("sparse_plus", sparse_plus),
    row("sparse_sigmoid", lambda x: np.clip((x + 1) / 2, 0, 1)),
    row("sparsemax", sparsemax, call(X), call(X, axis=0), call(FAR)),
]
