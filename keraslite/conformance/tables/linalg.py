"""Matrices against NumPy and SciPy."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(6)
A = GENERATOR.normal(size=(2, 3, 3))
POSITIVE = A @ A.swapaxes(-1, -2) + 2 * np.eye(3)
B, VECTOR = GENERATOR.normal(size=(2, 3, 2)), GENERATOR.normal(size=(2, 3))
INTS = np.array([[2, -1], [3, 1]], "int32")
TALL, WIDE = GENERATOR.normal(size=(2, 5, 3)), GENERATOR.normal(size=(3, 5))


def solve(a, b):
    return np.linalg.solve(a, b[..., None])[..., 0] if b.ndim == a.ndim - 1 else np.linalg.solve(a, b)


def solve_triangular(a, b, lower=False):
    return solve(np.tril(a) if lower else np.triu(a), b)


def norm(x, ord=None, axis=None, keepdims=False):
    return np.linalg.norm(x.ravel() if axis is None and ord is None else x, ord, axis, keepdims)


def row(name, reference, *calls, **options):
    usual = {"tolerance": 1e-4, "mixes": False, "symbolic": "static"}
    return Row(f"linalg.{name}", calls, reference, **{**usual, **options})


ROWS = [
    row("cholesky", np.linalg.cholesky, call(POSITIVE), gradient=False),
    row("cholesky", lambda x, upper: np.linalg.cholesky(x).swapaxes(-1, -2), call(POSITIVE, upper=True),
        gradient=False),
    row("cholesky_inverse", lambda x: np.linalg.inv(x @ x.swapaxes(-1, -2)), call(np.linalg.cholesky(POSITIVE)),
        gradient=False),
    row("det", np.linalg.det, call(POSITIVE)),
    row("inv", np.linalg.inv, call(POSITIVE)),
    row("matrix_power", np.linalg.matrix_power, *(call(POSITIVE, n) for n in (0, 1, 2, 3, 6, -1, -3)), tolerance=1e-3),
    row("matrix_power", np.linalg.matrix_power, call(INTS, 3), call(INTS, 0), call(INTS, 1), gradient=False),
    row("solve", solve, call(POSITIVE, B), call(POSITIVE, VECTOR)),
    row("solve_triangular", solve_triangular, call(POSITIVE, B), call(POSITIVE, VECTOR, lower=True)),
    row("pinv", np.linalg.pinv, call(TALL), call(WIDE), gradient=False),
    row("matrix_rank", lambda x: np.linalg.matrix_rank(x), call(TALL), call(np.ones((4, 3))), gradient=False),
    row("lstsq", lambda a, b: np.linalg.lstsq(a, b, None)[0], call(TALL[0], TALL[1][:, :2]), call(WIDE, VECTOR[0]),
        gradient=False),
    row("svd", lambda x, full, compute: np.linalg.svd(x, full, compute), call(TALL, True, False), gradient=False),
    row("norm", norm, call(TALL), call(TALL, axis=1), call(TALL, 1, 2), call(TALL, np.inf, -1, True), call(TALL, 3, 1),
        call(TALL, "fro", (1, 2)), call(TALL, 1, (1, 2)), call(TALL, -np.inf, (2, 1)), call(TALL, 2, (1, 2)),
        call(TALL, "nuc", (0, 2), True), call(TALL, -2, (1, 2)), call(WIDE, 0, 1), call(WIDE, -np.inf, 0),
        gradient=False),
    row("norm", norm, call(TALL), call(TALL, 2, -1), call(TALL, 1, 1), call(TALL, "fro", (1, 2))),
]  # fmt: skip
