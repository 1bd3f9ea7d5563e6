"""Matrices on TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.linalg import eig, eigh, inv

from .gradients import own_gradient

__all__ = ["eig", "eigh", "inv"]


@own_gradient
def det(x):
    """TensorFlow's own gradient inverts `x`; this one is the matrix of cofactors, which singular ones have too."""

    def pull(cotangent):
        parts: Any = tf.linalg.svd(x)
        s, u, v = parts  # (..., n), (..., n, n), (..., n, n)
        others = tf.where(tf.eye(s.shape[-1], dtype=tf.bool), tf.ones([], s.dtype), s[..., None, :])
        product: Any = tf.reduce_prod(others, -1)
        sign = tf.math.sign(tf.linalg.det(u) * tf.linalg.det(v))
        cofactors = tf.matmul(u * product[..., None, :], v, adjoint_b=True)
        return (cotangent * sign)[..., None, None] * cofactors

    return tf.linalg.det(x), pull


def slogdet(x):
    return tuple(tf.linalg.slogdet(x))


def cholesky(x, upper):
    lower = tf.linalg.cholesky(x)
    return tf.linalg.adjoint(lower) if upper else lower


def qr(x, mode):
    return tuple(tf.linalg.qr(x, full_matrices=mode == "complete"))


def svd(x, full_matrices, compute_uv):
    if not compute_uv:
        return tf.linalg.svd(x, compute_uv=False)
    values, left, right = tf.linalg.svd(x, full_matrices=full_matrices)
    return left, values, tf.linalg.adjoint(right)


def solve(a, b):
    return tf.linalg.solve(a, b[..., None])[..., 0] if b.shape.rank == a.shape.rank - 1 else tf.linalg.solve(a, b)


def solve_triangular(a, b, lower):
    if b.shape.rank == a.shape.rank - 1:
        return tf.linalg.triangular_solve(a, b[..., None], lower=lower)[..., 0]
    return tf.linalg.triangular_solve(a, b, lower=lower)


def lu_factor(x):
    lu, permutation = tf.linalg.lu(x)
    return lu, _pivots(permutation)


def _pivots(permutation):
    """LAPACK's exchanges from the order they end in: at step k, where row `permutation[k]` then is."""
    size = permutation.shape[-1]
    order = tf.broadcast_to(tf.range(size, dtype=permutation.dtype), tf.shape(permutation))
    pivots = []
    for k in range(size):
        wanted = permutation[..., k : k + 1]
        at = tf.argmax(tf.cast(order == wanted, tf.int32), -1, permutation.dtype)[..., None]  # type: ignore[index]
        here = tf.range(size, dtype=permutation.dtype)
        order = tf.where(here == at, order[..., k : k + 1], tf.where(here == k, wanted, order))  # type: ignore[index]
        pivots.append(at)
    return tf.concat(pivots, -1)
