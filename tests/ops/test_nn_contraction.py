"""Products against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor


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
