"""Sizes that TensorFlow knows only when its graph runs."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, ops, random
from keraslite.backend import registry

tf = pytest.importorskip("tensorflow") if "tensorflow" in registry.installed() else None
pytestmark = pytest.mark.skipif(tf is None, reason="needs tensorflow")


def ones(*shape):
    return np.ones(shape, "float32")


CASES = {
    "conv": (lambda x: ops.conv(x, ones(3, 3, 3, 2), 2, "same"), (None, None, 8, 3)),
    "conv valid": (lambda x: ops.conv(x, ones(2, 2, 3, 2)), (None, None, 8, 3)),
    "conv_transpose": (lambda x: ops.conv_transpose(x, ones(3, 3, 5, 3), 2, "same"), (None, None, 8, 3)),
    "depthwise_conv": (lambda x: ops.depthwise_conv(x, ones(3, 3, 3, 2), (1, 2), "same"), (None, None, 8, 3)),
    "average_pool": (lambda x: ops.average_pool(x, 2, padding="same"), (None, None, 8, 3)),
    "layer_normalization": (lambda x: ops.layer_normalization(x, ones(3)), (None, None, 3)),
    "batch_normalization": (lambda x: ops.batch_normalization(x, ones(3), ones(3), -1), (None, None, 3)),
    "moments": (lambda x: ops.moments(x, [0, 1])[1], (None, None, 3)),
    "attention": (lambda x: ops.dot_product_attention(x, x, x, is_causal=True), (None, None, 2, 3)),
    "sparse crossentropy": (lambda x: ops.sparse_categorical_crossentropy(ops.zeros(ops.shape(x)[:1]), x), (None, 3)),
    "categorical crossentropy": (lambda x: ops.categorical_crossentropy(x, x), (None, 3)),
    "matmul": (lambda x: ops.matmul(x, ones(3, 4)), (None, None, 3)),
    "matmul of both": (lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))), (None, None, 3)),
    "tensordot": (lambda x: ops.tensordot(x, ones(3, 4), 1), (None, None, 3)),
    "glu": (ops.glu, (None, None, 4)),
    "one_hot": (lambda x: ops.one_hot(x, 4), (None, None)),
    "dropout": (lambda x: random.dropout(x, 0.5, seed=1), (None, 3)),
    "uniform": (lambda x: random.uniform(ops.shape(x), seed=1), (None, 3)),
    "normal": (lambda x: random.normal(ops.shape(x), seed=1), (None, 3)),
    "shuffle": (lambda x: random.shuffle(x, seed=1), (None, 3)),
    "categorical": (lambda x: random.categorical(x, 2, seed=1), (None, 3)),
}


@pytest.mark.parametrize("portable", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_graph_of_unknown_sizes(name, portable):
    config.enable_portable_random(portable)
    run, shape = CASES[name]
    with registry.use_backend("tensorflow"):
        sizes = [4 if d is None else d for d in shape]
        x = ops.convert_to_tensor(np.arange(np.prod(sizes), dtype="float32").reshape(sizes) / 10)
        graph = tf.function(run, input_signature=[tf.TensorSpec(shape, tf.float32)])
        actual, expected = ops.convert_to_numpy(graph(x)), ops.convert_to_numpy(run(x))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
