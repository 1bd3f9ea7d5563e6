"""Matrices against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from ops.table import Row, assert_close, call, conformance, host
from scipy import linalg

from keraslite import ops
from keraslite.errors import ArgumentError

GENERATOR = np.random.default_rng(6)
A = GENERATOR.normal(size=(2, 3, 3))
POSITIVE = A @ A.swapaxes(-1, -2) + 2 * np.eye(3)
B, VECTOR = GENERATOR.normal(size=(2, 3, 2)), GENERATOR.normal(size=(2, 3))
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
test_value, test_dtype, test_symbolic, test_jit, test_gradient = conformance(ROWS)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("x", [TALL, WIDE])
def test_qr(mode, x):
    q, r = ops.linalg.qr(x.astype("float32"), mode)
    q, r = host(q), host(r)
    inner = min(x.shape[-2:]) if mode == "reduced" else x.shape[-2]
    assert q.shape == (*x.shape[:-1], inner)
    assert_close(q @ r, x, 1e-5)
    assert_close(q.swapaxes(-1, -2) @ q, np.eye(inner) + 0 * q.swapaxes(-1, -2) @ q, 1e-5)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("full", [True, False])
def test_svd(full):
    u, s, vh = (host(x) for x in ops.linalg.svd(TALL.astype("float32"), full))
    assert u.shape == (2, 5, 5 if full else 3)
    assert_close(u[..., :3] * s[..., None, :] @ vh, TALL, 1e-5)


@pytest.mark.usefixtures("backend")
def test_eigenvalues():
    values, vectors = (host(x) for x in ops.linalg.eigh(POSITIVE.astype("float32")))
    assert_close(values, np.linalg.eigvalsh(POSITIVE), 1e-4)
    assert_close(POSITIVE @ vectors, vectors * values[..., None, :], 1e-4)
    values, vectors = (ops.convert_to_numpy(x) for x in ops.linalg.eig(A.astype("float32")))
    assert values.dtype == vectors.dtype == np.complex64
    assert np.abs(A @ vectors - vectors * values[..., None, :]).max() < 1e-4


@pytest.mark.usefixtures("backend")
def test_lu_factor():
    lu, pivots = ops.linalg.lu_factor(A.astype("float32"))
    for i in range(2):
        expected, order = linalg.lu_factor(A[i])
        assert_close(lu[i], expected, 1e-4)
        assert host(pivots[i]).tolist() == order.tolist()


@pytest.mark.usefixtures("backend")
def test_half_precision_and_integers_become_float32():
    assert ops.dtype(ops.linalg.inv(ops.cast(POSITIVE, "float16"))) == "float32"
    assert ops.dtype(ops.linalg.det(ops.cast(POSITIVE, "int32"))) == "float32"


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: ops.linalg.inv(WIDE), "`inv` needs square matrices"),
        (lambda: ops.linalg.det(VECTOR[0]), "a tensor of rank 2 or more"),
        (lambda: ops.linalg.solve(A, np.ones((2, 4))), "`solve` needs `b` of shape"),
        (lambda: ops.linalg.qr(A, "raw"), "'reduced' or 'complete'"),
        (lambda: ops.linalg.norm(A, 2), "one or two axes"),
        (lambda: ops.linalg.norm(A, "other", (0, 1)), "`ord` of matrices"),
    ],
)
def test_messages(run, text):
    with pytest.raises(ArgumentError, match=text):
        run()
