"""Products against NumPy's."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

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
