"""Products against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from ops.table import Row, call, conformance

from keraslite import ops
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

GENERATOR = np.random.default_rng(2)


def array(*shape):
    return GENERATOR.normal(size=shape)


PAIRS = [((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 1, 3, 4), (5, 4, 6)), ((2, 3, 4), (4, 6)),
         ((4,), (2, 4, 3)), ((2, 3, 4), (4,))]  # fmt: skip
MATMUL = tuple(call(array(*a), array(*b)) for a, b in PAIRS)
DOT = tuple(call(array(*a), array(*b)) for a, b in [*PAIRS[:4], ((2, 3, 4), (5, 4, 6)), ((), (2, 3)), ((2, 3), ())])
ROWS = [
    Row("matmul", MATMUL, np.matmul, dtypes={"int32 int32": "int32", "bool bool": "bool"}),
    Row("dot", DOT, np.dot, dtypes={"bool bool": "bool"}),
    Row("inner", (call(array(3, 4), array(5, 4)), call(array(4), array(4)), call(array(2, 3, 4), array(4))), np.inner),
    Row("outer", (call(array(3), array(4)), call(array(2, 3), array(4))), np.outer),
    Row("vdot", (call(array(4), array(4)), call(array(2, 3), array(2, 3))), np.vdot),
    Row(
        "tensordot",
        (
            call(array(3, 4, 5), array(4, 5, 2)),
            call(array(3, 4), array(4, 2), 1),
            call(array(3, 4), array(2), 0),
            call(array(3, 4, 5), array(5, 6, 3), axes=([0, 2], [2, 0])),
            call(array(3, 4, 5), array(6, 5), axes=[-1, -1]),
        ),
        np.tensordot,
    ),
    Row(
        "einsum",
        (
            call("ij,jk->ik", array(3, 4), array(4, 5)),
            call("ij,jk", array(3, 4), array(4, 5)),
            call("b...i,ij->b...j", array(2, 3, 6, 4), array(4, 5)),
            call("...ij,...jk->...ik", array(2, 3, 4), array(1, 4, 5)),
            call("bqhd,bkhd->bhqk", array(2, 3, 2, 4), array(2, 5, 2, 4)),
            call("ij->ji", array(3, 4)),
            call("ii->i", array(4, 4)),
            call("ij,jk,kl->il", array(3, 4), array(4, 5), array(5, 2)),
            call("i,i->", array(4), array(4)),
        ),
        np.einsum,
    ),
]
test_value, test_dtype, test_symbolic, test_jit, test_gradient = conformance(ROWS)


@pytest.mark.usefixtures("backend")
def test_small_integers_widen_in_products():
    x = ops.cast(np.full((2, 300), 100), "int8")
    assert ops.dtype(ops.matmul(x, ops.transpose(x))) == "int32"
    assert ops.convert_to_numpy(ops.matmul(x, ops.transpose(x)))[0, 0] == 3_000_000
    assert ops.dtype(ops.dot(x, ops.transpose(x))) == "int8"


@pytest.mark.usefixtures("backend")
def test_unknown_sizes_stay_exact():
    batch, length = Dimension("batch"), Dimension("length")
    x = SymbolicTensor((batch, length, 4))
    assert ops.shape(ops.matmul(x, ops.ones((4, 5)))) == (batch, length, 5)
    assert ops.shape(ops.einsum("btd,bsd->bts", x, x)) == (batch, length, length)
    assert ops.shape(ops.einsum("b...d,de->b...e", x, np.ones((4, 3)))) == (batch, length, 3)
    assert ops.shape(ops.tensordot(x, np.ones((4, 3)), 1)) == (batch, length, 3)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: ops.matmul(np.ones((2, 3)), np.ones((4, 5))), r"`matmul` needs the last axis of `x1` \(3\)"),
        (lambda: ops.einsum("ij,jk->ik", np.ones((2, 3))), "one operand a term"),
        (lambda: ops.einsum("ij,jk->ik", np.ones((2, 3)), np.ones((4, 5))), "equal sizes where a label repeats"),
        (lambda: ops.tensordot(np.ones((2, 3)), np.ones((3, 5)), 3), "`axes` from 0 to the smaller rank"),
        (lambda: ops.tensordot(np.ones((2, 3)), np.ones((3, 5)), ([0, 1], [0])), "as many valid axes"),
    ],
)
def test_messages(run, text):
    with pytest.raises(ArgumentError, match=text):
        run()
