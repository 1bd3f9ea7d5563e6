"""Convolutions and pooling against plain loops in float64."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import config, ops
from keraslite.conformance.rows import assert_close
from keraslite.conformance.tables.convolution import IMAGE, array, first
from keraslite.errors import ArgumentError
from keraslite.ops.dimension import Dimension
from keraslite.ops.symbolic import SymbolicTensor

# ---- beyond the rows ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("backend")
def test_data_format_comes_from_the_configuration():
    x, kernel = first(IMAGE).astype("float32"), array(3, 3, 4, 2).astype("float32")
    config.set_image_data_format("channels_first")
    assert tuple(ops.shape(ops.conv(x, kernel))) == (2, 2, 5, 6)
    assert tuple(ops.shape(ops.max_pool(x, 2))) == (2, 4, 3, 4)


@pytest.mark.usefixtures("backend")
def test_unknown_sizes_stay_exact():
    n, h = Dimension("n"), Dimension("h")
    x = SymbolicTensor((n, h, 8, 3))
    kernel = np.ones((3, 3, 3, 5), "float32")
    assert ops.shape(ops.conv(x, kernel)) == (n, h - 2, 6, 5)
    assert ops.shape(ops.conv(x, kernel, 1, "same")) == (n, h, 8, 5)
    assert ops.shape(ops.conv(x, kernel, 2, "same")) == (n, (h + 1) // 2, 4, 5)
    assert ops.shape(ops.conv_transpose(x, np.ones((2, 2, 5, 3), "float32"), 2, "same")) == (n, 2 * h, 16, 5)
    assert ops.shape(ops.average_pool(x, 2)) == (n, (h - 2) // 2 + 1, 4, 3)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    x = ops.cast(ops.convert_to_tensor(IMAGE.astype("float32")), dtype)
    kernel = ops.cast(ops.convert_to_tensor(array(3, 3, 4, 2).astype("float32")), dtype)
    made = ops.conv(x, kernel, 2, "same")
    assert ops.dtype(made) == dtype
    wide = ops.conv(ops.cast(x, "float32"), ops.cast(kernel, "float32"), 2, "same")
    assert_close(ops.cast(made, "float32"), wide, 0.15)
    assert ops.dtype(ops.max_pool(x, 2)) == ops.dtype(ops.average_pool(x, 2)) == dtype


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: ops.conv(np.ones((2, 3, 3, 4)), np.ones((5, 5, 4, 2))), "spatial sizes of at least the window's"),
        (lambda: ops.conv(np.ones((2, 3, 3, 4)), np.ones((2, 2, 3, 2))), "input channels that are a multiple"),
        (lambda: ops.conv(np.ones((2, 3, 3, 4)), np.ones((2, 2, 2, 3))), "filters"),
        (lambda: ops.conv(np.ones((2, 3)), np.ones((2, 2, 3, 2))), "`inputs` of rank 3, 4 or 5"),
        (lambda: ops.conv(np.ones((2, 3, 3, 4)), np.ones((2, 4, 2))), "a kernel of the rank of `inputs`"),
        (lambda: ops.conv(np.ones((2, 3, 3, 4)), np.ones((2, 2, 4, 2)), padding="sama"), "Did you mean 'same'"),
        (lambda: ops.depthwise_conv(np.ones((2, 3, 3, 4)), np.ones((2, 2, 3, 1))), "as many input channels"),
        (lambda: ops.conv_transpose(np.ones((2, 3, 3, 4)), np.ones((2, 2, 4, 3))), "the kernel's last axis"),
        (lambda: ops.max_pool(np.ones((2, 3, 3, 4)), 4), "spatial sizes of at least the window's"),
        (lambda: ops.max_pool(np.ones((2, 3, 3, 4)), 0), "`pool_size` to be"),
    ],
)
def test_messages(run, text):
    with pytest.raises(ArgumentError, match=text):
        run()


@pytest.mark.parametrize(
    ("sizes", "window"), [((2,), (5,)), ((1, 3), (3, 5)), ((2, 2, 1), (1, 4, 3)), ((1, 2, 3), 3)], ids=str
)
def test_windows_larger_than_the_input(sizes, window, backend):
    """With padding "same" a window sees what there is."""
    x = np.arange(1.0, 1 + np.prod(sizes)).reshape(1, *sizes, 1).astype("float32")
    average, most = (ops.convert_to_numpy(f(x, window, 1, "same")) for f in (ops.average_pool, ops.max_pool))
    constant = ops.convert_to_numpy(ops.average_pool(np.full_like(x, 3), window, 1, "same"))
    np.testing.assert_allclose(constant, np.full_like(x, 3), rtol=1e-6)
    assert average.shape == most.shape == x.shape
    assert most.max() == x.max()
    assert (average <= most + 1e-5).all()
