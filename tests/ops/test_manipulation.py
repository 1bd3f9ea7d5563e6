"""Conformance of shapes, joining, padding, creation and indexing."""

from __future__ import annotations

import numpy as np
import pytest
from ops.table import Row, assert_close, bodies, call, conformance

from keraslite import ops
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor, is_symbolic

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
        dtypes=SAME),
    Row("ravel", (call(CUBE),), np.ravel),
    Row("expand_dims", (call(A, 0), call(A, -1), call(A, 1), call(A, (0, 2))), np.expand_dims),
    Row("squeeze", (call(CUBE[:1]), call(CUBE[:1], 0), call(CUBE[:, :1], (1,)), call(CUBE[:, :1], -2)),
        lambda x, axis=None: np.squeeze(x, tuple(axis) if isinstance(axis, list) else axis), symbolic="static"),
    Row("broadcast_to", (call(A, (2, 3, 4)), call(A[:1], (3, 4)), call(A[0, 0].reshape(()), (2,))), np.broadcast_to,
        symbolic="static"),
    Row("transpose", (call(CUBE), call(CUBE, (1, 0, 2)), call(CUBE, (0, -1, 1))), np.transpose),
    Row("swapaxes", (call(CUBE, 0, -1), call(CUBE, 1, 2)), np.swapaxes),
    Row("moveaxis", (call(CUBE, 0, -1), call(CUBE, (0, 1), (-1, 0))), np.moveaxis),
    Row("rot90", (call(A), call(A, 2), call(A, 3), call(A, -1), call(CUBE, 1, (1, 2)), call(A, 4)), np.rot90),
    Row("flip", (call(CUBE), call(CUBE, 1), call(CUBE, (0, -1))), np.flip),
    Row("roll", (call(CUBE, 2), call(CUBE, 1, 0), call(CUBE, (1, -2), (2, 0)), call(CUBE, -1, -1)), np.roll),
    Row("concatenate", (call([A, B]), call([A, B], 1), call((A, B, A), axis=-1)), np.concatenate,
        dtypes={"int32 float32": "float32", "bool int32": "int32"}),
    Row("stack", (call([A, B]), call([A, B], 1), call((A, B), axis=-1)), np.stack),
    Row("vstack", (call([A, B]), call([A[0], B[0]])), np.vstack),
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

test_value, test_dtype, test_symbolic, test_jit, test_gradient = conformance(ROWS)
test_bodies = bodies(ROWS)

CREATION = [
    ("zeros", ((2, 3),), "float32"), ("zeros", (3, "int32"), "int32"), ("ones", ((2,), "bool"), "bool"),
    ("empty", ((2,),), "float32"), ("full", ((2, 2), 3), "float32"), ("full", ((2,), 3, "int32"), "int32"),
    ("arange", (5,), "int32"), ("arange", (1, 9, 3), "int32"), ("arange", (5, 0, -2), "int32"),
    ("arange", (0.5, 2.0, 0.25), "float32"), ("arange", (3, None, None, "float16"), "float16"),
    ("arange", (3, 1), "int32"), ("full", ((2,), 2.5, "int32"), "int32"),
    ("eye", (3,), "float32"), ("eye", (3, 4, 1, "int32"), "int32"), ("eye", (2, 3, -1), "float32"),
    ("identity", (2,), "float32"), ("tri", (3,), "float32"), ("tri", (3, 4, -1), "float32"),
    ("linspace", (0, 1, 5), "float32"), ("linspace", (0, 9, 4, True, False, "int32"), "int32"),
    ("array", ([1, 2],), "int32"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "dtype"), CREATION, ids=lambda x: str(x).replace(" ", ""))
def test_creation(backend, name, args, dtype):
    made = getattr(ops, name)(*args)
    expected = np.zeros(2) if name == "empty" else getattr(np, name)(*args)
    assert ops.dtype(made) == dtype
    assert_close(made, np.asarray(expected, dtype), 1e-6)


def test_linspace_with_its_step(backend):
    values, step = ops.linspace(0.0, 1.0, 5, retstep=True)
    assert_close([values, step], [np.linspace(0, 1, 5), np.array(0.25)], 1e-6)


def test_unknown_sizes(backend):
    b, t = Dimension("b"), Dimension("t")
    assert ops.shape(ops.zeros((b, 3))) == (b, 3)
    assert ops.shape(ops.full((b, t), 1.0)) == (b, t)
    assert ops.shape(ops.arange(t)) == (t,)
    assert ops.shape(ops.arange(1, t + 1, dtype="float32")) == (t,)
    assert ops.shape(ops.eye(t)) == (t, t)
    for _ in range(2):  # the second time there is a plan for concrete calls
        assert is_symbolic(ops.broadcast_to(ops.ones((1, 3)), (b, 3)))
        assert ops.shape(ops.broadcast_to(ops.ones((1, 3)), (2, 3))) == (2, 3)
    x = SymbolicTensor((b, t, 4))
    assert ops.shape(ops.reshape(x, (b * t, 4))) == (b * t, 4)
    assert ops.shape(ops.reshape(x, (-1, 4))) == (b * t, 4)
    assert ops.shape(ops.reshape(x, (b, -1)))[1] == t * 4
    assert ops.shape(ops.tile(x, (1, 2, 1))) == (b, 2 * t, 4)
    assert ops.shape(ops.concatenate([x, x], 1))[1] == 2 * t
    assert ops.shape(x[:, 1:])[0] == b
    assert x[:, -1].shape == (None, 4)
    assert x[..., None].shape == (None, None, 4, 1)
    assert ops.dtype(ops.cast(t, "float32")) == "float32"
    assert ops.shape(x / ops.cast(t, "float32")) == (b, t, 4)
    assert ops.size(x) == b * t * 4


