"""Particular behaviour of Dense, Embedding, Lambda, Masking, merging, reshaping and convolution layers."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from keraslite import Variable, layers, models, ops, serialization, transforms
from keraslite.backend import registry
from keraslite.errors import ArgumentError, MissingCapabilityError, SerializationError
from keraslite.masking import get_mask, set_mask
from keraslite.ops.symbolic import SymbolicTensor

X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
IDS = np.array([[1, 2, 0], [3, 0, 0]])


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


def test_embedding_masks_zero(backend):
    embedded = layers.Embedding(5, 4, mask_zero=True)(IDS)
    np.testing.assert_array_equal(host(get_mask(embedded)), IDS != 0)
    assert get_mask(layers.Embedding(5, 4)(IDS)) is None


def test_embedding_takes_floats_and_weights(backend):
    table = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    layer = layers.Embedding(5, 4, weights=[table])
    np.testing.assert_array_equal(host(layer(IDS.astype("float32"))), table[IDS])


def test_input_length_is_deprecated():
    with pytest.warns(DeprecationWarning, match="`input_length` is deprecated"):
        layers.Embedding(5, 4, input_length=3)


def test_dense_needs_the_size_it_was_built_for(backend):
    layer = layers.Dense(3)
    layer(X)
    with pytest.raises(ArgumentError, match="size 4 along axis -1"):
        layer(X[..., :3])
    with pytest.raises(ArgumentError, match="at least 2 axes"):
        layer(X[0, 0])
    with pytest.raises(ArgumentError, match="`units` to be a positive integer. Received units=-3"):
        layers.Dense(-3)


def test_lambda(backend):
    def scaled(x, factor=1.0, training=None):
        return x * factor * (2 if training else 1)

    layer = layers.Lambda(scaled, arguments={"factor": 3.0})
    np.testing.assert_allclose(host(layer(X)), 3 * X, rtol=1e-6)
    np.testing.assert_allclose(host(layer(X, training=True)), 6 * X, rtol=1e-6)
    promised = layers.Lambda(lambda x: np.asarray(x), output_shape=(7,))(SymbolicTensor((None, 3), "float32"))
    assert promised.shape == (None, 7)
    with pytest.raises(SerializationError, match="register_keras_serializable"):
        layers.Lambda(lambda x: x).get_config()


def test_a_registered_lambda_is_saved():
    @serialization.register_serializable("tests")
    def halved(x):
        return x / 2

    layer = layers.Lambda(halved)
    again = layers.deserialize(layers.serialize(layer))
    assert again.function is halved


@pytest.mark.parametrize(
    ("equation", "shape", "keeps"),
    [
        ("abc,cd->abd", (None, 5), True),
        ("...c,cd->...d", (5,), True),
        ("abc,cde->abde", (None, 5, 2), True),
        ("abc,bcd->ad", (5,), False),
        ("abc,cd->adb", (5, None), False),
        ("ab,bc->ac", (5,), False),
    ],
)
def test_einsum_dense_has_masks_where_steps_stay(backend, equation, shape, keeps):
    layer = layers.EinsumDense(equation, shape)
    assert layer.supports_masking is keeps
    if len(equation.split(",")[0]) == 3:
        embedded = layers.Embedding(5, 4, mask_zero=True)(IDS)
        with nullcontext() if keeps else pytest.warns(UserWarning, match="received an input with a mask"):
            mask = get_mask(layer(embedded))
        assert (mask is not None) is keeps


def test_masking_hides_padding(backend):
    x = X.copy()
    x[0, 1] = 0.5
    outputs = layers.Masking(0.5)(x)
    assert not host(outputs)[0, 1].any()
    mask = host(get_mask(outputs))
    assert mask.sum() == 5
    assert not mask[0, 1]


def test_masks_of_merged_inputs(backend):
    a, b = ops.convert_to_tensor(X.copy()), ops.convert_to_tensor(X + 1)
    first, second = np.array([[1, 1, 0]] * 2, bool), np.array([[0, 1, 0]] * 2, bool)
    set_mask(a, ops.convert_to_tensor(first))
    assert get_mask(layers.Add()([a, b])) is None
    set_mask(b, ops.convert_to_tensor(second))
    np.testing.assert_array_equal(host(get_mask(layers.Add()([a, b]))), first | second)
    joined = layers.Concatenate(axis=1)([a, b])
    np.testing.assert_array_equal(host(get_mask(joined)), np.concatenate([first, second], 1))
    np.testing.assert_array_equal(host(get_mask(layers.Concatenate()([a, b]))), first | second)


def test_a_masked_step_does_not_count_in_a_product(backend):
    x, y, z = (ops.convert_to_tensor(np.full((1, 3, 2), value, "float32")) for value in (2, 3, 3))
    set_mask(x, ops.convert_to_tensor(np.array([[True, False, False]])))
    set_mask(y, ops.convert_to_tensor(np.array([[True, True, False]])))
    np.testing.assert_array_equal(host(layers.Multiply()([x, y]))[0, :, 0], [6, 3, 0])
    np.testing.assert_array_equal(host(layers.Multiply()([x, y, z]))[0, :, 0], [18, 9, 3])  # z has no mask
    np.testing.assert_array_equal(host(layers.Multiply()([z, z]))[0, :, 0], [9, 9, 9])


EXTREMES = np.array([[1, 5, 9, 4, 7, 2], [3, 2, 8, 6, 1, 9], [2, 7, 1, 5, 3, 4]], "float32")
COUNTING = np.array([[1, 0, 1, 0, 0, 1], [1, 1, 0, 0, 1, 0], [1, 0, 0, 0, 1, 1]], "bool")


@pytest.mark.parametrize(("kind", "masks", "expected"), [
    ("Maximum", [0, 1], [3, 2, 9, 4, 1, 2]),
    ("Minimum", [0, 1], [1, 2, 9, 4, 1, 2]),
    ("Maximum", [None, 0], [3, 5, 9, 4, 7, 9]),
    ("Minimum", [0, None], [1, 2, 8, 6, 1, 2]),
    ("Maximum", [0, 1, 2], [3, 2, 9, 4, 3, 4]),
    ("Minimum", [0, 1, None], [1, 2, 1, 5, 1, 2]),
])  # fmt: skip
def test_a_masked_step_does_not_count_in_an_extreme(backend, kind, masks, expected):
    inputs = [ops.convert_to_tensor(EXTREMES[i][None, :, None]) for i in range(len(masks))]
    for x, i in zip(inputs, masks, strict=True):
        if i is not None:
            set_mask(x, ops.convert_to_tensor(COUNTING[i][None]))
    np.testing.assert_array_equal(host(getattr(layers, kind)()(inputs))[0, :, 0], expected)


def test_an_average_of_no_steps_is_zero(differentiating_backend):
    x = Variable(np.arange(1.0, 7.0, dtype="float32").reshape(2, 3, 1))
    mask = ops.convert_to_tensor([[False, False, False], [True, False, True]])
    layer = layers.GlobalAveragePooling1D()
    value, (gradient,) = transforms.value_and_grad(lambda: ops.sum(ops.sin(layer(x, mask=mask))), [x])()
    np.testing.assert_allclose(ops.convert_to_numpy(layer(x, mask=mask)), [[0], [5]])
    np.testing.assert_allclose(ops.convert_to_numpy(value), np.sin(5), rtol=1e-5)
    assert ops.convert_to_numpy(gradient).ravel().tolist()[:3] == [0, 0, 0]


def test_a_mask_that_broadcasts_is_joined(backend):
    first, second = ops.convert_to_tensor(IDS != 0), ops.convert_to_tensor(np.ones((1, IDS.shape[1]), "bool"))
    a, b = (ops.convert_to_tensor(np.ones((*IDS.shape, 2), "float32")) for _ in range(2))
    set_mask(a, first)
    set_mask(b, second)  # broadcasts along the batch
    np.testing.assert_array_equal(host(get_mask(layers.Concatenate()([a, b]))), np.ones_like(IDS, "bool"))


def test_functions_that_merge(backend):
    np.testing.assert_allclose(host(layers.add([X, X])), 2 * X, rtol=1e-6)
    np.testing.assert_allclose(host(layers.subtract([X, X])), 0 * X)
    np.testing.assert_allclose(host(layers.multiply([X, X])), X * X, rtol=1e-6)
    np.testing.assert_allclose(host(layers.average([X, 3 * X])), 2 * X, rtol=1e-6)
    np.testing.assert_allclose(host(layers.maximum([X, -X])), np.abs(X))
    np.testing.assert_allclose(host(layers.minimum([X, -X])), -np.abs(X))
    assert host(layers.concatenate([X, X], axis=1)).shape == (2, 6, 4)
    assert host(layers.dot([X, X], axes=2)).shape == (2, 3, 3)


def test_shapes_of_unknown_sizes():
    x = SymbolicTensor((None, None, 4), "float32")
    assert layers.Flatten()(x).shape == (None, None)
    assert layers.Reshape((-1, 2))(x).shape == (None, None, 2)
    assert layers.Reshape((-1, 2))(SymbolicTensor((None, 3, 4), "float32")).shape == (None, 6, 2)
    assert layers.Conv1D(5, 3, padding="same")(x).shape == (None, None, 5)
    assert layers.TimeDistributed(layers.Dense(2))(x).shape == (None, None, 2)


def test_bilinear_up_sampling(backend):
    if not hasattr(ops, "image"):
        with pytest.raises(MissingCapabilityError, match="interpolation"):
            layers.UpSampling2D(2, interpolation="bilinear")(np.ones((1, 4, 4, 1), "float32"))
        return
    image = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    assert host(layers.UpSampling2D(2, interpolation="bilinear")(image)).shape == (1, 8, 8, 1)


def test_noise_is_only_for_training(backend):
    ones = np.ones((200, 50), "float32")
    dropped = host(layers.Dropout(0.25, seed=1)(ones, training=True))
    assert set(np.unique(dropped.round(4))) == {0.0, np.float32(4 / 3).round(4)}
    assert abs((dropped == 0).mean() - 0.25) < 0.02
    spatial = host(layers.SpatialDropout1D(0.5, seed=1)(np.ones((20, 3, 10), "float32"), training=True))
    assert (spatial.min(1) == spatial.max(1)).all()
    noisy = host(layers.GaussianNoise(0.5, seed=1)(ones, training=True))
    assert abs(noisy.std() - 0.5) < 0.02
    assert layers.Dropout(0.0).variables == []


NOISES = {
    "dropout": (lambda: layers.Dropout(0.0), "rate"),
    "spatial": (lambda: layers.SpatialDropout1D(0.0), "rate"),
    "gaussian dropout": (lambda: layers.GaussianDropout(0.0), "rate"),
    "gaussian noise": (lambda: layers.GaussianNoise(0.0), "stddev"),
    "attention": (lambda: SelfAttention(2, 3, name="own"), "dropout"),
}


class SelfAttention(layers.MultiHeadAttention):
    def build(self, shape):
        super().build(shape, shape)

    def call(self, x, training=False):
        return super().call(x, x, training=training)


@pytest.mark.parametrize("noise", NOISES)
def test_noise_that_is_switched_on_later(differentiating_backend, noise):
    make, name = NOISES[noise]
    x, y = np.ones((8, 4, 3), "float32"), np.ones((8, 1), "float32")
    layer = make()
    net = models.Sequential([layer, layers.Flatten(), layers.Dense(1)])
    net.compile("sgd", "mse")
    for strength in (0.0, 0.5):
        with registry.use_backend("numpy"):  # the layer stays where it was used
            setattr(layer, name, strength)
        net.fit(x, y, epochs=3, batch_size=4, verbose=0)
        first, second = host(net(x, training=True)), host(net(x, training=True))
        assert np.allclose(first, second) == (strength == 0)
    assert {v.engine.name for v in layer.variables} == {differentiating_backend}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.Conv2D(3, 2, strides=2, dilation_rate=2), "`strides` or `dilation_rate` to be 1"),
        (lambda: layers.Conv2D(3, 2, groups=2), "multiple of `groups`"),
        (lambda: layers.Conv2D(3, 2, padding="causal"), "`padding` to be one of"),
        (lambda: layers.Conv2D(3, 2)(X), "4 axes"),
        (lambda: layers.Dropout(2), "`rate` to be a number in"),
        (lambda: layers.Dropout(0.5, noise_shape=(1, -2)), "`noise_shape` to be a list of positive integers"),
        (lambda: layers.Permute((0, 1)), "permutation of 1 to 2"),
        (lambda: layers.Reshape((5, 2))(X), "as many elements as its input"),
        (lambda: layers.Reshape((-1, -1)), "at most one unknown size"),
        (lambda: layers.Cropping1D((2, 2))(X), "larger than what it crops"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), "`padding` to be a non-negative integer"),
        (lambda: layers.Subtract()([X, X, X]), "exactly 2 tensors"),
        (lambda: layers.Add()(X), "a list of tensors"),
        (lambda: layers.Add()([X, 5]), "`Add` needs a list of tensors. Received 5 among them"),
        (lambda: layers.Concatenate()([X, "a"]), "`Concatenate` needs a list of tensors. Received 'a' among them"),
        (lambda: layers.Concatenate()([X, X[:, :2]]), "equal but for axis -1"),
        (lambda: layers.Dot(1)([X, X[:, :2]]), "one size"),
        (lambda: layers.Dot(0), "other than 0"),
        (lambda: layers.Dot((2, 1))([X[0], X[0]]), r"`Dot` needs `axes` to name an axis of its input, not the batch"),
        (lambda: layers.Dot(2)([X[:, 0], X]), r"Received axes=2 and an input of shape \(2, 4\)"),
        (lambda: layers.Dot(2)([SymbolicTensor((None, 8), "float32"), X]), r"Received axes=2 and an input of shape"),
        (lambda: layers.Dot(-3)([X, X]), "not the batch"),
        (lambda: layers.Dot(-4)([X, X]), "not the batch"),
        (lambda: layers.Dot(1)([X[0, 0], X[0, 0]]), r"an input of shape \(4,\)"),
        (lambda: layers.Dot(1)([X, X[:1]]), "the batches of the first and the second input to have one size"),
        (lambda: layers.MultiHeadAttention(2, 3, attention_axes=5)(X, X), "`attention_axes` to name an axis"),
        (lambda: layers.MultiHeadAttention(2, 3, attention_axes=(0, 1))(X, X), "`attention_axes` to name an axis"),
        (lambda: layers.EinsumDense("abc->ab", 3)(X), "input,kernel->output"),
        (lambda: layers.EinsumDense("ab,bc->ac", 3)(X), "an input of 2 axes"),
        (lambda: layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="z")(X), "`bias_axes` to name axes"),
        (lambda: layers.Embedding(0, 3), "`input_dim` to be a positive integer"),
        (lambda: layers.Dense(3, quantization_config={}), "`quantization_config` to be None"),
        (
            lambda: layers.Dense(10, activaton="relu"),
            r"`Dense` has no argument 'activaton'. Did you mean 'activation'\? It takes units, activation, use_bias",
        ),
        (
            lambda: layers.LSTM(3, retrun_state=True),
            r"`LSTM` has no argument 'retrun_state'. Did you mean 'return_state'\? It takes units, activation",
        ),
        (lambda: layers.Dense(3, trainible=False), r"`Dense`.*Did you mean 'trainable'\? It takes units, activation"),
        (lambda: layers.Conv2D(3, 2, inputshape=(4, 4, 1)), r"`Conv2D`.*Did you mean 'input_shape'\? It takes filters"),
        (lambda: layers.Add(axis=1), r"`Add` has no argument 'axis'\.$"),
    ],
)
def test_bad_arguments(make, text):
    with pytest.raises((ArgumentError, TypeError), match=text):
        make()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("cls", "filters", "channels"), [("Conv2D", 1, 2), ("Conv1DTranspose", 3, 1), ("Conv2DTranspose", 3, 1)]
)
def test_single_images_with_one_channel_have_gradients(cls, filters, channels, dtype, differentiating_backend):
    if dtype not in registry.current().capabilities | {"float32"}:
        dtype = "float32"
    layer = getattr(layers, cls)(filters, 2, dtype=dtype)
    x = np.random.default_rng(0).normal(size=(1, *[5] * (1 if "1D" in cls else 2), channels)).astype(dtype)
    layer(x)
    (kernel, bias) = transforms.grad(lambda: ops.sum(layer(x)), layer.trainable_variables)()
    assert np.isfinite(ops.convert_to_numpy(kernel)).all()
    np.testing.assert_allclose(ops.convert_to_numpy(bias), np.prod(layer(x).shape) / filters, rtol=1e-5)
