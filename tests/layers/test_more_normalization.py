"""GroupNormalization, RMSNormalization, UnitNormalization and SpectralNormalization."""

from __future__ import annotations

import keras_peer
import numpy as np
import pytest

from keraslite import Input, Model, Sequential, layers, models, ops, optimizers, transforms
from keraslite.errors import ArgumentError
from keraslite.ops.normalization import group_normalization

X = (np.random.default_rng(0).normal(size=(4, 5, 6)) * 3 + 2).astype("float32")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


@pytest.mark.parametrize(
    ("shape", "axis", "groups"),
    [((3, 6), 1, 2), ((3, 5, 6), 2, 3), ((2, 5, 4, 6), 1, 5), ((2, 5, 4, 6), 3, 1), ((2, 3, 2, 4, 6), 3, 4)],
)
@pytest.mark.parametrize("affine", ["both", "scale", "offset", "none"])
def test_an_engine_s_group_normalization_equals_the_formula(differentiating_backend, shape, axis, groups, affine):
    rng = np.random.default_rng(1)
    x = rng.normal(size=shape).astype("float32") * 2 + 1
    scale, offset, weights = (rng.normal(size=size).astype("float32") for size in (shape[axis], shape[axis], shape))
    along = [-1 if i == axis else 1 for i in range(len(shape))]

    def formula(x, scale, offset):
        parts = ops.split(x, groups, axis=axis)
        others = tuple(range(1, len(shape)))
        parts = [
            (each - ops.mean(each, others, keepdims=True)) / ops.sqrt(ops.var(each, others, keepdims=True) + 0.01)
            for each in parts
        ]
        result = ops.concatenate(parts, axis=axis)
        result = result * ops.reshape(scale, along) if affine in ("both", "scale") else result
        return result + ops.reshape(offset, along) if affine in ("both", "offset") else result

    def kernel(x, scale, offset):
        given = scale if affine in ("both", "scale") else None, offset if affine in ("both", "offset") else None
        return group_normalization(x, *given, groups, axis, 0.01)

    np.testing.assert_allclose(host(kernel(x, scale, offset)), host(formula(x, scale, offset)), rtol=1e-4, atol=1e-5)
    arrays = [ops.convert_to_tensor(each) for each in (x, scale, offset)]
    used = {"both": (0, 1, 2), "scale": (0, 1), "offset": (0, 2), "none": (0,)}[affine]
    found, expected = (
        ops.grad(lambda *a, run=run: ops.sum(ops.multiply(run(*a), weights)), argnums=used)(*arrays)
        for run in (kernel, formula)
    )
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(host(a), host(b), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("cls", ["RMSNormalization", "LayerNormalization"])
@pytest.mark.parametrize("axis", [[2, 1], (2, 1), [1, -1], [-1, 1], [-1, -2]], ids=str)
def test_axes_in_any_order(cls, axis, backend):
    """As in Keras the numbers of a weight stand in the order of the input's axes, whatever its shape."""
    layer, usual = getattr(layers, cls)(axis=axis), getattr(layers, cls)(axis=[1, 2])
    for each in (layer, usual):
        each.build(X.shape)
        each.set_weights([np.arange(w.shape[0] * w.shape[1]).reshape(w.shape) for w in each.weights])
    np.testing.assert_allclose(host(layer(X)), host(usual(X)), rtol=1e-5)
    assert layer.get_config()["axis"] == sorted(axis)


@pytest.mark.parametrize("axis", [1, -2, [0, 2], (1, 2)])
def test_rms_normalization_along_any_axis(axis, backend):
    layer = layers.RMSNormalization(axis=axis)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    expected = X / np.sqrt((X**2).mean(axes, keepdims=True) + 1e-6)
    np.testing.assert_allclose(host(layer(X)), expected, rtol=1e-5)
    assert layer.scale.shape == tuple(X.shape[each] for each in axes)


@pytest.mark.parametrize(
    ("layer", "scale"),
    [
        (layers.GroupNormalization(2, dtype="mixed_float16"), 100),
        (layers.RMSNormalization(dtype="mixed_float16"), 1000),
        (layers.UnitNormalization(dtype="mixed_float16"), 1000),
        (layers.UnitNormalization(dtype="mixed_float16"), 0),
    ],
    ids=["group", "rms", "unit", "zeros"],
)
def test_half_precision_neither_overflows_nor_divides_by_zero(layer, scale, backend):
    again = type(layer).from_config(layer.get_config())
    full = type(layer).from_config({**layer.get_config(), "dtype": "float32"})
    x = X.astype("float16") * np.float16(scale)
    np.testing.assert_allclose(host(again(x)).astype("float32"), host(full(x.astype("float32"))), rtol=2e-3, atol=2e-3)


def test_masks_go_on(backend):
    x = np.where(np.arange(5)[:, None] < 3, X, 0)
    for layer in (
        layers.GroupNormalization(2), layers.RMSNormalization(), layers.UnitNormalization(), layers.AlphaDropout(0.1),
        layers.ActivityRegularization(0.1), layers.SpectralNormalization(layers.Dense(3)),
    ):  # fmt: skip
        masks = []

        class Seen(layers.Layer):
            def call(self, inputs, mask=None, masks=masks):
                masks.append(mask)
                return inputs

        model = Model(inputs := Input((5, 6)), Seen()(layer(layers.Masking()(inputs))))
        model(x)
        np.testing.assert_array_equal(host(masks[-1]), np.tile(np.arange(5) < 3, (4, 1)))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.GroupNormalization(4)(X), "`groups` to divide the number of channels. Received groups=4 and 6"),
        (lambda: layers.GroupNormalization(12)(X), "`groups` to divide"),
        (lambda: layers.GroupNormalization(0), "`groups` to be a positive integer, or -1"),
        (lambda: layers.GroupNormalization(1, axis=3)(X), "`axis` to name an axis of its input"),
        (lambda: layers.GroupNormalization(1, axis=0)(X), "not the batch"),
        (lambda: layers.GroupNormalization(1)(Input((5, None))), "known number of channels"),
        (lambda: layers.RMSNormalization(axis=3)(X), "`axis` to name an axis"),
        (lambda: layers.RMSNormalization()(Input((5, None))), "known sizes along `axis`"),
        (lambda: layers.UnitNormalization(axis=[1, 4])(X), "`axis` to name an axis"),
        (lambda: layers.SpectralNormalization(layers.Flatten())(X), "`kernel` or `embeddings`"),
        (lambda: layers.SpectralNormalization(layers.LSTM(3))(X), "`kernel` or `embeddings`"),
        (lambda: layers.SpectralNormalization("dense"), "needs a layer"),
        (lambda: layers.AlphaDropout(0.1, noise_shape=(1,))(X, training=True), "`AlphaDropout` needs `noise_shape` of"),
        (lambda: layers.AdaptiveMaxPooling2D(2)(X), "AdaptiveMaxPooling2D"),
    ],
)
def test_errors(make, text):
    with pytest.raises(ArgumentError, match=text):
        make()


