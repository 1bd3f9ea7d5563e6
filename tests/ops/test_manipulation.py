"""Conformance of shapes, joining, padding, creation and indexing."""

from __future__ import annotations

import numpy as np
import pytest

import keraslite as keras
from keraslite import ops
from keraslite.conformance.rows import assert_close
from keraslite.conformance.tables.manipulation import INTS
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor, is_symbolic

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
    ("get_item", lambda x: ops.get_item(x, (0, 3)),
     r"needs indices from -3 to 2 for an axis of size 3. Received 3 for a tensor of shape \(2, 3\)"),
    ("get_item", lambda x: ops.get_item(x, (0, 0, 0)),
     r"needs at most one index for each axis \(here 2\) and one `...`. Received \(0, 0, 0\)"),
    ("slice", lambda x: ops.slice(x, (0, 2), (2, 2)), "`slice` needs a part that lies inside"),
    ("scatter_update", lambda x: ops.scatter_update(x, [[0]], [1.0]), "`scatter_update` needs `indices` of shape"),
    ("diag", lambda x: ops.diag(x[None]), r"`diag` needs a tensor of rank 1 or 2. Received shape \(1, 2, 3\)"),
    ("zeros", lambda x: ops.zeros((2, -1)), r"`zeros` needs sizes of 0 or more. Received \(2, -1\)"),
    ("arange", lambda x: ops.arange(0, 3, 0), "`arange` needs a step that is not 0"),
    ("expand_dims", lambda x: ops.expand_dims(x, 4), "`expand_dims` needs `axis` from -3 to 2 for a tensor of rank 3"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "text"), ERRORS, ids=[f"{e[0]}{i}" for i, e in enumerate(ERRORS)])
def test_errors(backend, name, make, text):
    with pytest.raises(ArgumentError, match=text):
        make(ops.ones((2, 3)))


def test_indices_need_to_be_integers(backend):
    with pytest.raises(DTypeError, match="`take` needs integers as indices. Received dtype float32"):
        ops.take(ops.ones((3,)), ops.ones((1,)))
    with pytest.raises(DTypeError, match="`dtype` needs the name of a dtype"):
        ops.cast(ops.ones((3,)), "floaty")


def test_sizes_that_depend_on_values_are_unknown(backend):
    x = SymbolicTensor((5, 3), "float32")
    assert [(each.shape, each.dtype) for each in ops.nonzero(x)] == [((None,), "int32")] * 2
    found = ops.unique(x, return_index=True, return_inverse=True, return_counts=True)
    assert [each.shape for each in found] == [(None,), (None,), (5, 3), (None,)]
    assert [each.dtype for each in found] == ["float32", "int32", "int32", "int32"]
    assert ops.unique(x, axis=1).shape == (5, None)
    assert ops.unique(x, size=4).shape == (4,)
    assert ops.unique(x, return_counts=True, axis=0)[0].shape == (None, 3)
    given = keras.Input((3,))
    model = keras.Model(given, [ops.unique(given), ops.nonzero(given)[0]])
    results = model(np.array([[2, 1, 2], [0, 1, 0]], "float32"))
    assert [ops.convert_to_numpy(each).tolist() for each in results] == [[0, 1, 2], [0, 0, 0, 1]]


def test_sizes_that_depend_on_values_need_values(backend):
    with pytest.raises(ArgumentError, match="`where` of a condition alone has a size that depends on values"):
        ops.where(SymbolicTensor((3,)))
