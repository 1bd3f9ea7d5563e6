"""Statistics and rearrangement where TensorFlow knows sizes only when its graph runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from keraslite import ops
from keraslite.backend import registry
from keraslite.errors import ArgumentError

tf: Any = pytest.importorskip("tensorflow") if "tensorflow" in registry.installed() else None
pytestmark = pytest.mark.skipif(tf is None, reason="needs tensorflow")

FLAT, CUBE = (None, None), (None, None, 3)
CASES = {
    "nanmean": (lambda x: ops.nanmean(x, 1), CUBE),
    "nanstd": (lambda x: ops.nanstd(x, 0), CUBE),
    "nanmax": (lambda x: ops.nanmax(x, 1), CUBE),
    "nanargmin": (lambda x: ops.nanargmin(x, keepdims=True), CUBE),
    "nancumsum": (ops.nancumsum, CUBE),
    "nanquantile": (lambda x: ops.nanquantile(x, [0.1, 0.5], (0, 1), keepdims=True), CUBE),
    "percentile": (lambda x: ops.percentile(x, [10.0, 50.0], (0, 1), keepdims=True), CUBE),
    "ptp": (lambda x: ops.ptp(x, 1), CUBE),
    "diff": (lambda x: ops.diff(x, 2, 1), CUBE),
    "trapezoid": (lambda x: ops.trapezoid(x, x, axis=1), CUBE),
    "histogram": (lambda x: ops.histogram(x, 3)[0], CUBE),
    "corrcoef": (ops.corrcoef, FLAT),
    "cross": (lambda x: ops.cross(x, x[0]), CUBE),
    "kron": (lambda x: ops.kron(x, x), FLAT),
    "cdist": (lambda x: ops.cdist(x, x), CUBE),
    "isin": (lambda x: ops.isin(x, x[0]), FLAT),
    "argpartition": (lambda x: ops.argpartition(x, 1, 1), FLAT),
    "select": (lambda x: ops.select([x > 1], [x]), FLAT),
    "unravel_index": (lambda x: ops.unravel_index(ops.cast(x, "int32"), (3, 4))[0], FLAT),
    "rearrange": (lambda x: ops.rearrange(x, "a b (c d) -> d (a b) c", d=3), CUBE),
    "rearrange by a size": (lambda x: ops.rearrange(x, "(a two) b -> a b two", two=2), FLAT),
    "vsplit": (lambda x: ops.vsplit(x, 2)[1], FLAT),
    "dstack": (lambda x: ops.dstack([x, x]), FLAT),
    "fliplr": (ops.fliplr, FLAT),
    "diagflat": (ops.diagflat, FLAT),
    "vectorize": (lambda x: ops.vectorize(ops.multiply)(x, x[0]), FLAT),
}


@pytest.mark.parametrize("name", CASES)
def test_graph_of_unknown_sizes(name):
    run, shape = CASES[name]
    with registry.use_backend("tensorflow"):
        sizes = [4 if d is None else d for d in shape]
        x = ops.convert_to_tensor(np.sin(np.arange(np.prod(sizes), dtype="float32") ** 2).reshape(sizes) + 1)
        graph = tf.function(run, input_signature=[tf.TensorSpec(shape, tf.float32)])
        actual, expected = ops.convert_to_numpy(graph(x)), ops.convert_to_numpy(run(x))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_correlation_needs_known_sizes():
    with registry.use_backend("tensorflow"):
        signature = [tf.TensorSpec((None,), tf.float32)]
        graph = tf.function(lambda x: ops.correlate(x, x), input_signature=signature, autograph=False)
        with pytest.raises(ArgumentError, match="`correlate` needs sizes that are known when a function is compiled"):
            graph(tf.ones((3,)))
