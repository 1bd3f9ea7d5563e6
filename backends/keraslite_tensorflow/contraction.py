"""Products that sum over shared axes, on TensorFlow."""

from __future__ import annotations

import tensorflow as tf


def matmul(x1, x2):
    rank1, rank2 = x1.shape.rank, x2.shape.rank
    if (rank1 > 1 and rank2 > 2) or rank1 == rank2 == 2:
        return tf.matmul(x1, x2)
    if rank2 == 2 and rank1 > 2:
        return tf.tensordot(x1, x2, 1)  # one product of large matrices, not many small ones
    if rank2 == 1:
        return tf.tensordot(x1, x2, 1)
    if rank1 == 1:
        return tf.squeeze(tf.matmul(x1[tf.newaxis], x2), -2)
    return tf.matmul(x1, x2)


def einsum(subscripts, operands):
    return tf.einsum(subscripts, *operands)
