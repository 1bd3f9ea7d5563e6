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
    with pytest.raises(ArgumentError, match="`lora_rank` to be None"):
        layers.Dense(3, lora_rank=2)


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
