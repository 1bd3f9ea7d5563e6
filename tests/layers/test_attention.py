"""MultiHeadAttention's masks and paths."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import layers, ops, tree
from keraslite.backend import registry
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


# ---- heads in groups, several attention axes, fused kernels ------------------------------------------------------


def grouped(cls=layers.GroupQueryAttention, **options):
    layer = cls(3, 4, 2, **options)
    layer(Q, V)
    return layer


def test_both_names_of_grouped_attention_are_read():
    assert layers.GroupedQueryAttention is layers.GroupQueryAttention
    config = layers.serialize(grouped())
    assert config["class_name"] == "GroupQueryAttention"
    again = layers.deserialize({**config, "class_name": "GroupedQueryAttention"})
    assert type(again) is layers.GroupQueryAttention


def test_grouped_heads_are_those_of_all_heads_with_equal_keys(backend):
    layer, every = grouped(), MultiHeadAttention(4, 3)
    every(Q, V)
    for name in ("query", "key", "value", "output"):
        for weight, wanted in zip(*(getattr(x, f"_{name}_dense").weights for x in (layer, every)), strict=True):
            value = weight.numpy()
            weight_of_all = value.repeat(2, axis=-2) if name in ("key", "value") else value
            wanted.assign(weight_of_all)
    mask = RNG.random((2, 4, 5)) > 0.4
    mask[:, :, 0] = True
    for options in ({}, {"attention_mask": mask}, {"use_causal_mask": True}, {"return_attention_scores": True}):
        for ours, theirs in zip(*(tree.leaves(x(Q, V, **options)) for x in (layer, every)), strict=True):
            np.testing.assert_allclose(host(ours), host(theirs), rtol=1e-4, atol=1e-5)


class AveragesOfGroups(layers.GroupQueryAttention):
    def _compute_attention(self, q, k, v, mask=None, training=None, use_causal_mask=False):
        assert self._return_attention_scores in (True, False)
        weights = self._masked_softmax(ops.einsum(self._dot_product_equation, q, k) * 0, mask)
        return ops.einsum(self._combine_equation, self._dropout_layer(weights), v), weights


class SharpGroups(layers.GroupQueryAttention):
    def _masked_softmax(self, scores, attention_mask=None):
        return super()._masked_softmax(scores * 1e4, attention_mask)


class FirstOfGroups(layers.GroupQueryAttention):
    def _compute_attention_mask(self, query, value, **masks):
        return ops.expand_dims(ops.less(ops.arange(ops.shape(value)[1]), 1), (0, 1))


def test_subclasses_of_grouped_attention_change_what_they_write_anew(backend):
    averages = grouped(AveragesOfGroups)
    values = host(averages._value_dense(V)).mean(1, keepdims=True).repeat(2, 2).repeat(4, 1)
    np.testing.assert_allclose(host(averages(Q, V)), host(averages._output_dense(values)), rtol=1e-4, atol=1e-5)
    assert host(averages(Q, V, return_attention_scores=True)[1]).shape == (2, 4, 4, 5)
    _, scores = grouped(SharpGroups)(Q, V, return_attention_scores=True)
    assert (host(scores).max(-1) > 0.99).mean() > 0.8
    first, plain = grouped(FirstOfGroups), grouped()
    plain.set_weights(first.get_weights())
    np.testing.assert_allclose(host(first(Q, V)), host(plain(Q, V[:, :1])), rtol=1e-4, atol=1e-5)


class Backwards(MultiHeadAttention):
    def _compute_causal_mask(self, query, value=None):
        return ops.logical_not(super()._compute_causal_mask(query, value))


def test_a_causal_mask_of_ones_own_is_used(backend):
    layer, plain = with_weights(Backwards)
    later = ~np.tri(4, 5, dtype=bool)[None]
    found, wanted = layer(Q, V, use_causal_mask=True), plain(Q, V, attention_mask=later)
    np.testing.assert_allclose(host(found), host(wanted), atol=1e-5)


def test_a_scale_of_ones_own_is_used(backend):
    layer, plain = with_weights(MultiHeadAttention)
    layer._inverse_sqrt_key_dim = 0.0
    assert not np.allclose(host(layer(Q, V)), host(plain(Q, V)))
    np.testing.assert_allclose(host(layer(Q, V)), mean_of_values(layer), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("axes", "attended"), [((1,), (1,)), ((2,), (2,)), (None, (1, 2)), ((-2,), (2,))])
def test_masks_of_inputs_with_several_axes(axes, attended, backend):
    rng = np.random.default_rng(1)
    query, value = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 4, 5))
    query_mask, value_mask = rng.random((2, 3, 4)) > 0.3, rng.random((2, 3, 4)) > 0.3
    value_mask[:, 0], value_mask[:, :, 0] = True, True
    layer = MultiHeadAttention(2, 3, attention_axes=axes)
    changed = value.copy()
    changed[~value_mask] += 7
    first, second = (host(layer(query, x, value_mask=value_mask)) for x in (value, changed))
    np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-5)
    assert tuple(layer.attention_axes) == attended
    masked = host(layer(query, value, query_mask=query_mask, value_mask=value_mask))
    np.testing.assert_allclose(masked[query_mask], first[query_mask], rtol=1e-4, atol=1e-5)


def test_causal_masks_follow_the_attended_axis(backend):
    x = np.random.default_rng(1).normal(size=(2, 3, 4, 5))
    layer = MultiHeadAttention(2, 3, attention_axes=2)
    changed = x.copy()
    changed[:, :, 3] += 7
    before, after = (host(layer(each, each, use_causal_mask=True)) for each in (x, changed))
    np.testing.assert_allclose(before[:, :, :3], after[:, :, :3], rtol=1e-4, atol=1e-5)
    for options, call in (({}, {"use_causal_mask": True}), ({"sliding_window": 2}, {})):
        with pytest.raises(ArgumentError, match="needs one attention axis for `.*`, .* Received attention_axes=.1, 2."):
            MultiHeadAttention(2, 3, **options)(x, x, **call)


@pytest.mark.parametrize("make", [lambda **k: MultiHeadAttention(2, 3, **k), lambda **k: grouped(**k)], ids=["m", "g"])
def test_a_fused_kernel_that_is_asked_for_cannot_drop_or_return_scores(make):
    for used, wanted in (({"dropout": 0.5}, "needs dropout=0.0 with flash_attention=True. Received dropout=0.5"),):
        with pytest.raises(ArgumentError, match=wanted):
            make(flash_attention=True, **used)
    if "torch" not in registry.installed():
        pytest.skip("needs an engine with a fused kernel")
    with registry.use_backend("torch"):
        layer = make(flash_attention=True)
        written = make(flash_attention=False)
        written(Q, V)
        layer(Q, V)
        written.set_weights(layer.get_weights())
        np.testing.assert_allclose(host(layer(Q, V)), host(written(Q, V)), atol=1e-5)
        with pytest.raises(ArgumentError, match="no scores .* with flash_attention=True"):
            layer(Q, V, return_attention_scores=True)


def test_members_of_the_class():
    for name in ("num_heads", "key_dim", "value_dim", "dropout", "use_bias", "attention_axes", "query_dense",
                 "key_dense", "value_dense", "output_dense"):  # fmt: skip
        assert hasattr(MultiHeadAttention, name)
    layer = MultiHeadAttention(2, 3)
    assert (layer.num_heads, layer.value_dim, layer.attention_axes) == (2, 3, None)
    assert not hasattr(layer, "query_dense")


# ---- Attention and AdditiveAttention ------------------------------------------------------------------------------

MISTAKES = {
    "no list": (lambda layer: layer(Q), "needs a list of inputs"),
    "one input": (lambda layer: layer([Q]), "needs a list of inputs: .* Received 1 of them"),
    "four inputs": (lambda layer: layer([Q, V, V, V]), "Received 4 of them"),
    "a mask": (lambda layer: layer([Q, V], mask=np.ones((2, 4), bool)), "needs a list of masks"),
    "one mask": (lambda layer: layer([Q, V], mask=[None]), "needs a list of masks: .* Received 1 of them"),
    "a flat mask": (lambda layer: layer([Q, V], mask=[None, np.ones(5, bool)]), "needs masks with the axes"),
    "other features": (lambda layer: layer([Q, V[..., :3]]), "needs (the last axis|shapes)"),
}


@pytest.mark.parametrize("cls", [layers.Attention, layers.AdditiveAttention])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes(cls, mistake, backend):
    call, message = MISTAKES[mistake]
    with pytest.raises(ArgumentError, match=message):
        call(cls())


class Halves(layers.Attention):
    def _calculate_scores(self, query, key):
        return super()._calculate_scores(query, key) * 0

    def _apply_scores(self, scores, value, scores_mask=None, training=False):
        output, weights = super()._apply_scores(scores, value, scores_mask, training)
        return output / 2, weights


def test_subclasses_of_attention_change_what_they_write_anew(backend):
    mean = V.mean(1, keepdims=True).repeat(4, 1)
    np.testing.assert_allclose(host(Halves()([Q, V])), mean / 2, rtol=1e-5, atol=1e-6)


def test_masks_of_attention_are_found_and_passed_on(backend):
    query, value = ops.convert_to_tensor(Q.copy()), ops.convert_to_tensor(V.copy())
    masks = [np.array([[1, 1, 0, 0], [1, 1, 1, 1]], bool), np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]], bool)]
    layer = layers.Attention()
    wanted = host(layer([Q, V], mask=masks))
    for x, mask in zip((query, value), masks, strict=True):
        set_mask(x, ops.convert_to_tensor(mask))
    found = layer([query, value])
    np.testing.assert_allclose(host(found), wanted, atol=1e-6)
    np.testing.assert_array_equal(host(get_mask(found)), masks[0])
    assert not host(found)[0, 2:].any()
