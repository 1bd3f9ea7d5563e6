"""Conformance of reductions, running sums, sorting, searching and counting."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(2)
A = G.normal(size=(3, 4)) * 2
CUBE = G.normal(size=(2, 3, 4))
INTS = np.array([[3, 1, 2], [0, 5, 5]], "int32")
BOOLS = np.array([[True, False, True], [False, False, False]])
EDGES = np.array([1.0, 2, 2, 5])
WEIGHTS = G.uniform(0.5, 2, size=(4,))
WIDE = {"float32": "float32", "int32": "int32", "bool": "int32"}
FLOATED = {"float32": "float32", "int32": "float32", "bool": "float32"}
SAME = {"float32": "float32", "int32": "int32", "bool": "bool"}


def every(x, **more):
    """Calls over the usual axes."""
    return (call(x, **more), call(x, 1, **more), call(x, (0, -1), **more), call(x, axis=-2, keepdims=True, **more),
            call(x, axis=None, keepdims=True, **more))  # fmt: skip


def logsumexp(x, axis=None, keepdims=False):
    axis = tuple(axis) if isinstance(axis, list) else axis
    return np.logaddexp.reduce(x, axis, keepdims=keepdims) if x.ndim else x


def median(x, axis=None, keepdims=False):
    """NumPy's, of nothing an error as for its quantiles."""
    if 0 in np.take(x.shape, range(x.ndim) if axis is None else np.atleast_1d(axis)):
        raise ValueError
    return np.median(x, axis, keepdims=keepdims)


def extreme(f):
    """NumPy's function, which has another third parameter."""
    return lambda x, axis=None, keepdims=False, initial=None: f(
        x, axis, keepdims=keepdims, **({} if initial is None else {"initial": initial})
    )


def located(f):
    return lambda x, axis=None, keepdims=False: f(x, axis, keepdims=keepdims)


def quantile(x, q, axis=None, method: Any = "linear", keepdims=False):
    return np.quantile(x, q, axis, method=method, keepdims=keepdims)


def top(x, k):
    order = np.argsort(-x, -1, kind="stable")[..., :k]
    return np.take_along_axis(x, order, -1), order


