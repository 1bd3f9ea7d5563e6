"""Conformance of shapes, joining, padding, creation and indexing."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(3)
A = G.normal(size=(3, 4))
B = G.normal(size=(3, 4))
CUBE = G.normal(size=(2, 3, 4))
INTS = np.array([[1, 2, 3], [4, 5, 6]], "int32")
INDEX = np.array([[0, 2], [1, -1]], "int32")
SAME = {"float32": "float32", "int32": "int32", "bool": "bool"}
COLON = slice(None)


def scattered(x, indices, updates, reduction=None):
    result = x.copy()
    at = tuple(np.moveaxis(indices, -1, 0))
    if reduction is None:
        result[at] = updates
    else:
        {"add": np.add, "max": np.maximum, "min": np.minimum, "mul": np.multiply}[reduction].at(result, at, updates)
    return result


def sliced(x, start, shape):
    return x[tuple(slice(s, s + n) for s, n in zip(start, shape, strict=True))]


def slice_updated(x, start, updates):
    x = x.copy()
    x[tuple(slice(s, s + n) for s, n in zip(start, updates.shape, strict=True))] = updates
    return x


def segments(ufunc, empty):
    def f(x, ids, num_segments):
        result = np.full((num_segments, *x.shape[1:]), empty, x.dtype)
        for row, i in zip(x, ids, strict=True):
            if 0 <= i < num_segments:
                result[i] = ufunc(result[i], row)
        return result

    return f


POINTS = np.array([[0, 1], [2, -1], [0, 1]], "int32")
DISTINCT = np.array([[0, 1], [2, -1]], "int32")
IDS = np.array([0, 2, 7], "int32")
KEYS = [
    0, -1, COLON, ..., None, slice(1, None), slice(None, -1), slice(None, None, -1), slice(-1, 0, -2), slice(5, 2),
    (0, 1), (..., 0), (COLON, 1), (COLON, None, 1), (slice(0, 1), ..., slice(None, None, 2)), (None, ..., None, -1),
    (COLON, slice(2, None, -1)),
]  # fmt: skip

ROWS = [
    Row("reshape", (call(CUBE, (3, 8)), call(CUBE, (-1, 4)), call(CUBE, -1), call(CUBE[:1, :1, :1], ())), np.reshape,
        dtypes=SAME, draws="reshape"),
    Row("ravel", (call(CUBE),), np.ravel, draws="unary"),
    Row("expand_dims", (call(A, 0), call(A, -1), call(A, 1), call(A, (0, 2))), np.expand_dims, draws="new axis"),
    Row("squeeze", (call(CUBE[:1]), call(CUBE[:1], 0), call(CUBE[:, :1], (1,)), call(CUBE[:, :1], -2)),
        lambda x, axis=None: np.squeeze(x, tuple(axis) if isinstance(axis, list) else axis), symbolic="static",
        draws="squeeze"),
    Row("broadcast_to", (call(A, (2, 3, 4)), call(A[:1], (3, 4)), call(A[0, 0].reshape(()), (2,))), np.broadcast_to,
        symbolic="static"),
    Row("transpose", (call(CUBE), call(CUBE, (1, 0, 2)), call(CUBE, (0, -1, 1))), np.transpose, draws="permutation"),
    Row("swapaxes", (call(CUBE, 0, -1), call(CUBE, 1, 2)), np.swapaxes, draws="two axes"),
    Row("moveaxis", (call(CUBE, 0, -1), call(CUBE, (0, 1), (-1, 0))), np.moveaxis, draws="two axes"),
    Row("rot90", (call(A), call(A, 2), call(A, 3), call(A, -1), call(CUBE, 1, (1, 2)), call(A, 4)), np.rot90),
    Row("flip", (call(CUBE), call(CUBE, 1), call(CUBE, (0, -1))), np.flip, draws="flip"),
    Row("roll", (call(CUBE, 2), call(CUBE, 1, 0), call(CUBE, (1, -2), (2, 0)), call(CUBE, -1, -1)), np.roll),
    Row("concatenate", (call([A, B]), call([A, B], 1), call((A, B, A), axis=-1)), np.concatenate,
        dtypes={"int32 float32": "float32", "bool int32": "int32"}, draws="join"),
    Row("stack", (call([A, B]), call([A, B], 1), call((A, B), axis=-1)), np.stack, draws="stack"),
    Row("vstack", (call([A, B]), call([A[0], B[0]])), np.vstack),
    Row("column_stack", (call([A, B]), call([A[0], B[0]]), call([A, B[:, 0]])), np.column_stack),
    Row("hstack", (call([A, B]), call([A[0], B[0]])), np.hstack),
    Row("append", (call(A, B), call(A, B, 0), call(A, B, axis=1)), np.append),
    Row("split", (call(CUBE, 2), call(CUBE, 2, -1), call(CUBE, [1, 3], 2), call(CUBE, (1,), axis=1)), np.split),
    Row("unstack", (call(CUBE, axis=1), call(CUBE, 4, -1), call(CUBE)),
        lambda x, num=None, axis=0: [np.take(x, i, axis) for i in range(x.shape[axis])], symbolic="static"),
    Row("tile", (call(A, (2, 1)), call(A, 3), call(A, (2, 1, 2))), np.tile),
    Row("repeat", (call(A, 2), call(A, 2, 1), call(A, [1, 0, 2], 0), call(A, 3, axis=-1)), np.repeat,
        symbolic="static"),
    Row("pad", (call(A, 1), call(A, (1, 2)), call(A, ((0, 1), (2, 0))), call(A, [[1, 1], [0, 0]], constant_values=3.0),
                call(INTS, 1)), lambda x, w, constant_values=0: np.pad(x, w, constant_values=constant_values),
        dtypes=SAME),
    Row("pad", tuple(call(A, ((2, 1), (1, 3)), mode) for mode in ("reflect", "symmetric", "edge", "wrap")), np.pad),
    Row("copy", (call(A), call(INTS)), np.copy),
    Row("size", (call(A),), np.size, gradient=False, symbolic="", jit=False, mixes=False),
    Row("tril", (call(A), call(CUBE, 1), call(CUBE, -1)), np.tril, symbolic="static"),
    Row("triu", (call(A), call(CUBE, 1), call(CUBE, -1)), np.triu, symbolic="static"),
    Row("zeros_like", (call(A), call(INTS), call(A, "int32")), np.zeros_like, gradient=False, dtypes=SAME),
    Row("ones_like", (call(A), call(INTS), call(A, dtype="bool")), np.ones_like, gradient=False, dtypes=SAME),
    Row("full_like", (call(A, 2.5), call(INTS, 7), call(INTS, 2.5, "float32")), np.full_like, gradient=False),
    Row("linspace", (call(A, B, 5), call(A, B, 4, endpoint=False), call(A, 3.0, 3, axis=-1), call(A, B, 1)),
        lambda a, b, n, endpoint=True, axis=0: np.linspace(a, b, n, endpoint=endpoint, axis=axis)),
    Row("meshgrid", (call(A[0], B[:, 0]), call(A[0], B[:, 0], indexing="ij"), call(A[0], B[0], A[1])), np.meshgrid),
    Row("take", (call(CUBE, INDEX), call(CUBE, INDEX, 1), call(CUBE, INDEX[0], -1), call(CUBE, 1, axis=1)), np.take,
        mixes=False, symbolic="static"),
    Row("take_along_axis", (call(CUBE, INDEX.reshape(2, 1, 2) % 2, -1), call(A, np.array([2, -1], "int32")),
                            call(A, np.array([[0, -1, 1, 1]], "int32"), 0)),
        lambda x, i, axis=None: np.take_along_axis(x, i, axis) if axis is None or i.shape[0] == 1 else
        np.take_along_axis(x, np.broadcast_to(i, (2, 3, 2)), axis), mixes=False, symbolic="static"),
    Row("get_item", tuple(call(CUBE, key) for key in KEYS), lambda x, key: x[key]),
    Row("get_item", tuple(call(CUBE, key) for key in ([1, 0], (COLON, [2, 0]), (0, [1, 2]), ([0, 1], [2, -1]),
        (COLON, [[0], [2]], [1, 3]), ([0, 1], COLON, [1, 2]), (0, COLON, [1, 2]), (..., [True, False, True, False]))),
        lambda x, key: x[tuple(key) if isinstance(key, tuple) else key], jit=False),
    Row("get_item", (call(CUBE, (COLON, INDEX)), call(CUBE, (INDEX[0] % 2, 1)), call(CUBE, (0, ..., INDEX))),
        lambda x, key: x[key], mixes=False, symbolic="static"),
    Row("slice", (call(CUBE, (0, 1, 2), (2, 1, 2)), call(A, [1, 0], [2, 4])), sliced),
    Row("slice_update", (call(A, (1, 2), B[:2, :2]), call(CUBE, (0, 0, 0), CUBE[:, :1])), slice_updated,
        symbolic="static"),
    *(Row("scatter_update", (call(A, POINTS, np.array([1.0, -2, 3]), r), call(A, DISTINCT[:, :1], B[:2], r)), scattered,
          mixes=False, symbolic="static", gradient=r != "mul") for r in ("add", "max", "min", "mul")),
    Row("scatter_update", (call(A, DISTINCT, np.array([1.0, -2])), call(INTS, DISTINCT[:, 1:], INTS)), scattered,
        mixes=False, symbolic="static", gradient=False),
    Row("scatter_update", (call(A, DISTINCT, np.array([1.0, -2])), call(A, DISTINCT[:, :1], B[:2])), scattered,
        mixes=False, symbolic="static"),
    Row("scatter", (call(POINTS % 3, A[:, 0], (3, 4)), call(POINTS[:, :1], A, (5, 4))),
        lambda i, v, s: scattered(np.zeros(s), i, v, "add"), mixes=False, symbolic="static"),
    *(Row(f"segment_{name}", (call(A, IDS, 4), call(A[:, 0], IDS, num_segments=3)), segments(f, empty), mixes=False,
          symbolic="static", gradient=name == "sum")
      for name, f, empty in (("sum", np.add, 0), ("prod", np.multiply, 1), ("max", np.maximum, -np.inf),
                             ("min", np.minimum, np.inf))),
]  # fmt: skip
