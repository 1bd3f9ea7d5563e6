"""Conformance of arithmetic, elementary functions, comparison and bits."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.conformance.rows import assert_close
from keraslite.conformance.tables.elementwise import POSITIVE
from keraslite.errors import ArgumentError, DTypeError


def test_other_dtypes(backend):
    for dtype in ("float16", "bfloat16"):
        for name in ("exp", "add", "sqrt", "logaddexp", "clip"):
            x = ops.convert_to_tensor(POSITIVE, dtype)
            args = {"add": (x, 1), "logaddexp": (x, x), "clip": (x, 0, 1)}.get(name, (x,))
            assert ops.dtype(getattr(ops, name)(*args)) == dtype
    assert ops.dtype(ops.add(ops.cast(1, "int8"), ops.cast(1, "uint8"))) == "int16"
    assert ops.dtype(ops.add(ops.cast([1], "float16"), ops.cast([1], "int32"))) == "float16"
    assert ops.dtype(ops.absolute(ops.cast([1j], "complex64"))) == "float32"


def test_singular_points_have_finite_gradients(differentiating_backend):
    def gradient(f, *xs):
        return [ops.convert_to_numpy(g) for g in transforms.grad(f, argnums=tuple(range(len(xs))))(*xs)]

    zero, inf = ops.convert_to_tensor(0.0), ops.convert_to_tensor(float("-inf"))
    assert_close(gradient(ops.divide_no_nan, ops.convert_to_tensor(2.0), zero), [np.zeros(()), np.zeros(())], 0)
    assert_close(gradient(ops.logaddexp, zero, zero), [np.array(0.5), np.array(0.5)], 1e-6)
    assert np.isfinite(gradient(ops.logaddexp, inf, inf)).all()
    assert_close(gradient(ops.logaddexp, zero, inf), [np.array(1.0), np.array(0.0)], 1e-6)
    assert_close(gradient(ops.std, ops.ones((3,))), [np.zeros(3)], 0)


@pytest.mark.parametrize("name", ["add", "maximum", "less", "logical_and", "arctan2"])
def test_shapes_that_do_not_broadcast(backend, name):
    with pytest.raises(ArgumentError, match=rf"`{name}` needs shapes that broadcast.*Received \(2, 3\) and \(4,\)"):
        getattr(ops, name)(ops.ones((2, 3)), ops.ones((4,)))


def test_bitwise_needs_integers(backend):
    with pytest.raises(DTypeError, match=r"`bitwise_\w+` needs integers or booleans\. Received dtypes float32, int\."):
        ops.bitwise_and(ops.ones((2,)), 1)


def test_where_needs_both(backend):
    with pytest.raises(ArgumentError, match="`where` needs both `x1` and `x2`, or neither. Received one of them."):
        ops.where(ops.ones((2,)), ops.ones((2,)))
