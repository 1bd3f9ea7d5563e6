"""Products against NumPy's."""

from __future__ import annotations

import numpy as np

from keraslite.conformance.rows import Row, call

GENERATOR = np.random.default_rng(2)


def array(*shape):
    return GENERATOR.normal(size=shape)


def small(dtype, *shape):
    """Numbers whose products every dtype can hold."""
    return GENERATOR.integers(0, 3, shape).astype(dtype)


# Integers of two dtypes: the common one is int16, uint16, int32, ..., which engines lack kernels for.
MIXED = (
    *(("int8", "int16"), ("int8", "uint8"), ("uint8", "uint8"), ("uint16", "uint16"), ("uint16", "uint8")),
    *(("int16", "bool"), ("uint32", "uint8"), ("uint16", "int32"), ("bool", "uint16")),
    ("int8", "float32"),
)


def mixed(*shapes, before=()):
    """A call for each pair of dtypes."""
    return tuple(call(*before, small(a, *shapes[0]), small(b, *shapes[1])) for a, b in MIXED)


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
    Row("matmul", mixed((3, 4), (4, 2)), np.matmul, gradient=False, mixes=False),
    Row("dot", mixed((3, 4), (4, 2)), np.dot, gradient=False, mixes=False),
    Row("inner", mixed((4,), (4,)), np.inner, gradient=False, mixes=False),
    Row("outer", mixed((4,), (3,)), np.outer, gradient=False, mixes=False),
    Row("vdot", mixed((4,), (4,)), np.vdot, gradient=False, mixes=False),
    Row("tensordot", mixed((3, 2, 2), (2, 2, 4)), np.tensordot, gradient=False, mixes=False),
    Row("einsum", mixed((3, 4), (4, 2), before=("ij,jk->ik",)), np.einsum, gradient=False, mixes=False),
    Row("einsum", mixed((2, 3, 4), (2, 4, 2), before=("bij,bjk->bki",)), np.einsum, gradient=False, mixes=False),
]
