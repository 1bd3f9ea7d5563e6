"""CTC beyond the rows: long sequences, PyTorch's own loss, targets that cannot be, errors."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.backend import registry
from keraslite.conformance.tables import ctc
from keraslite.errors import ArgumentError

GENERATOR = np.random.default_rng(9)


def sample(batch=4, steps=30, classes=6, labels=8):
    """Logits, targets, and lengths that fit."""
    logits = (GENERATOR.normal(size=(batch, steps, classes)) * 3).astype("float32")
    target = GENERATOR.integers(1, classes, size=(batch, labels)).astype("int32")
    return target, logits, np.arange(1, batch + 1, dtype="int32") * 2, np.full(batch, steps, "int32") - 3


@pytest.mark.skipif("torch" not in registry.installed(), reason="compares with PyTorch's loss")
def test_loss_and_gradient_are_those_of_pytorch():
    import torch

    target, logits, labels, steps = sample()
    leaf = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    theirs = torch.nn.functional.ctc_loss(
        leaf.log_softmax(-1).transpose(0, 1), torch.tensor(target), torch.tensor(steps), torch.tensor(labels),
        reduction="none",
    )  # fmt: skip
    theirs.sum().backward()
    with registry.use_backend("torch"):
        ours = ops.convert_to_numpy(ops.ctc_loss(target, logits, labels, steps))
        gradient = transforms.grad(lambda x: ops.sum(ops.ctc_loss(target, x, labels, steps)))
        slopes = ops.convert_to_numpy(gradient(ops.convert_to_tensor(logits)))
    assert leaf.grad is not None
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-5)
    np.testing.assert_allclose(slopes, leaf.grad.numpy(), atol=1e-5)


@pytest.mark.usefixtures("backend")
def test_long_sequences_do_not_underflow():
    target, logits, labels, steps = sample(steps=300, labels=40)
    ours = ops.convert_to_numpy(ops.ctc_loss(target, logits, labels, steps))
    np.testing.assert_allclose(ours, ctc.ctc_loss(target, logits, labels, steps), rtol=1e-4)


@pytest.mark.usefixtures("differentiating_backend")
def test_a_target_without_alignment_costs_infinitely_and_teaches_nothing():
    target, logits, labels, steps = sample()
    target[1] = 2  # repeats need blanks between them
    steps[1] = 2 * labels[1] - 2
    x = ops.convert_to_tensor(logits)
    loss = ops.convert_to_numpy(ops.ctc_loss(target, x, labels, steps))
    assert np.isinf(loss).tolist() == [False, True, False, False]
    gradient = transforms.grad(lambda x: ops.sum(ops.where(ops.isinf(ops.ctc_loss(target, x, labels, steps)), 0.0,
                                                           ops.ctc_loss(target, x, labels, steps))))(x)  # fmt: skip
    gradient = ops.convert_to_numpy(gradient)
    assert np.isfinite(gradient).all()
    assert not gradient[1].any()
    assert gradient[0].any()
    assert not gradient[0, steps[0] :].any()  # what lies behind the end does not count


@pytest.mark.usefixtures("backend")
def test_half_precision_computes_in_single():
    target, logits, labels, steps = sample()
    half = ops.cast(ops.convert_to_tensor(logits), "float16")
    loss = ops.ctc_loss(target, half, labels, steps)
    assert ops.dtype(loss) == "float32"
    wide = ops.ctc_loss(target, ops.cast(half, "float32"), labels, steps)
    np.testing.assert_allclose(ops.convert_to_numpy(loss), ops.convert_to_numpy(wide), rtol=1e-5)


@pytest.mark.usefixtures("backend")
def test_a_narrow_beam_finds_what_is_certain():
    labels = [1, 1, 0, 1, 2, 2, 0, 3]
    logits = np.full((1, 8, 4), -9.0, "float32")
    logits[0, np.arange(8), labels] = 9
    for strategy in ("greedy", "beam_search"):
        found, score = ops.ctc_decode(logits, [8], strategy, beam_width=2, top_paths=1)
        assert ops.convert_to_numpy(found)[0, 0].tolist() == [1, 1, 2, 3, -1, -1, -1, -1]
        assert ops.dtype(found) == "int32"
    assert float(ops.convert_to_numpy(score)[0, 0]) == pytest.approx(0, abs=1e-3)


X = np.ones((2, 5, 4), "float32")
ONES = np.ones(2, "int32")
TARGET = np.ones((2, 3), "int32")
ERRORS = [
    (lambda: ops.ctc_loss(TARGET, X[0], ONES, ONES), "`ctc_loss` needs `target` (batch, labels)"),
    (lambda: ops.ctc_loss(TARGET, X, ONES[:1], ONES), "two lengths (batch,). Received shapes (2, 3), (2, 5, 4), (1,)"),
    (lambda: ops.ctc_loss(TARGET, X, ONES, ONES, 4), "`mask_index` to be one of the 4 classes. Received mask_index=4"),
    (lambda: ops.ctc_loss(TARGET, X, ONES, ONES, -1), "`mask_index` to be a non-negative integer"),
    (lambda: ops.ctc_decode(X, ONES, "beam"), "`strategy` to be one of 'greedy', 'beam_search'"),
    (lambda: ops.ctc_decode(X, ONES, "beam_search", 2, 3), "needs `top_paths` up to `beam_width`"),
    (lambda: ops.ctc_decode(X, ONES, "beam_search", 0), "`beam_width` to be a positive integer"),
    (lambda: ops.ctc_decode(X, ONES, top_paths=0), "`top_paths` to be a positive integer"),
    (lambda: ops.ctc_decode(X[0], ONES), "`ctc_decode` needs `inputs` (batch, steps, classes)"),
    (lambda: ops.ctc_decode(X, ONES, mask_index=7), "`ctc_decode` needs `mask_index` to be one of the 4 classes"),
]  # fmt: skip


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("run", "text"), ERRORS, ids=[text for _, text in ERRORS])
def test_errors(run, text):
    with pytest.raises(ArgumentError) as caught:
        run()
    assert text in str(caught.value)
