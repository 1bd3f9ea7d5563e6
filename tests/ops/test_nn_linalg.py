"""Matrices against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg

from keraslite import ops
from keraslite.conformance.rows import assert_close, host
from keraslite.conformance.tables.linalg import POSITIVE, TALL, VECTOR, WIDE, A
from keraslite.errors import ArgumentError


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
@pytest.mark.parametrize("before", [[[2.0, 1.0], [-1.0, 1.0]], [[2.0, 0.0], [0.0, 1.0]]], ids=["complex", "real"])
def test_real_eigenvalues_are_complex_too(before):  # whichever matrix was the first of its dtype
    ops.linalg.eig.op.plans.clear()
    ops.linalg.eig(np.array(before, "float32"))
    found = ops.linalg.eig(np.array([[2.0, 0.0], [0.0, 1.0]], "float32"))
    assert type(found) is tuple
    values, vectors = (ops.convert_to_numpy(x) for x in found)
    assert values.dtype == vectors.dtype == np.complex64
    assert sorted(values.real.tolist()) == [1, 2]


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
