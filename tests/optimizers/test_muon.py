"""The parts of Muon that subclasses may replace."""

from __future__ import annotations

import keras_peer
import numpy as np
import pytest

from keraslite import ops, optimizers
from keraslite.variable import Variable

RNG = np.random.default_rng(0)
MATRICES = [RNG.normal(size=shape).astype("float32") for shape in ((3, 2), (2, 5), (4, 3, 2))]


@pytest.mark.parametrize("matrix", MATRICES, ids=lambda m: "x".join(map(str, m.shape)))
def test_singular_values_become_1(backend, matrix):
    optimizer = optimizers.Muon(muon_a=1.5, muon_b=-0.5, muon_c=0.0)
    found = np.asarray(ops.convert_to_numpy(optimizer.zeropower_via_newtonschulz5(ops.convert_to_tensor(matrix), 30)))
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    np.testing.assert_allclose(found, left @ right, atol=1e-4)


@pytest.mark.skipif(not keras_peer.available(), reason="real Keras is not installed")
@pytest.mark.parametrize("rate", [0.2, None])
def test_parts_are_keras(rate):
    optimizer = optimizers.Muon(rms_rate=rate)
    for matrix in MATRICES[:2]:
        theirs = keras_peer.call("optimizers_on_keras:muon_parts", backend="torch", matrix=matrix, rms_rate=rate)
        tensor = ops.convert_to_tensor(matrix)
        np.testing.assert_allclose(ops.convert_to_numpy(optimizer.lr_adjust(tensor)), theirs["adjusted"], rtol=1e-6)
        found = ops.convert_to_numpy(optimizer.zeropower_via_newtonschulz5(tensor, 5))
        np.testing.assert_allclose(found, theirs["orthogonal"], atol=1e-4)
        assert optimizer.transpose_last_axis(tensor).shape == theirs["turned"].shape


def test_a_subclass_replaces_them(backend):
    class Signs(optimizers.Muon):
        def zeropower_via_newtonschulz5(self, x, steps):
            return ops.sign(x)

        def lr_adjust(self, x):
            return x * 2

    variable = Variable(np.zeros((2, 2), "float32"))
    Signs(0.5, weight_decay=None).apply([ops.convert_to_tensor([[3.0, -0.1], [0.0, 1.0]])], [variable])
    assert variable.numpy().tolist() == [[-1, 1], [0, -1]]
