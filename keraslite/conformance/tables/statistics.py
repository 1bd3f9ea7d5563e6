"""Conformance of percentiles, histograms, correlation, differences, integrals, products and distances of pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(22)


def array(*shape):
    return G.normal(size=shape)


A = array(3, 4)
CUBE = array(2, 3, 4)
INTS = np.array([[3, 1, 2], [0, 5, 5]], "int32")
BOOLS = np.array([[True, False, True], [False, False, True]])
LONG, SHORT = array(7), array(3)
SIGNALS = [(LONG, SHORT), (SHORT, LONG), (LONG, array(4)), (array(4), LONG), (LONG, LONG)]
POINTS = np.sort(array(4))
PARTS = np.array([10.0, 50, 100])
NUMBERS = {"float32": "float32", "int32": "int32", "bool": "int32"}
PAIRED = {"float32 float32": "float32", "int32 int32": "int32", "int32 float32": "float32", "bool bool": "int32"}


def spread(x, axis=None, keepdims=False):
    return np.max(x, axis, keepdims=keepdims) - np.min(x, axis, keepdims=keepdims)


def percentile(x, q, axis=None, method: Any = "linear", keepdims=False):
    return np.percentile(x, q, axis, method=method, keepdims=keepdims)


def component(x, i, axis):
    """A component of vectors along an axis; the third one of two is 0."""
    size = x.shape[axis]
    return np.take(x, i, axis) if i < size else np.zeros_like(np.take(x, 0, axis))


def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """By the definition; NumPy's own warns of vectors of 2 components."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = ([component(x, i, along) for i in range(3)] for x, along in ((x1, axisa), (x2, axisb)))
    parts = [a[i] * b[j] - a[j] * b[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return parts[2] if x1.shape[axisa] == x2.shape[axisb] == 2 else np.stack(parts, axisc)


def distances(x, y):
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (np.broadcast_to(z, (*lead, *z.shape[-2:])) for z in (x, y))
    result = np.empty((*lead, x.shape[-2], y.shape[-2]))
    for at in np.ndindex(*lead):
        result[at] = distance.cdist(x[at], y[at])
    return result


ROWS = [
    Row("ptp", (call(CUBE), call(CUBE, 1), call(CUBE, (0, -1)), call(CUBE, axis=-2, keepdims=True)), spread,
        dtypes=NUMBERS),
    Row("percentile", (call(A, 30), call(A, PARTS, 1), call(CUBE, 70.0, (0, 2), keepdims=True),
                       call(CUBE, PARTS, (0, 1), "linear", True), call(A, 40.0, 0, "lower"), call(A, 40, 0, "higher"),
                       call(A, 40, 0, "midpoint"), call(A, 40, 0, method="nearest"), call(INTS, 40, 1)),
        percentile, gradient=False, mixes=False),
    Row("percentile", (call(A, 30.0, 1), call(CUBE, 75.0, (0, 2))), lambda x, q, axis: np.percentile(x, q, axis)),
    Row("quantile", (call(A, 0.3, 1), call(CUBE, 0.75, (0, 2))), lambda x, q, axis: np.quantile(x, q, axis)),
    Row("diff", (call(CUBE), call(CUBE, 2), call(CUBE, 1, 0), call(CUBE, n=2, axis=1), call(A, 0), call(A, 3),
                 call(BOOLS), call(BOOLS, 2, 1), call(A, 9)), np.diff,
        dtypes={"float32": "float32", "int32": "int32", "bool": "bool"}),
    Row("trapezoid", (call(CUBE), call(CUBE, dx=0.5), call(CUBE, axis=0), call(INTS)), np.trapezoid,
        dtypes={"float32": "float32", "int32": "float32", "bool": "float32"}),
    Row("trapezoid", (call(CUBE, POINTS), call(CUBE, POINTS[:3], axis=1), call(CUBE, x=array(2, 3, 4), axis=1),
                      call(A, array(1, 4))), np.trapezoid, mixes=False, symbolic="static"),
    Row("histogram", (call(LONG), call(A, 4), call(A, bins=5, range=(-1.0, 0.5)), call(INTS, 3), call(BOOLS, 2),
                      call(np.full(3, 2.0), 4), call(INTS, 5, (0, 5)), call(INTS, 3, [2, 2])),
        lambda x, bins=10, range=None: np.histogram(np.asarray(x, float), bins, range and tuple(range)), gradient=False,
        mixes=False),
    Row("corrcoef", (call(A), call(LONG), call(INTS), call(np.array([[1.0, 2, 4], [1, 1, 1], [3, 1, 0]]))), np.corrcoef,
        gradient=False, dtypes={"float32": "float32", "int32": "float32", "bool": "float32"}),
    Row("corrcoef", (call(array(3, 6)),), np.corrcoef),
    Row("cov", (call(A), call(LONG), call(INTS), call(array(2, 6)), call(array(3, 1))), np.cov, gradient=False,
        dtypes={"float32": "float32", "int32": "float32", "bool": "float32"}),
    Row("cov", (call(array(3, 6)), call(LONG)), np.cov),
    Row("correlate", tuple(call(*pair, mode) for mode in ("valid", "same", "full") for pair in SIGNALS),
        np.correlate, symbolic="static", dtypes={"int32 int32": "float32", "bool bool": "float32"}),
    Row("correlate", (call(LONG[:3] + 1j * LONG[3:6], SHORT[:2] - 1j * SHORT[1:], mode="full"),
                      call(LONG, SHORT), call(SHORT[:2] + 2j, LONG, "same")), np.correlate, mixes=False,
        symbolic="static", gradient=False),
    Row("cross", (call(array(4, 3), array(4, 3)), call(array(2), array(2)), call(array(4, 2), array(4, 3)),
                  call(array(4, 3), array(4, 2)), call(array(3, 4), array(3, 4), axis=0),
                  call(array(3, 4), array(4, 3), 0), call(array(3, 4), array(4, 3), axisa=0, axisb=1, axisc=0),
                  call(array(5, 1, 3), array(4, 3)), call(array(3), array(4, 3)), call(array(2, 4), array(4, 2), 0),
                  call(array(2, 5, 4), array(5, 3, 4), -3, -2, 1)), cross, symbolic="static", dtypes=PAIRED),
    Row("kron", (call(A, array(2, 3)), call(array(3), array(2)), call(array(2), A), call(CUBE, array(3, 2)),
                 call(array(), A)), np.kron, dtypes={"bool bool": "bool", "int32 float32": "float32"}),
    Row("cdist", (call(A, array(5, 4)), call(array(2, 3, 4), array(2, 5, 4)), call(array(5, 1, 2, 3), array(4, 3, 3))),
        distances, symbolic="static", dtypes={"int32 int32": "float32"}),
    Row("cdist", (call(np.array([[0.0, 0], [1000, 1]]), np.array([[1000.0, 1], [1000.25, 1]])),), distances,
        gradient=False, mixes=False, symbolic="static"),
]  # fmt: skip
