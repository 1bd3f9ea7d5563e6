"""MultiHeadAttention's masks and paths."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops
from keraslite.errors import ArgumentError
from keraslite.layers import MultiHeadAttention
from keraslite.masking import get_mask, set_mask

RNG = np.random.default_rng(0)
Q, V = RNG.normal(size=(2, 4, 6)).astype("float32"), RNG.normal(size=(2, 5, 6)).astype("float32")


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


def test_both_paths_agree(backend):
    layer = MultiHeadAttention(2, 3)
    mask = RNG.random((2, 4, 5)) > 0.4
    mask[:, :, 0] = True
    for options in ({}, {"attention_mask": mask}, {"attention_mask": mask[:, None]}, {"use_causal_mask": True}):
        outputs, scores = layer(Q, V, return_attention_scores=True, **options)
        np.testing.assert_allclose(host(layer(Q, V, **options)), host(outputs), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(host(scores).sum(-1), 1, rtol=1e-5)
        assert host(scores).shape == (2, 2, 4, 5)


def test_masked_positions_do_not_matter(backend):
    layer = MultiHeadAttention(2, 3)
    kept = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 0, 0]], bool)
    changed = V.copy()
    changed[:, 3:] += 10
    for name in ("value_mask", "key_mask"):
        np.testing.assert_allclose(
            host(layer(Q, changed, **{name: kept})), host(layer(Q, V[:, :3])), rtol=1e-5, atol=1e-5
        )


def test_causal_mask_hides_later_positions(backend):
    layer = MultiHeadAttention(2, 3)
    changed = Q.copy()
    changed[:, 3] += 10
    before, after = (host(layer(x, x, use_causal_mask=True)) for x in (Q, changed))
    np.testing.assert_allclose(before[:, :3], after[:, :3], rtol=1e-5, atol=1e-5)
    assert not np.allclose(before[:, 3], after[:, 3])


def test_masks_of_the_inputs_are_found(backend):
    layer = MultiHeadAttention(2, 3)
    query, value = ops.convert_to_tensor(Q.copy()), ops.convert_to_tensor(V.copy())
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]], bool)
    set_mask(value, ops.convert_to_tensor(mask))
    np.testing.assert_allclose(host(layer(query, value)), host(layer(Q, V, value_mask=mask)), rtol=1e-5, atol=1e-6)
    own = ops.convert_to_tensor(np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool))
    set_mask(query, own)
    np.testing.assert_array_equal(host(get_mask(layer(query, value))), host(own))


def test_a_row_without_any_position_is_finite(backend):
    layer = MultiHeadAttention(2, 3)
    mask = np.ones((2, 4, 5), bool)
    mask[0, 1] = False
    outputs, scores = layer(Q, V, attention_mask=mask, return_attention_scores=True)
    assert np.isfinite(host(outputs)).all()
    assert not host(scores)[0, :, 1].any()
    assert np.isfinite(host(layer(Q, V, attention_mask=mask))).all()


def test_projections_start_unlike_each_other(backend):
    layer = MultiHeadAttention(2, 3, kernel_initializer="glorot_uniform")
    layer(Q, Q)
    query, key = layer.query_dense.kernel.numpy(), layer.key_dense.kernel.numpy()
    assert not np.allclose(query, key)
    limit = np.sqrt(6 / (6 + 6))  # fans of the projection, not of its kernel's last axes
    assert limit * 0.8 < np.abs(query).max() <= limit


def test_dropout_changes_only_training(backend):
    layer = MultiHeadAttention(2, 3, dropout=0.5, seed=1)
    calm = host(layer(Q, V))
    assert not np.allclose(calm, host(layer(Q, V, training=True)))
    np.testing.assert_allclose(host(layer(Q, V)), calm, rtol=1e-6)


def test_errors():
    with pytest.raises(ArgumentError, match="query, value and key of one rank"):
        MultiHeadAttention(2, 3)(Q, V[0])
    with pytest.raises(ArgumentError, match="`num_heads` to be a positive integer"):
        MultiHeadAttention(0, 3)
    with pytest.raises(ArgumentError, match="`quantization_config` to be None"):
        layers.Dense(3, quantization_config={})


def test_padding_among_queries_attends_to_all_positions_alike(backend):
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    layer = layers.MultiHeadAttention(2, 3)
    layer(x, x)
    mask = np.array([[True, True, False, False], [True, True, True, True]])
    given = ops.convert_to_numpy(layer(x, x, query_mask=mask))
    plain = ops.convert_to_numpy(layer(x, x))
    uniform = ops.convert_to_numpy(layer(x, x, attention_mask=np.zeros((2, 4, 4), bool)))
    np.testing.assert_allclose(given[mask], plain[mask], atol=1e-5)
    np.testing.assert_allclose(given[~mask], uniform[~mask], atol=1e-5)


class Sharp(MultiHeadAttention):
    def _masked_softmax(self, attention_scores, attention_mask=None):
        return super()._masked_softmax(attention_scores * 1e4, attention_mask)


class FirstOnly(MultiHeadAttention):
    def _compute_attention_mask(self, query, value, **masks):
        return ops.expand_dims(ops.less(ops.arange(ops.shape(value)[1]), 1), (0, 1))


class Cached(MultiHeadAttention):
    """Projects and attends by itself, as layers with a cache do."""

    def call(self, query, value, training=None):
        projected = self._query_dense(query), self._key_dense(value), self._value_dense(value)
        output, _ = self._compute_attention(*projected, attention_mask=None, training=training)
        return self._output_dense(output)


class Averages(MultiHeadAttention):
    def _compute_attention(self, q, k, v, mask=None, training=None, scores=False):  # Keras passes them by position
        weights = self._masked_softmax(ops.einsum(self._dot_product_equation, k, q) * 0, mask)
        return ops.einsum(self._combine_equation, self._dropout_layer(weights), v), weights


class Uniform(layers.Softmax):
    def call(self, inputs, mask=None):
        return super().call(inputs * 0, mask)


class Nothing(layers.Dropout):
    def call(self, inputs, training=None):
        return inputs * 0 if training else inputs


class Replaced(MultiHeadAttention):
    def build(self, query_shape, value_shape, key_shape=None):
        super().build(query_shape, value_shape, key_shape)
        self._softmax = Uniform(-1)
        self._dropout_layer = Nothing(0.5)
        self._query_dense = layers.EinsumDense("abc,cde->abde", (None, self._num_heads, self._key_dim))
        self._query_dense.build(query_shape)


def with_weights(cls):
    layer, plain = cls(2, 3), MultiHeadAttention(2, 3)
    layer(Q, V)
    plain(Q, V)
    plain.set_weights(layer.get_weights())
    return layer, plain


def mean_of_values(layer):
    values = host(layer.value_dense(V)).mean(1, keepdims=True)
    return host(layer.output_dense(np.repeat(values, 4, 1)))


def test_subclasses_change_what_they_write_anew(backend):
    sharp, _ = with_weights(Sharp)
    _, scores = sharp(Q, V, return_attention_scores=True)
    assert (host(scores).max(-1) > 0.99).mean() > 0.9
    np.testing.assert_allclose(host(sharp(Q, V)), host(sharp(Q, V, return_attention_scores=True)[0]), atol=1e-5)
    first, plain = with_weights(FirstOnly)
    np.testing.assert_allclose(host(first(Q, V)), host(plain(Q, V[:, :1])), rtol=1e-4, atol=1e-5)
    cached, plain = with_weights(Cached)
    np.testing.assert_allclose(host(cached(Q, V)), host(plain(Q, V)), rtol=1e-4, atol=1e-5)
    averages, _ = with_weights(Averages)
    np.testing.assert_allclose(host(averages(Q, V)), mean_of_values(averages), rtol=1e-4, atol=1e-5)


def test_subclasses_replace_the_layers_inside(backend):
    layer = Replaced(2, 3, use_bias=False)
    np.testing.assert_allclose(host(layer(Q, V)), mean_of_values(layer), rtol=1e-4, atol=1e-5)
    assert not host(layer(Q, V, training=True)).any()
    assert layer.query_dense is layer._query_dense
    assert len(layer.weights) == 4
    assert sum(each is layer._query_dense for each in layer._flatten_layers()) == 1
    layer._key_dim = 7
    assert layer.key_dim == 7
    names = ["_num_heads", "_value_dim", "_key_dense", "_value_dense", "_output_dense", "_use_bias", "_attention_axes",
             "_kernel_initializer", "_dropout", "_output_shape"]  # fmt: skip
    assert all(hasattr(layer, name) for name in names)


def test_a_dropout_layer_of_ones_own_is_asked_without_a_rate(backend):
    layer = MultiHeadAttention(2, 3)
    calm = host(layer(Q, V))
    layer.__dict__["_dropout_layer"] = Nothing(0.0)
    np.testing.assert_allclose(host(layer(Q, V)), calm, atol=1e-6)
    bias = host(layer.output_dense(np.zeros((2, 4, 2, 3), "float32")))
    np.testing.assert_allclose(host(layer(Q, V, training=True)), bias, atol=1e-6)
