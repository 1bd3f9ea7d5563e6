"""Matrices on NumPy."""

from __future__ import annotations

import numpy as np
from numpy.linalg import det, inv

__all__ = ["det", "inv"]


def eig(x):
    """NumPy's are real where all eigenvalues happen to be."""
    dtype = np.result_type(x.dtype, np.complex64)
    values, vectors = np.linalg.eig(x)
    return values.astype(dtype, copy=False), vectors.astype(dtype, copy=False)


def eigh(x):
    return tuple(np.linalg.eigh(x))


def slogdet(x):
    return tuple(np.linalg.slogdet(x))


def cholesky(x, upper):
    return np.linalg.cholesky(x, upper=upper)


def qr(x, mode):
    return tuple(np.linalg.qr(x, mode))


def svd(x, full_matrices, compute_uv):
    result = np.linalg.svd(x, full_matrices, compute_uv)
    return tuple(result) if compute_uv else result


def solve(a, b):
    return np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else np.linalg.solve(a, b)


def solve_triangular(a, b, lower):
    return solve(np.tril(a) if lower else np.triu(a), b)


def lu_factor(x):
    """Elimination with row exchanges, one column of all matrices at a time."""
    lu = np.array(x)
    rows, columns = lu.shape[-2:]
    flat = lu.reshape(-1, rows, columns)
    every, size = np.arange(len(flat)), min(rows, columns)
    pivots = np.empty((len(flat), size), np.int32)
    for k in range(size):
        best = k + np.argmax(np.abs(flat[:, k:, k]), axis=1)
        pivots[:, k] = best
        flat[every, best], flat[:, k] = flat[:, k].copy(), flat[every, best]
        pivot = flat[:, k, k, None]
        flat[:, k + 1 :, k] = np.divide(flat[:, k + 1 :, k], pivot, where=pivot != 0, out=flat[:, k + 1 :, k].copy())
        flat[:, k + 1 :, k + 1 :] -= flat[:, k + 1 :, k, None] * flat[:, k, None, k + 1 :]
    return flat.reshape(lu.shape), pivots.reshape(*lu.shape[:-2], size)
