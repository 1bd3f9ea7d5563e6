"""ReversibleEmbedding: the way back, its dtype, its bound and its masks."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import Input, Model, layers, masking, ops
from keraslite.errors import KerasliteError

IDS = np.array([[1, 2, 0]])


def host(x):
    return np.asarray(ops.convert_to_numpy(x))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("cap", [None, 0.1])
def test_the_way_back_multiplies_by_a_table(tied, cap, backend):
    layer = layers.ReversibleEmbedding(5, 3, tie_weights=tied, logit_soft_cap=cap, embeddings_initializer="normal")
    rows = layer(IDS)
    logits = host(layer(rows, reverse=True))
    table = layer.embeddings.numpy().T if tied else layer.reverse_embeddings.numpy()
    expected = host(rows) @ table
    expected = expected if cap is None else cap * np.tanh(expected / cap)
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-6)
    assert len(layer.weights) == (1 if tied else 2)


def test_the_dtype_of_the_way_back(backend):
    layer = layers.ReversibleEmbedding(5, 3, dtype="mixed_bfloat16", reverse_dtype="float32")
    rows = layer(IDS)
    assert ops.dtype(rows) == "bfloat16"
    assert ops.dtype(layer(rows, reverse=True)) == "float32"
    assert layer(Input((3,)), reverse=False).dtype == "bfloat16"
    assert layer(Input((3, 3)), reverse=True).dtype == "float32"
    assert layer.get_config()["reverse_dtype"] == "float32"
    assert layer.compute_output_shape((2, 3)) == (2, 3, 3)
    assert layer.compute_output_shape((2, 3, 3), reverse=True) == (2, 3, 5)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_rows_have_masks_and_logits_have_none(dtype, backend):
    layer = layers.ReversibleEmbedding(5, 3, mask_zero=True)
    inputs = Input((3,), dtype=dtype)
    rows = layer(inputs)
    inner = layers.Dense(3)(rows)
    logits = layer(inner, reverse=True)
    assert masking.get_mask(rows) is not None
    assert masking.get_mask(logits) is None
    model = Model(inputs, [inner, logits])
    results = model(IDS.astype(dtype))
    np.testing.assert_array_equal(host(masking.get_mask(results[0])), [[True, True, False]])
    assert masking.get_mask(results[1]) is None


def test_a_tied_table_with_an_adapter_goes_back_with_it(backend):
    layer = layers.ReversibleEmbedding(5, 3, lora_rank=2)
    rows = layer(IDS)
    layer.lora_embeddings_b.assign(np.ones((2, 3)))
    table = host(ops.convert_to_tensor(layer.embeddings))
    np.testing.assert_allclose(host(layer(rows, reverse=True)), host(rows) @ table.T, rtol=1e-5, atol=1e-6)
    untied = layers.ReversibleEmbedding(5, 3, lora_rank=2, tie_weights=False)
    assert host(untied(untied(IDS), reverse=True)).shape == (1, 3, 5)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: layers.ReversibleEmbedding(5, 3, quantization_config={"mode": "int8"}), "`quantization_config` to be"),
        (lambda: layers.ReversibleEmbedding(5, 3, logit_soft_cap=0), "`logit_soft_cap` to be a number above 0"),
        (lambda: layers.ReversibleEmbedding(5, 3, reverse_dtype="float31"), "float31"),
        (lambda: layers.ReversibleEmbedding(5, 3)(np.array([[5]])), "indices from 0 to 4"),
        (lambda: layers.ReversibleEmbedding(5, 3)(np.ones((1, 4), "float32"), reverse=True), r"\(1, 4\)"),
    ],
)
def test_errors(make, text, backend):
    with pytest.raises(KerasliteError, match=text):
        make()
