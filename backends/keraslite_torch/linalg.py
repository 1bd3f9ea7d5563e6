"""Matrices on torch."""

from __future__ import annotations

import torch
from torch.linalg import det, inv

__all__ = ["det", "inv"]


def slogdet(x):
    return tuple(torch.linalg.slogdet(x))


def cholesky(x, upper):
    return torch.linalg.cholesky(x, upper=upper)


def qr(x, mode):
    return tuple(torch.linalg.qr(x, mode))


def svd(x, full_matrices, compute_uv):
    return tuple(torch.linalg.svd(x, full_matrices)) if compute_uv else torch.linalg.svdvals(x)


def eigh(x):
    return tuple(torch.linalg.eigh(x))


def eig(x):
    return tuple(torch.linalg.eig(x))


def solve(a, b):
    return torch.linalg.solve(a, b.unsqueeze(-1)).squeeze(-1) if b.ndim == a.ndim - 1 else torch.linalg.solve(a, b)


def solve_triangular(a, b, lower):
    if b.ndim == a.ndim - 1:
        return torch.linalg.solve_triangular(a, b.unsqueeze(-1), upper=not lower).squeeze(-1)
    return torch.linalg.solve_triangular(a, b, upper=not lower)


def lu_factor(x):
    lu, pivots = torch.linalg.lu_factor(x)
    return lu, pivots - 1
