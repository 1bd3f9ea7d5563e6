"""Conformance of the reductions that ignore NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(21)
NAN = np.nan


def holed(*shape):
    """Numbers of which some are NaN, but nowhere all along an axis."""
    x = G.normal(size=shape) * 2
    flat = x.reshape(-1)
    flat[1::5] = NAN
    return x


A = holed(4, 5)
CUBE = holed(2, 3, 4)
BARE = np.array([[1.0, NAN, 3.0], [NAN, NAN, NAN], [4.0, -np.inf, NAN], [NAN, np.inf, np.inf]])
INTS = np.array([[3, 1, 2], [0, 5, 5]], "int32")
WIDE = {"float32": "float32", "int32": "int32", "bool": "int32"}
FLOATED = {"float32": "float32", "int32": "float32", "bool": "float32"}
SAME = {"float32": "float32", "int32": "int32", "bool": "bool"}
INDEX = dict.fromkeys(SAME, "int32")


def every(x, **more):
    """Calls over the usual axes."""
    return (call(x, **more), call(x, 1, **more), call(x, (0, -1), **more), call(x, axis=-2, keepdims=True, **more),
            call(x, axis=None, keepdims=True, **more))  # fmt: skip


def apart(f, *arguments):
    """`f` of the numbers of each line that are not NaN, one line after the other; NaN of none."""

    def g(x, axis=None, keepdims=False):
        axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = [a % x.ndim for a in axes]
        kept = [i for i in range(x.ndim) if i not in axes]
        lines = np.transpose(x, [*kept, *axes]).reshape(*(x.shape[i] for i in kept), -1)
        result = np.empty(lines.shape[:-1])
        for at in np.ndindex(*result.shape):
            line = lines[at][~np.isnan(lines[at])]
            result[at] = f(line, *arguments) if line.size else NAN
        return result.reshape([1 if i in axes else n for i, n in enumerate(x.shape)]) if keepdims else result

    return g


def spread(power):
    """The variance, or its root, written out."""
    return lambda line: np.mean(np.abs(line - np.mean(line)) ** 2) ** power


def located(choose):
    """The index of the first best number that is not NaN, -1 of none."""

    def along(line):
        present = ~np.isnan(line)
        if not present.any():
            return -1
        best = choose(line[present])
        return int(np.flatnonzero(present & (line == best))[0])

    def g(x, axis=None, keepdims=False):
        if axis is None:
            return np.full((1,) * x.ndim if keepdims else (), along(x.ravel()))
        result = np.apply_along_axis(along, axis, x)
        return np.expand_dims(result, axis) if keepdims else result

    return g


def quantile(x, q, axis=None, method: Any = "linear", keepdims=False):
    """One part after the other."""
    parts = [apart(lambda line, p=p: np.quantile(line, p, method=method))(x, axis, keepdims) for p in np.ravel(q)]
    return np.stack(parts) if np.ndim(q) else parts[0]


def percentile(x, q, *rest, **more):
    return quantile(x, np.asarray(q) / 100, *rest, **more)


MOMENTS = [("nanmean", np.mean), ("nanvar", spread(1)), ("nanstd", spread(0.5)), ("nanmedian", np.median)]
TOTALS = [("nansum", np.nansum), ("nanprod", np.nanprod)]
EXTREMES = [("nanmax", np.max), ("nanmin", np.min)]
PARTS = np.array([0.1, 0.5, 1.0])
QUANTILES = [call(A, 0.3), call(A, PARTS, 1), call(CUBE, 0.7, (0, 2), keepdims=True), call(CUBE, PARTS, (0, 1)),
             call(CUBE, PARTS, (0, 1), "linear", True), call(A, 0.4, 0, "lower"), call(A, 0.4, 0, "higher"),
             call(A, 0.4, 0, "midpoint"), call(A, 0.4, 0, method="nearest")]  # fmt: skip

ROWS = [
    *(Row(name, every(CUBE), f, dtypes=WIDE) for name, f in TOTALS),
    *(Row(name, (call(BARE), call(BARE, 1), call(INTS, 1)), f, gradient=False, mixes=False) for name, f in TOTALS),
    *(Row(name, every(CUBE), apart(f), dtypes=FLOATED) for name, f in MOMENTS),
    *(Row(name, every(CUBE), apart(f), dtypes=SAME) for name, f in EXTREMES),
    *(Row(name, (call(BARE[:, :1], 1), call(BARE[:3], 1), call(INTS, -1), call(INTS > 2, 0)), apart(f), gradient=False,
          mixes=False) for name, f in MOMENTS),
    *(Row(name, (call(BARE, 1), call(BARE, axis=0, keepdims=True), call(INTS, -1), call(INTS > 2, 0)), apart(f),
          gradient=False, mixes=False) for name, f in EXTREMES),
    *(Row(name, (call(CUBE), call(CUBE, 1), call(BARE, -1, keepdims=True), call(BARE, 0), call(CUBE, None, True),
                 call(INTS, 1), call(np.array([NAN, -np.inf, NAN])), call(np.array([NAN, np.inf, NAN]), 0)),
          located(f), gradient=False, dtypes=INDEX)
      for name, f in (("nanargmax", np.max), ("nanargmin", np.min))),
    Row("nancumsum", (call(CUBE), call(CUBE, 1), call(CUBE, -1)), np.nancumsum, dtypes=WIDE),
    Row("nancumsum", (call(BARE, 1), call(INTS, 0, dtype="float32")), np.nancumsum, gradient=False, mixes=False),
    Row("nancumprod", (call(CUBE, 1), call(CUBE, -1)), np.nancumprod, dtypes=WIDE),
    Row("nancumprod", (call(CUBE), call(BARE, 1), call(INTS, 0, dtype="float32")), np.nancumprod, gradient=False,
        mixes=False),
    Row("nanquantile", tuple(QUANTILES), quantile, gradient=False, mixes=False),
    Row("nanquantile", (call(A, 0.3, 1), call(CUBE, 0.7, (0, 2))), lambda x, q, axis: quantile(x, q, axis)),
    Row("nanquantile", (call(BARE[:2], PARTS, 1), call(INTS, 0.4, 1)), quantile, gradient=False, mixes=False),
    Row("nanpercentile", tuple(call(c.args[0], c.args[1] * 100, *c.args[2:], **c.kwargs) for c in QUANTILES),
        percentile, gradient=False, mixes=False),
]  # fmt: skip
