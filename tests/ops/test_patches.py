"""Windows and adaptive pooling beyond the rows."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.errors import ArgumentError

GENERATOR = np.random.default_rng(8)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("kernel", "dilation", "padding", "stride"), [(2, 1, 0, 2), ((2, 3), 1, (1, 0), 1), (2, 2, 1, 3)]
)
def test_fold_is_the_transpose_of_unfold(kernel, dilation, padding, stride):
    x = GENERATOR.normal(size=(2, 3, 6, 8)).astype("float32")
    columns = ops.convert_to_numpy(ops.unfold(x, kernel, dilation, padding, stride))
    y = GENERATOR.normal(size=columns.shape).astype("float32")
    back = ops.convert_to_numpy(ops.fold(y, (6, 8), kernel, dilation, padding, stride))
    assert (columns * y).sum() == pytest.approx((x * back).sum(), rel=1e-4)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_space_and_depth_are_inverse(data_format):
    x = GENERATOR.normal(size=(2, 4, 4, 12)).astype("float32")
    spread = ops.depth_to_space(x, 2, data_format)
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.space_to_depth(spread, 2, data_format)), x)


@pytest.mark.usefixtures("differentiating_backend")
def test_each_window_has_one_largest_element():
    x = ops.convert_to_tensor(GENERATOR.normal(size=(1, 5, 7, 1)).astype("float32"))
    gradient = ops.convert_to_numpy(transforms.grad(lambda x: ops.sum(ops.adaptive_max_pool(x, (3, 2))))(x))
    assert gradient.sum() == pytest.approx(6)
    np.testing.assert_allclose(gradient, np.round(gradient), atol=1e-6)


X = np.ones((2, 4, 6, 8), "float32")
ERRORS = [
    (lambda: ops.unfold(X[0], 2), "`unfold` needs images `(batch, channels, height, width)`"),
    (lambda: ops.unfold(X, 9), "`unfold` needs sizes, with their padding, of at least the window's"),
    (lambda: ops.unfold(X, 2, padding=-1), "`padding` to be a non-negative integer"),
    (lambda: ops.unfold(X, (2, 2, 2)), "`kernel_size` to be a positive integer or a tuple of 2"),
    (lambda: ops.fold(X, (6, 8), 2), "`fold` needs columns `(batch, channels * pixels, windows)`"),
    (lambda: ops.fold(X[0], (4, 4), 2), "a multiple of 4 elements (the window's) and 9 windows"),
    (lambda: ops.depth_to_space(X, 3), "`depth_to_space` needs channels that 9 divides"),
    (lambda: ops.depth_to_space(X[0], 2), "`depth_to_space` needs a batch of images, of rank 4"),
    (lambda: ops.space_to_depth(X, 4), "`space_to_depth` needs rows and columns that 4 divides"),
    (lambda: ops.space_to_depth(X, 0), "`block_size` to be a positive integer"),
    (lambda: ops.space_to_depth(X, 2, "channels"), "`data_format` to be one of"),
    (lambda: ops.adaptive_average_pool(X, (2, 2, 2)), "`output_size` to be a positive integer or a tuple of 2"),
    (lambda: ops.adaptive_max_pool(X[0, 0], 2), "`adaptive_max_pool` needs `inputs` of rank 3, 4 or 5"),
]  # fmt: skip


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(("run", "text"), ERRORS, ids=[text for _, text in ERRORS])
def test_errors(run, text):
    with pytest.raises(ArgumentError) as caught:
        run()
    assert text in str(caught.value)
