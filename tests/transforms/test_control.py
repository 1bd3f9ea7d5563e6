"""Control flow, batching and abstract evaluation: engines, eager and inside `jit`, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, tree
from keraslite.errors import ArgumentError, MixedEnginesError
from keraslite.ops.symbolic import SymbolicTensor
from keraslite.transforms import (
    abstract_eval,
    associative_scan,
    cond,
    fori_loop,
    jit,
    scan,
    stop_gradient,
    switch,
    vectorized_map,
    vmap,
    while_loop,
)
from keraslite.transforms import map as map_rows
from keraslite.variable import Variable


def number(x):
    """A scalar of any engine as a Python float."""
    return float(ops.convert_to_numpy(x))


A = np.arange(12, dtype="float32").reshape(4, 3)
V = np.arange(4, dtype="float32")


def cumsum_by_scan(x, **options):
    return scan(lambda c, row: (c + row, c), ops.zeros((3,)), x, **options)


# arguments, function of tensors, function of arrays
CASES = {
    "scan": ((A,), cumsum_by_scan, lambda x: (x.sum(0), x.cumsum(0) - x)),
    "scan reversed": (
        (A,),
        lambda x: cumsum_by_scan(x, reverse=True),
        lambda x: (x.sum(0), x[::-1].cumsum(0)[::-1] - x),
    ),
    "scan unrolled": ((A,), lambda x: cumsum_by_scan(x, unroll=True), lambda x: (x.sum(0), x.cumsum(0) - x)),
    "scan without rows": (
        (V,),
        lambda x: scan(lambda c, _: (c * 2, None), x, length=3),
        lambda x: (x * 8, None),
    ),
    "scan of nests": (
        (A, V),
        lambda a, v: scan(
            lambda c, x: ({"n": c["n"] + 1, "s": c["s"] + x[1]}, (x[0], x[1] * 2)), {"n": 0, "s": 0.0}, (a, v)
        ),
        lambda a, v: ({"n": np.int32(4), "s": v.sum()}, (a, v * 2)),
    ),
    "scan of no rows": (
        (A[:0],),
        cumsum_by_scan,
        lambda x: (np.zeros(3, "float32"), np.zeros((0, 3), "float32")),
    ),
    "a long scan": (
        (np.ones(300, "float32"),),
        lambda x: scan(lambda c, row: (c + row, c), 0.0, x),
        lambda x: (np.float32(300), np.arange(300, dtype="float32")),
    ),
    "carry of a Python integer": (
        (V,),
        lambda v: scan(lambda c, x: (ops.add(c, x), c), 0, v)[0],
        lambda v: v.sum(),
    ),
    "map": ((A,), lambda a: map_rows(lambda row: {"s": ops.sum(row)}, a), lambda a: {"s": a.sum(1)}),
    "vectorized_map": (
        (A, V),
        lambda a, v: vectorized_map(lambda pair: pair[0] * pair[1], (a, v)),
        lambda a, v: a * v[:, None],
    ),
    "associative_scan": ((A,), lambda a: associative_scan(ops.add, a), lambda a: a.cumsum(0)),
    "associative_scan, odd, reversed": (
        (A,),
        lambda a: associative_scan(ops.add, a, axis=1, reverse=True),
        lambda a: a[:, ::-1].cumsum(1)[:, ::-1],
    ),
    "associative_scan of pairs": (
        (V, V),
        lambda a, b: associative_scan(lambda x, y: (x[0] * y[0], x[1] * y[0] + y[1]), (a, b)),
        lambda a, b: (a.cumprod(), np.array([0, 1, 4, 15], "float32")),
    ),
    "cond true": ((V,), lambda v: cond(ops.sum(v) > 0, lambda: v * 2, lambda: v), lambda v: v * 2),
    "cond false": ((V,), lambda v: cond(ops.sum(v) < 0, lambda: v * 2, lambda: v), lambda v: v),
    "cond with operands": (
        (V,),
        lambda v: cond(ops.sum(v) < 0, lambda x, y: (x, y), lambda x, y: (y, x), v, v + 1),
        lambda v: (v + 1, v),
    ),
    "cond of numbers": ((V,), lambda v: cond(ops.sum(v) > 0, lambda: 1.0, lambda: 0.0), lambda v: np.float32(1)),
    "cond by a Python bool": ((V,), lambda v: cond(False, lambda: v, lambda: -v), lambda v: -v),
    "cond by a number": ((V,), lambda v: cond(ops.sum(v), lambda: v, lambda: -v), lambda v: v),
    "switch": (
        (np.int32(1), V),
        lambda i, v: switch(i, [lambda v: v, lambda v: v * 2, lambda v: v * 3], v),
        lambda i, v: v * 2,
    ),
    "switch clips": (
        (np.int32(7), V),
        lambda i, v: switch(i, [lambda v: v, lambda v: v * 2, lambda v: v * 3], v),
        lambda i, v: v * 3,
    ),
    "while_loop": (
        (np.float32(1),),
        lambda x: while_loop(lambda i, x: x < 100, lambda i, x: (i + 1, x * 2), (0, x)),
        lambda x: (np.int32(7), np.float32(128)),
    ),
    "while_loop bounded": (
        (np.float32(1),),
        lambda x: while_loop(lambda i, x: x < 100, lambda i, x: (i + 1, x * 2), [0, x], maximum_iterations=3),
        lambda x: [np.int32(3), np.float32(8)],
    ),
    "while_loop of one variable": (
        (np.float32(1),),
        lambda x: while_loop(lambda x: x < 100, lambda x: x * 2, (x,)),
        lambda x: (np.float32(128),),
    ),
    "while_loop of a bare tensor": (
        (np.float32(1),),
        lambda x: while_loop(lambda x: x < 100, lambda x: x * 2, x),
        lambda x: np.float32(128),
    ),
    "fori_loop": ((V,), lambda v: fori_loop(2, 5, lambda i, c: c + ops.cast(i, "float32"), v), lambda v: v + 9),
    "fori_loop to a tensor": (
        (np.int32(5), V),
        lambda n, v: fori_loop(2, n, lambda i, c: c + 3, v),
        lambda n, v: v + 9,
    ),
    "vmap": ((A, V), lambda a, v: vmap(lambda row, k: row * k)(a, v), lambda a, v: a * v[:, None]),
    "vmap, axes": (
        (A, A[0]),
        lambda a, v: vmap(lambda col, k, c: {"y": col * k + c}, in_axes=(1, 0, None), out_axes=1)(a, v, a[:, 0]),
        lambda a, v: {"y": a * v + a[:, :1]},
    ),
    "vmap of vmap": ((A,), vmap(vmap(lambda x: x * x)), lambda a: a * a),
    "vmap of scan": (
        (A,),
        vmap(lambda row: scan(lambda c, x: (c + x, c), ops.zeros(()), row)[0]),
        lambda a: a.sum(1),
    ),
    "vmap of cond": (
        (V,),
        vmap(lambda x: cond(x > 1, lambda: x * 2, lambda: x - 1)),
        lambda v: np.where(v > 1, v * 2, v - 1),
    ),
    "vmap of switch": (
        (np.arange(4, dtype="int32"), V),
        vmap(lambda i, x: switch(i, [lambda: x, lambda: x * 5, lambda: x * 10])),
        lambda i, v: np.array([0, 5, 20, 30], "float32"),
    ),
    "scan of cond": (
        (V,),
        lambda v: scan(lambda c, x: (cond(x > 1, lambda: c + x, lambda: c), None), 0.0, v)[0],
        lambda v: np.float32(5),
    ),
    "stop_gradient of a nest": ((V,), lambda v: stop_gradient({"a": v, "b": None}), lambda v: {"a": v, "b": None}),
}


def tensors(args):
    return [ops.convert_to_tensor(a) for a in args]


def compare(result, expected):
    assert tree.structure(result) == tree.structure(expected)
    for a, b in zip(tree.leaves(result), tree.leaves(expected), strict=True):
        if b is None:
            assert a is None
            continue
        a = ops.convert_to_numpy(a)
        assert a.shape == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_results(backend, case, compiled):
    args, fn, reference = CASES[case]
    compare((jit(fn) if compiled else fn)(*tensors(args)), reference(*args))


SYMBOLIC = [case for case in CASES if case not in ("scan of no rows", "cond by a Python bool")]


@pytest.mark.parametrize("case", SYMBOLIC)
def test_symbolic(backend, case):
    args, fn, reference = CASES[case]
    given = [SymbolicTensor(np.shape(a), np.asarray(a).dtype.name) for a in args]
    result = fn(*given)
    expected = reference(*args)
    assert tree.structure(result) == tree.structure(expected)
    for a, b in zip(tree.leaves(result), tree.leaves(expected), strict=True):
        assert (a is None and b is None) or (a.shape == np.shape(b) and a.dtype == np.asarray(b).dtype.name)


@pytest.mark.parametrize("case", ["scan", "scan reversed", "map", "vectorized_map", "vmap", "vmap of scan"])
def test_symbolic_with_unknown_length(backend, case):
    args, fn, reference = CASES[case]
    n = SymbolicTensor((None,)).dims[0]
    given = [SymbolicTensor((n, *np.shape(a)[1:]), a.dtype.name) for a in args]
    leaves = tree.leaves(fn(*given))
    for a, b in zip(leaves, tree.leaves(reference(*args)), strict=True):
        assert a.shape == tuple(None if size == 4 else size for size in np.shape(b))
    assert leaves[-1].node is not None


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_assigning_inside(backend, compiled):
    total, steps = Variable(0.0, name="total"), Variable(0, dtype="int32", name="steps")

    def count(x):
        total.assign(total + x)
        steps.assign_add(1)
        return x

    programs = {
        "scan": lambda v: scan(lambda c, x: (c, count(x)), 0.0, v)[1],
        "cond": lambda v: cond(v[1] > 0, lambda: count(v[1]), lambda: v[0]),
        "other branch": lambda v: cond(v[1] < 0, lambda: count(v[1]), lambda: v[0]),
        "switch": lambda v: switch(ops.cast(v[1], "int32"), [lambda: v[0], lambda: count(v[2])]),
        "while_loop": lambda v: while_loop(lambda i: i < 3, lambda i: (count(ops.cast(i, "float32")), i + 1)[1], (0,)),
        "nested": lambda v: scan(lambda c, x: (c, cond(x > 1, lambda: count(x), lambda: x)), 0.0, v)[1],
    }
    expected = {"scan": (6, 4), "cond": (1, 1), "other branch": (0, 0), "switch": (2, 1), "while_loop": (3, 3)}
    expected["nested"] = (5, 2)
    v = ops.convert_to_tensor(V)
    for name, program in programs.items():
        total.assign(0.0)
        steps.assign(0)
        (jit(program) if compiled else program)(v)
        assert (number(total), int(steps)) == expected[name], name


def test_variables_as_arguments(backend):
    v = Variable(V)
    compare(scan(lambda c, x: (c + x, x), 0.0, v), (np.float32(6), V))
    compare(vmap(lambda x: x * 2)(v), V * 2)
    flag = Variable(True, dtype="bool")
    compare(cond(flag, lambda: v.value, lambda: v.value * 0), V)


ERRORS = {
    "scan: length": (lambda x: scan(lambda c, x: (c, x), 0.0), "needs `length` where `xs` has no tensor"),
    "scan: lengths": (lambda x: scan(lambda c, x: (c, x), 0.0, (x, x[:2])), r"needs one length. Received \[4, 2\]"),
    "scan: pair": (lambda x: scan(lambda c, x: c, 0.0, x), "needs `f` to return a carry and an output"),
    "scan: carry": (lambda x: scan(lambda c, x: ((c, c), x), 0.0, x), "needs `f` to return a carry like"),
    "scan: scalar": (lambda x: scan(lambda c, x: (c, x), 0.0, x[0]), "first axis to go along. Received a scalar"),
    "cond: shape": (lambda x: cond(x > 0, lambda: x, lambda: x), r"one number as pred. Received shape \(4,\)"),
    "cond: function": (lambda x: cond(True, x, x), "needs a function as `true_fn`"),
    "switch: none": (lambda x: switch(0, []), "at least one function"),
    "while_loop: count": (
        lambda x: while_loop(lambda a, b: a < 1, lambda a, b: (a,), (0, x)),
        "as many values as `loop_vars` has. Received 1 for 2",
    ),
    "vmap: axis": (lambda x: vmap(abs, in_axes=1)(x), r"with axis 1 as argument. Received shape \(4,\)"),
    "vmap: in_axes": (lambda x: vmap(abs, in_axes=(0, 0))(x), "one entry for each of the 1 arguments"),
    "vmap: nothing": (lambda x: vmap(abs, in_axes=None)(x), "at least one tensor with an axis"),
    "vmap: sizes": (lambda x: vmap(ops.add)(x, x[:2]), "of one size along the mapped axes"),
}


@pytest.mark.parametrize("case", ERRORS)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_errors(backend, case, compiled):
    fn, message = ERRORS[case]
    with pytest.raises(ArgumentError, match=message):
        (jit(fn) if compiled else fn)(ops.convert_to_tensor(V))


TRACED_ERRORS = {
    "structures": (lambda x: cond(x[0] > 0, lambda: (x, x), lambda: x), "return nests of one structure"),
    "shapes": (lambda x: cond(x[0] > 0, lambda: x[:1], lambda: x), "tensors of equal shapes"),
    "carry": (lambda x: scan(lambda c, y: (c[:1], y), x, x), "a carry that keeps its shape"),
}


@pytest.mark.parametrize("case", TRACED_ERRORS)
def test_errors_of_graphs(differentiating_backend, case):
    if differentiating_backend == "torch":
        pytest.skip("PyTorch makes no graph")
    fn, message = TRACED_ERRORS[case]
    with pytest.raises(ArgumentError, match=message):
        jit(fn)(ops.convert_to_tensor(V))


def test_abstract_eval(backend):
    x = SymbolicTensor((None, 3, None), "float32")
    b, _, t = x.dims

    def fn(x, scale, name):
        shape = ops.shape(x)
        flat = ops.reshape(x, (shape[0] * shape[2], 3))
        return {"sum": ops.sum(x, axis=1), "n": flat, "i": ops.argmax(x, axis=2), name: None}

    out = abstract_eval(fn, x, 2.0, "text")
    assert out["sum"].dims == (b, t)
    assert out["sum"].dtype == "float32"
    assert out["n"].shape == (None, 3)
    assert out["i"].dims == (b, 3)
    assert out["i"].dtype == "int32"
    assert out["text"] is None


def test_other_engines_variables(backend):
    if backend != "jax":
        pytest.skip("one pair of engines is enough")
    other = Variable(1.0, backend="numpy")
    with pytest.raises(MixedEnginesError, match="needs Variables of that engine"):
        jit(lambda x: x * float(other))(ops.ones(()))
