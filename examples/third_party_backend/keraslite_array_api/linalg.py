"""Matrices: the standard's linear algebra extension."""

from __future__ import annotations

import array_api_strict as xp

from .indexing import take_along_axis

det = xp.linalg.det
inv = xp.linalg.inv


def eig(x):
    return tuple(xp.linalg.eig(x))


def eigh(x):
    return tuple(xp.linalg.eigh(x))


def cholesky(x, upper):
    return xp.linalg.cholesky(x, upper=upper)


def qr(x, mode):
    return tuple(xp.linalg.qr(x, mode=mode))


def svd(x, full_matrices, compute_uv):
    return tuple(xp.linalg.svd(x, full_matrices=full_matrices)) if compute_uv else xp.linalg.svdvals(x)


def solve(a, b):
    if b.ndim == a.ndim:
        return xp.linalg.solve(a, b)
    return xp.squeeze(xp.linalg.solve(a, xp.expand_dims(b, axis=-1)), axis=-1)


def solve_triangular(a, b, lower):
    return solve(xp.tril(a) if lower else xp.triu(a), b)


def lu_factor(x):
    """Elimination with row exchanges, one column of all matrices at a time: the standard has no factorisation by LU."""
    rows, columns = x.shape[-2:]
    numbers, across = xp.arange(rows), xp.arange(columns)
    pivots = []
    for k in range(min(rows, columns)):
        best = k + xp.argmax(xp.abs(x[..., k:, k]), axis=-1, keepdims=True)
        swapped = xp.where(numbers == k, best, xp.where(numbers == best, k, numbers))
        x = take_along_axis(x, xp.expand_dims(swapped, axis=-1), -2)
        pivot = x[..., k : k + 1, k]
        below = numbers > k
        factors = xp.where(below, x[..., :, k] / xp.where(pivot == 0, xp.ones_like(pivot), pivot), 0.0)
        row = xp.where(across > k, x[..., k, :], 0.0)
        x = xp.where(
            xp.expand_dims(below, axis=1) & (across == k),
            xp.expand_dims(factors, axis=-1),
            x - xp.expand_dims(factors, axis=-1) * xp.expand_dims(row, axis=-2),
        )
        pivots.append(best)
    shape = (*x.shape[:-2], 0)
    return x, xp.concat(pivots, axis=-1) if pivots else xp.zeros(shape, dtype=xp.int64)