def test_conversions(backend):
    made = ops.convert_to_tensor([[1, 2]])
    assert ops.is_tensor(made)
    assert not ops.is_tensor([1])
    assert (ops.shape(made), ops.ndim(made), ops.size(made), ops.dtype(made)) == ((1, 2), 2, 2, "int32")
    assert ops.convert_to_tensor(made) is made or isinstance(made, np.ndarray)
    assert ops.dtype(ops.convert_to_tensor(2.5)) == "float32"
    assert [ops.dtype(ops.array(x)) for x in ([1], [1.5], [True], [[1, 2.5]])] == [
        "int32",
        "float32",
        "bool",
        "float32",
    ]
    assert ops.dtype(ops.convert_to_tensor(made, "float16")) == "float16"
    host = ops.convert_to_numpy(made)
    assert isinstance(host, np.ndarray)
    host[0, 0] = 7
    assert ops.convert_to_numpy(made)[0, 0] == 1
    assert ops.convert_to_numpy([1, 2]).tolist() == [1, 2]


def test_starts_may_be_tensors(backend):
    one = ops.convert_to_tensor(1, "int32")
    assert_close(ops.slice(ops.convert_to_tensor(INTS), (0, one), (2, 2)), INTS[:, 1:], 0)
    assert_close(ops.slice(ops.convert_to_tensor(INTS), np.array([0, 1]), (2, 2)), INTS[:, 1:], 0)
    updated = ops.slice_update(ops.convert_to_tensor(INTS), (0, one), ops.zeros((2, 2), "int32"))
    assert_close(updated, np.array([[1, 0, 0], [4, 0, 0]]), 0)


def test_masks_and_scalars_as_keys(backend):
    x = ops.convert_to_tensor(INTS)
    assert_close(ops.get_item(x, INTS > 2), INTS[INTS > 2], 0)
    assert_close(ops.get_item(x, x > 2), INTS[INTS > 2], 0)
    assert_close(ops.get_item(x, np.int64(1)), INTS[1], 0)
    assert_close(ops.get_item(x, ops.convert_to_tensor(1)), INTS[1], 0)


ERRORS = [
    ("reshape", lambda x: ops.reshape(x, (4, 2)), r"`reshape` needs a new shape with as many elements .* \(6\)"),
    ("reshape", lambda x: ops.reshape(x, (-1, 4)), r"`reshape` needs .* \(2, 3\) and new shape \(-1, 4\)"),
    ("broadcast_to", lambda x: ops.broadcast_to(x, (3, 3)), "`broadcast_to` needs"),
    ("transpose", lambda x: ops.transpose(x, (0, 0)), r"`transpose` needs each axis of shape \(2, 3\) once"),
    ("squeeze", lambda x: ops.squeeze(x, 0), r"`squeeze` needs axes of size 1. Received shape \(2, 3\) and axis 0"),
    ("concatenate", lambda x: ops.concatenate([x, x[:, :2]], 0),
     r"`concatenate` needs .* except in axis 0. Received \(2, 3\), \(2, 2\)"),
    ("stack", lambda x: ops.stack([x, x[:, :2]]), r"`stack` needs equal shapes. Received \(2, 3\), \(2, 2\)"),
    ("split", lambda x: ops.split(x, 2, 1), "`split` needs a number of parts that divides the size 3. Received 2"),
    ("unstack", lambda x: ops.unstack(x, 4), r"`unstack` needs `num` to be the size of axis 0 \(2\). Received 4"),
    ("pad", lambda x: ops.pad(x, ((1, 1),) * 3), "`pad` needs `pad_width`"),
    ("pad", lambda x: ops.pad(x, 1, "mirror"), "`pad` needs `mode` to be one of constant, .* Received 'mirror'"),
    ("get_item", lambda x: ops.get_item(x, (0, 3)), r"Index 3 is out of range for an axis of size 3 of shape \(2, 3\)"),
    ("get_item", lambda x: ops.get_item(x, (0, 0, 0)), "Too many indices for a tensor of rank 2"),
    ("slice", lambda x: ops.slice(x, (0, 2), (2, 2)), "`slice` needs a part that lies inside"),
    ("scatter_update", lambda x: ops.scatter_update(x, [[0]], [1.0]), "`scatter_update` needs `indices` of shape"),
    ("diag", lambda x: ops.diag(x[None]), r"`diag` needs a tensor of rank 1 or 2. Received shape \(1, 2, 3\)"),
    ("zeros", lambda x: ops.zeros((2, -1)), r"A shape needs sizes of 0 or more. Received \(2, -1\)"),
    ("arange", lambda x: ops.arange(0, 3, 0), "`arange` needs a step that is not 0"),
    ("expand_dims", lambda x: ops.expand_dims(x, 4), "`expand_dims` needs `axis` from -3 to 2 for a tensor of rank 3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "text"), ERRORS, ids=[f"{e[0]}{i}" for i, e in enumerate(ERRORS)])
def test_errors(backend, name, make, text):
    with pytest.raises(ArgumentError, match=text):
        make(ops.ones((2, 3)))


def test_indices_need_to_be_integers(backend):
    with pytest.raises(DTypeError, match="Indices need to be integers. Received dtype float32"):
        ops.take(ops.ones((3,)), ops.ones((1,)))
    with pytest.raises(DTypeError, match="`dtype` needs the name of a dtype"):
        ops.cast(ops.ones((3,)), "floaty")


def test_sizes_that_depend_on_values_need_values(backend):
    with pytest.raises(ArgumentError, match="`nonzero` has a size that depends on values"):
        ops.nonzero(SymbolicTensor((3,)))
    with pytest.raises(ArgumentError, match="`where` of a condition alone has a size that depends on values"):
        ops.where(SymbolicTensor((3,)))
