"""Cutting, patterns of axes, coordinates, choice, `vectorize`: unknown sizes, corner cases, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.conformance.rows import assert_close, host
from keraslite.errors import ArgumentError, DTypeError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

CUBE = np.arange(24, dtype="float32").reshape(2, 3, 4)


def test_unknown_sizes():
    b, t = Dimension("b"), Dimension("t")
    x = SymbolicTensor((b, t, 4))
    assert ops.shape(ops.rearrange(x, "b t c -> (b t) c")) == (b * t, 4)
    assert ops.shape(ops.rearrange(x, "b t (h c) -> b h t c", h=2)) == (b, 2, t, 2)
    assert ops.shape(ops.rearrange(SymbolicTensor((b, 2 * t)), "b (t two) -> two b t", two=2)) == (2, b, t)
    assert ops.shape(ops.rearrange(SymbolicTensor((b * t,)), "(b t) -> b t", t=t)) == (b, t)
    assert ops.shape(ops.rearrange(x, "b ... -> ... b")) == (t, 4, b)
    pieces = ops.array_split(x, 3, 1)
    assert [ops.shape(p)[1] for p in pieces] == [(t + 2) // 3, (t + 1) // 3, t // 3]
    assert [ops.shape(p) for p in ops.hsplit(SymbolicTensor((b, 6)), 2)] == [(b, 3), (b, 3)]
    assert ops.shape(ops.dstack([SymbolicTensor((b, t)), SymbolicTensor((b, t))])) == (b, t, 2)
    assert ops.shape(ops.diagflat(x)) == (4 * b * t, 4 * b * t)
    assert ops.shape(ops.select([SymbolicTensor((b, 1), "bool")], [SymbolicTensor((t,))])) == (b, t)
    assert [ops.shape(i) for i in ops.unravel_index(SymbolicTensor((b,), "int32"), (3, 4))] == [(b,), (b,)]


def test_coordinates_beyond_the_ends(backend):
    rows, columns = ops.unravel_index(np.array([-1, 7], "int32"), (2, 3))
    assert (host(rows).tolist(), host(columns).tolist()) == ([1, 0], [2, 1])
    assert [int(host(i)) for i in ops.unravel_index(5, (2, 3))] == [1, 2]
    assert ops.unravel_index(0, ()) == ()
    assert [ops.dtype(i) for i in ops.unravel_index(np.array([5], "int8"), (2, 300))] == ["int8", "int8"]


def test_equal_elements_keep_their_order(backend):
    order = ops.argpartition(np.array([1, 0, 1, 0, 1], "int32"), 2)
    assert host(order).tolist() == [1, 3, 0, 2, 4]


def test_conditions_may_be_numbers(backend):
    assert host(ops.select([np.array([1, 0, 2])], [np.array([1, 2, 3], "int8")])).tolist() == [1, 0, 3]
    assert ops.dtype(ops.select([[True]], [np.array([1], "int8")])) == "int8"
    assert ops.dtype(ops.select([[True]], [np.array([1], "int8")], 0.5)) == "float32"


def test_a_choice_not_taken_has_a_gradient_of_zero(differentiating_backend):
    def chosen(x):
        return ops.sum(ops.select([x > 0, x > -2], [ops.square(x), x], 7.0))

    assert host(transforms.grad(chosen)(ops.convert_to_tensor([3.0, -1.0, -5.0]))).tolist() == [6, 1, 0]


# ---- vectorize ----------------------------------------------------------------------------------------------


def test_vectorize_broadcasts_scalars(backend):
    add = ops.vectorize(lambda a, b: a + b)
    assert_close(add([1, 2, 3, 4], 2), np.array([3, 4, 5, 6]), 0)
    assert_close(add(CUBE[:, :1], CUBE[0]), CUBE[:, :1] + CUBE[0], 0)
    assert_close(add(1, 2), np.array(3), 0)
    assert_close(add(CUBE[0], b=CUBE[1, :1]), CUBE[0] + CUBE[1, :1], 0)
    several = ops.vectorize(lambda a: {"same": a, "more": (a + 1, a * 2)})(CUBE[0])
    assert_close(several["more"][1], CUBE[0] * 2, 0)
    assert ops.vectorize(abs).__name__ == "abs"


def test_vectorize_by_a_signature(backend):
    product = ops.vectorize(ops.matmul, signature="(m,n),(n)->(m)")
    vectors = np.arange(20, dtype="float32").reshape(5, 1, 4)
    assert_close(product(CUBE[0], vectors[:, 0]), np.einsum("mn,bn->bm", CUBE[0], vectors[:, 0]), 1e-5)
    assert_close(product(CUBE, vectors), np.einsum("amn,bxn->bam", CUBE, vectors), 1e-5)
    assert_close(product(CUBE[0], vectors[0, 0]), CUBE[0] @ vectors[0, 0], 1e-5)
    ends = ops.vectorize(lambda x: (ops.min(x), ops.max(x)), signature="(n)->(),()")(CUBE)
    assert_close(ends[1], CUBE.max(-1), 0)


def test_vectorize_leaves_excluded_arguments_alone(backend):
    weigh = ops.vectorize(lambda x, weights, power=1: (x * weights[0]) ** power, excluded={1, "power"})
    assert_close(weigh(CUBE[0], [2.0, 3.0], power=2), (2 * CUBE[0]) ** 2, 1e-6)


def test_vectorize_of_symbolic_tensors_and_gradients(differentiating_backend):
    b = Dimension("b")
    product = ops.vectorize(ops.matmul, signature="(m,n),(n)->(m)")
    assert ops.shape(product(SymbolicTensor((b, 2, 4)), SymbolicTensor((3, 1, 4)))) == (3, b, 2)
    gradient = transforms.grad(lambda x: ops.sum(ops.vectorize(lambda a: a * a)(x)))(ops.convert_to_tensor(CUBE))
    assert_close(gradient, 2 * CUBE, 1e-6)


# ---- errors -------------------------------------------------------------------------------------------------

THREE: Any = 3
ERRORS = [
    (lambda x: ops.array_split(x, 0), "`array_split` needs at least one section. Received 0"),
    (lambda x: ops.hsplit(x, 2), "`hsplit` needs a number of parts that divides the size 3. Received 2"),
    (lambda x: ops.vsplit(x[0, 0], 2), r"`vsplit` needs a tensor of rank 2 or more. Received shape \(4,\)"),
    (lambda x: ops.dsplit(x[0], 2), r"`dsplit` needs a tensor of rank 3 or more. Received shape \(3, 4\)"),
    (lambda x: ops.hsplit(x[0, 0, 0], 2), r"`hsplit` needs a tensor of rank 1 or more. Received shape \(\)"),
    (lambda x: ops.fliplr(x[0, 0]), r"`fliplr` needs a tensor of rank 2 or more. Received shape \(4,\)"),
    (lambda x: ops.flipud(x[0, 0, 0]), r"`flipud` needs a tensor of rank 1 or more. Received shape \(\)"),
    (lambda x: ops.argpartition(x, 4), "`argpartition` needs `kth` from -4 to 3 for an axis of size 4. Received 4"),
    (lambda x: ops.argpartition(x, 0.5), "`argpartition` needs `kth` to be an integer or several. Received 0.5"),
    (lambda x: ops.select([x > 0], [x, x]), "`select` needs one tensor .* Received 1 conditions and 2 choices"),
    (lambda x: ops.select([], []), "`select` needs at least one tensor in `condlist`. Received none"),
    (lambda x: ops.select([x > 0], [x[0, 0, :3]]), r"`select` needs shapes that broadcast"),
    (lambda x: ops.rearrange(x, "a b c"), "`rearrange` needs a pattern such as .* not exactly one '->'"),
    (lambda x: ops.rearrange(x, THREE), "`rearrange` needs a pattern such as .* Received 3"),
    (lambda x: ops.rearrange(x, "a b -> b a"), "`rearrange` needs one entry on the left for each axis.* of rank 3"),
    (lambda x: ops.rearrange(x, "a b c -> a b"), "`rearrange` needs a pattern .* on one side only"),
    (lambda x: ops.rearrange(x, "a b b -> a b"), "`rearrange` needs a pattern .* a name stands twice"),
    (lambda x: ops.rearrange(x, "a b (c d -> a b c d"), "`rearrange` needs a pattern .* a parenthesis is left open"),
    (lambda x: ops.rearrange(x, "a b 2 -> a b"), "`rearrange` needs a pattern .* '2' stands in no such place"),
    (lambda x: ops.rearrange(x, "(a ...) -> a ..."), "`rearrange` needs a pattern .* an ellipsis stands in parenth"),
    (lambda x: ops.rearrange(x, "a b (c d) -> a b c d"), "`rearrange` needs the sizes of all but one name .* of c, d"),
    (lambda x: ops.rearrange(x, "a b (c d) -> a b c d", c=3),
     r"`rearrange` needs sizes that fit .* shape \(2, 3, 4\), where \(c d\) is 4, and c=3"),
    (lambda x: ops.rearrange(x, "a b c -> a b c", a=3), r"`rearrange` needs sizes that fit .* where \(a\) is 2"),
    (lambda x: ops.rearrange(x, "a 1 c -> a c"), r"`rearrange` needs sizes that fit .* where \(\) is 3, and no sizes"),
    (lambda x: ops.rearrange(x, "a b c -> a b c", d=3), "`rearrange` needs positive sizes of names .* Received d=3"),
    (lambda x: ops.rearrange(x, "a b c -> a b c", c=0), "`rearrange` needs positive sizes of names .* Received c=0"),
    (lambda x: ops.vectorize(THREE), "`vectorize` needs .*pyfunc"),
    (lambda x: ops.vectorize(abs, signature="n->n"), "`vectorize` needs a signature such as .* Received 'n->n'"),
    (lambda x: ops.vectorize(abs)(), "`vectorize` needs arguments that are not excluded. Received 0"),
    (lambda x: ops.vectorize(abs, signature="(),()->()")(x), "`vectorize` needs 2 arguments .* Received 1"),
    (lambda x: ops.vectorize(ops.dot, signature="(n),(n)->()")(x, x[0, 0, :3]),
     r"`vectorize` needs last axes as its signature says.* Received \(2, 3, 4\), \(3,\) for '\(n\),\(n\)->\(\)'"),
    (lambda x: ops.vectorize(abs, signature="(n)->()")(x), r"`vectorize` needs a function that returns what its .*"),
    (lambda x: ops.vectorize(ops.add)(x, x[0, 0, :3]), "`vectorize` needs shapes that broadcast"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "text"), ERRORS, ids=[str(i) for i in range(len(ERRORS))])
def test_errors(backend, make, text):
    with pytest.raises(ArgumentError, match=text):
        make(ops.convert_to_tensor(CUBE))


def test_coordinates_of_floats(backend):
    with pytest.raises(DTypeError, match="`unravel_index` needs integer indices. Received dtype float32"):
        ops.unravel_index(np.ones(2, "float32"), (2, 3))
