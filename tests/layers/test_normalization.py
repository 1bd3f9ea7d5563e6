"""BatchNormalization's and LayerNormalization's statistics."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops, transforms
from keraslite.errors import ArgumentError
from keraslite.ops.normalization import normalize_batch

X = (np.random.default_rng(0).normal(size=(6, 5, 4)) * 3 + 2).astype("float32")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


def test_training_normalizes_and_follows(backend):
    layer = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
    outputs = host(layer(X, training=True))
    np.testing.assert_allclose(outputs.mean((0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((0, 1)), 1, rtol=1e-3)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * X.mean((0, 1)), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * X.var((0, 1)), rtol=1e-4)
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_inference_uses_what_was_followed(backend):
    layer = layers.BatchNormalization(momentum=0.0, epsilon=0.0)
    np.testing.assert_allclose(host(layer(X)), X, rtol=1e-5)
    layer(X, training=True)
    np.testing.assert_allclose(host(layer(X)), (X - X.mean((0, 1))) / X.std((0, 1)), rtol=1e-3, atol=1e-4)
    layer.trainable = False
    before = layer.moving_mean.numpy()
    layer(X + 5, training=True)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), before)


def test_masked_steps_do_not_count(backend):
    mask = np.arange(5) < np.array([[5], [3], [1], [0], [2], [4]])
    layer = layers.BatchNormalization(momentum=0.0)
    layer(X, mask=mask, training=True)
    np.testing.assert_allclose(layer.moving_mean.numpy(), X[mask].mean(0), rtol=1e-4)
    np.testing.assert_allclose(layer.moving_variance.numpy(), X[mask].var(0), rtol=1e-4)
    layer(X, mask=np.zeros((6, 5), bool), training=True)
    assert np.isfinite(layer.moving_mean.numpy()).all()


def test_statistics_leave_jit(backend):
    layer = layers.BatchNormalization()
    layer.build((None, 5, 4))
    transforms.jit(lambda x: layer(x, training=True))(ops.convert_to_tensor(X))
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.01 * X.mean((0, 1)), rtol=1e-4)


def test_half_precision_keeps_its_statistics(backend):
    layer = layers.BatchNormalization(dtype="mixed_float16", momentum=0.0)
    large = X * 100
    layer(large, training=True)
    assert layer.moving_variance.dtype == "float32"
    expected = large.astype("float16").astype("float32").var((0, 1))
    np.testing.assert_allclose(layer.moving_variance.numpy(), expected, rtol=1e-2)


def test_layer_normalization(backend):
    outputs = host(layers.LayerNormalization(axis=[1, 2], epsilon=1e-6)(X))
    np.testing.assert_allclose(outputs.mean((1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.std((1, 2)), 1, rtol=1e-3)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.BatchNormalization(axis=4)(X), "`axis` to be an axis"),
        (lambda: layers.BatchNormalization(renorm_clipping={"r": 1}), "'rmin', 'rmax', 'dmax'"),
        (lambda: layers.LayerNormalization(axis=5)(X), "`axis` to name axes"),
        (lambda: layers.LayerNormalization(axis="a"), "`axis` to be an integer"),
    ],
)
def test_errors(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


@pytest.mark.parametrize(("shape", "axis"), [((6, 4), -1), ((6, 5, 4), -1), ((3, 5, 4, 2), 1), ((3, 2, 5, 2, 4), 4)])
@pytest.mark.parametrize("affine", [True, False])
def test_an_engine_s_batch_normalization_equals_the_formula(differentiating_backend, shape, axis, affine):
    rng = np.random.default_rng(1)
    x = ops.convert_to_tensor(rng.normal(size=shape).astype("float32") * 2 + 1)
    size = shape[axis]
    scale, offset = (ops.convert_to_tensor(rng.normal(size=size).astype("float32")) for _ in range(2))
    weights = rng.normal(size=shape).astype("float32")

    def loss(run):
        def total(x, scale, offset):
            given = (scale, offset) if affine else (None, None)
            return ops.sum(ops.multiply(run(x, *given, axis % len(shape), 0.01)[0], weights))

        return total

    for found, expected in zip(normalize_batch(x, scale, offset, axis, 0.01), _formula(x, scale, offset, axis, 0.01),
                               strict=True):  # fmt: skip
        np.testing.assert_allclose(host(found), host(expected), rtol=1e-4, atol=1e-5)
    found, expected = (ops.grad(loss(run), argnums=(0, 1, 2))(x, scale, offset) for run in (normalize_batch, _formula))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(host(a), host(b), rtol=1e-3, atol=1e-4)


def _formula(x, scale, offset, axis, epsilon):
    mean, variance = ops.moments(x, tuple(i for i in range(len(x.shape)) if i != axis % len(x.shape)))
    return ops.batch_normalization(x, mean, variance, axis, offset, scale, epsilon), mean, variance


def test_one_sample_has_no_variance(backend):
    layer = layers.BatchNormalization()
    np.testing.assert_allclose(host(layer(np.ones((1, 3), "float32"), training=True)), 0, atol=1e-6)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.99, rtol=1e-6)