ROWS = [
    Row("sum", every(CUBE), np.sum, dtypes=WIDE, draws="reduction"),
    Row("prod", every(CUBE), np.prod, dtypes=WIDE, draws="reduction"),
    Row("prod", (call(INTS, dtype="float32"),), np.prod, gradient=False),
    Row("mean", every(CUBE), np.mean, dtypes=FLOATED, draws="reduction"),
    Row("var", every(CUBE), np.var, dtypes=FLOATED, draws="reduction"),
    Row("std", every(CUBE), np.std, dtypes=FLOATED, draws="reduction"),
    Row("logsumexp", every(CUBE), logsumexp, dtypes=FLOATED, draws="reduction"),
    Row("max", (*every(CUBE), call(CUBE, 1, False, 0.5)), extreme(np.max), dtypes=SAME, draws="reduction"),
    Row("min", (*every(CUBE), call(CUBE, 1, initial=0.5)), extreme(np.min), dtypes=SAME, draws="reduction"),
    Row("amax", every(CUBE), np.max, dtypes=SAME, draws="reduction"),
    Row("amin", every(CUBE), np.min, dtypes=SAME, draws="reduction"),
    Row("median", every(CUBE), median, dtypes=FLOATED, draws="reduction"),
    Row("quantile", (call(A, 0.3), call(A, np.array([0.1, 0.5, 1.0]), 1), call(CUBE, 0.7, (0, 2), keepdims=True),
                     call(CUBE, np.array([0.25, 0.5]), (0, 1), keepdims=True), call(A, 0.4, 0, "lower"),
                     call(A, 0.4, 0, "higher"), call(A, 0.4, 0, "midpoint"), call(A, 0.4, 0, "nearest")),
        quantile, gradient=False, mixes=False),
    Row("average", (call(A), call(A, 1), call(A, 1, WEIGHTS), call(CUBE, (0, 2)), call(A, None, A * A + 1),
                    call(A, (0, 1), A * A + 1)), np.average, mixes=False),
    *(Row(name, (call(CUBE > 0.3), call(CUBE > 0.3, 1), call(CUBE > 5, (0, 2), keepdims=True), call(INTS, -1)), f,
          gradient=False, draws="reduction") for name, f in (("any", np.any), ("all", np.all))),
    *(Row(name, (call(CUBE), call(CUBE, 1), call(CUBE, -1, keepdims=True), call(CUBE, None, True), call(INTS, 1)),
          located(f), gradient=False, dtypes=dict.fromkeys(SAME, "int32"), draws="search")
      for name, f in (("argmax", np.argmax), ("argmin", np.argmin))),
    Row("count_nonzero", (call(INTS), call(INTS, 1), call(CUBE, (0, 1))), np.count_nonzero, gradient=False),
    Row("cumsum", (call(CUBE), call(CUBE, 1), call(CUBE, -1)), np.cumsum, dtypes=WIDE, draws="along"),
    Row("cumprod", (call(CUBE), call(CUBE, 1), call(INTS, 0, dtype="float32")), np.cumprod, gradient=False,
        dtypes=WIDE, draws="along"),
    Row("cumprod", (call(CUBE, 1),), np.cumprod),
    Row("sort", (call(CUBE), call(CUBE, 0), call(INTS, axis=None)), np.sort, dtypes=SAME, draws="along"),
    Row("argsort", (call(CUBE), call(CUBE, 0), call(INTS), call(INTS, axis=None)),
        lambda x, axis=-1: np.argsort(x, axis, kind="stable"), gradient=False, draws="along"),
    Row("top_k", (call(CUBE, 2), call(INTS, 2), call(INTS, k=3)), top),
    Row("searchsorted", (call(EDGES, A), call(EDGES, np.array([2.0, 6]), "right")),
        np.searchsorted, gradient=False, mixes=False, symbolic="static"),
    Row("digitize", (call(A, np.array([-1.0, 0, 1])), call(INTS, np.array([1, 2, 5], "int32"))), np.digitize,
        gradient=False, mixes=False),
    Row("in_top_k", (call(np.array([1, 0], "int32"), np.array([[0.5, 0.5, 0.1], [0.1, 0.9, 0.8]]), 1),),
        lambda t, p, k: np.array([True, False]), gradient=False, mixes=False),
    Row("nonzero", (call(INTS), call(BOOLS), call(A[0])), np.nonzero, gradient=False, symbolic="", jit=False),
    Row("bincount", (call(INTS[0]), call(INTS[0], minlength=9), call(INTS[0], np.array([0.5, 1, 2]))),
        np.bincount, gradient=False, mixes=False, symbolic="", jit=False),
    Row("bincount", (call(INTS, minlength=8),), lambda x, minlength: np.stack([np.bincount(r, minlength=8) for r in x]),
        gradient=False, mixes=False, symbolic="", jit=False),
    Row("unique", (call(INTS), call(INTS, return_index=True, return_inverse=True, return_counts=True),
                   call(BOOLS), call(np.array([[1, 2], [0, 3], [1, 2]], "int32"), axis=0, return_counts=True)),
        lambda x, **more: np.unique(x, **more), gradient=False, mixes=False, symbolic="", jit=False),
    Row("diag", (call(A[0]), call(A[0], 1), call(A[0], k=-2), call(A, 1), call(A, -1)), np.diag, dtypes=SAME),
    Row("diagonal", (call(A), call(CUBE, 1, 0, 2), call(CUBE, -1, 1, 2)), np.diagonal, dtypes=SAME),
    Row("trace", (call(A), call(CUBE, 1, 0, 2)), np.trace, dtypes=WIDE),
]  # fmt: skip