# ---- spectral normalization ------------------------------------------------------------------------------------------


def _spectral(inner=None, **more):
    layer = layers.SpectralNormalization(inner or layers.Dense(3, name="d"), name="s", **more)
    layer.build((None, 4))
    rng = np.random.default_rng(2)
    layer.set_weights([rng.normal(size=w.shape).astype("float32") for w in layer.weights])
    return layer


def test_the_largest_singular_value_becomes_one(backend):
    layer = _spectral(power_iterations=30)
    before = layer.layer.kernel.numpy()
    layer(np.ones((2, 4), "float32"))
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), before)
    layer(np.ones((2, 4), "float32"), training=True)
    after = layer.layer.kernel.numpy()
    np.testing.assert_allclose(after, before / np.linalg.svd(before, compute_uv=False)[0], rtol=1e-4)
    vector, divided = layer.normalized_weights()
    np.testing.assert_allclose(host(divided), after, rtol=1e-4)
    np.testing.assert_allclose(host(vector), layer.vector_u.numpy(), rtol=1e-3)


def test_a_weight_of_zeros_stays_one(backend):
    layer = _spectral(layers.Dense(3, use_bias=False))
    vector = layer.vector_u.numpy()
    layer.layer.kernel.assign(np.zeros((4, 3)))
    layer(np.ones((2, 4), "float32"), training=True)
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), 0)
    np.testing.assert_array_equal(layer.vector_u.numpy(), vector)


def test_tables_of_embeddings_are_divided(backend):
    layer = layers.SpectralNormalization(layers.Embedding(5, 3), power_iterations=30)
    layer(np.array([[1, 2]]), training=True)
    values = np.linalg.svd(layer.layer.embeddings.numpy(), compute_uv=False)
    assert values[0] == pytest.approx(1, abs=1e-3)


def test_weights_keep_their_precision_under_a_policy_of_half_precision(backend):
    layer = layers.SpectralNormalization(layers.Dense(3, dtype="mixed_float16"), dtype="mixed_float16")
    layer(np.ones((2, 4), "float32"), training=True)
    kernel = layer.layer.kernel.numpy()
    assert kernel.dtype == "float32"
    assert (kernel != kernel.astype("float16").astype("float32")).any()


def test_the_gradient_is_that_of_the_divided_weight(differentiating_backend):
    layer, x = _spectral(layers.Dense(3, use_bias=False)), np.random.default_rng(3).normal(size=(2, 4)).astype("f4")
    run = transforms.jit(
        transforms.value_and_grad(lambda: ops.sum(ops.sin(layer(x, training=True))), layer.trainable_variables)
    )
    found = host(run()[1][0])
    expected = x.T @ np.cos(x @ layer.layer.kernel.numpy())
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not keras_peer.available(), reason="needs real Keras")
def test_training_and_files_are_those_of_keras(differentiating_backend, tmp_path):
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(16, 4)).astype("float32"), rng.normal(size=(16, 2)).astype("float32")
    net = Sequential(
        [Input((4,)), layers.SpectralNormalization(layers.Dense(3, activation="tanh", name="a"), 2, name="s"),
         layers.Dense(2, name="b")]
    )  # fmt: skip
    net.compile(optimizers.SGD(0.1), "mse")
    path, back = tmp_path / "ours.keras", tmp_path / "theirs.keras"
    net.save(path)
    theirs = keras_peer.call("layers.keras_layers:fitted", "torch", path=str(path), back=str(back), x=x, y=y)
    net.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    for ours, expected in zip(net.weights, theirs, strict=True):
        np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-4, atol=1e-5, err_msg=ours.path)
    loaded = models.load_model(back)
    for ours, expected in zip(loaded.weights, theirs, strict=True):
        np.testing.assert_allclose(ours.numpy(), expected, rtol=1e-6)
