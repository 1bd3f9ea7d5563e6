"""NaN-ignoring reductions: lines without a number, gradients with NaN in the input, precision, errors."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import ops, transforms
from keraslite.conformance.rows import assert_close, host
from keraslite.errors import ArgumentError

NAN, INF = float("nan"), float("inf")
X = np.array([[1.0, NAN, 3.0], [NAN, NAN, NAN], [4.0, 5.0, NAN]], "float32")
OF_NOTHING = {"nansum": 0, "nanprod": 1, "nanargmax": -1, "nanargmin": -1}
REDUCTIONS = ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmedian", "nanmax", "nanmin"]


@pytest.mark.parametrize("name", [*REDUCTIONS, "nanargmax", "nanargmin"])
def test_a_line_of_nothing_but_nan(backend, name):
    result = ops.convert_to_numpy(getattr(ops, name)(X, axis=1))
    assert np.array_equal(result[1], OF_NOTHING.get(name, NAN), equal_nan=True)
    assert np.isfinite(result[[0, 2]]).all()


@pytest.mark.parametrize("name", REDUCTIONS)
def test_gradients_with_nan_in_the_input(differentiating_backend, name):
    """They are finite, 0 at NaN, and those of the numbers alone elsewhere."""
    op = getattr(ops, name)

    def total(x):
        result = op(x, axis=1)
        return ops.sum(ops.where(ops.isnan(result), 0.0, result))

    gradient = host(transforms.grad(total)(ops.convert_to_tensor(X)))
    assert np.isfinite(gradient).all()
    assert not gradient[np.isnan(X)].any()
    for line, slope in zip(X, gradient, strict=True):
        present = ~np.isnan(line)
        if present.any():
            alone = host(transforms.grad(lambda x: getattr(ops, name[3:])(x))(ops.convert_to_tensor(line[present])))
            assert_close(slope[present], alone, 1e-6)


@pytest.mark.parametrize("name", ["nancumsum", "nancumprod", "nanquantile", "nanpercentile"])
def test_other_gradients_with_nan_in_the_input(differentiating_backend, name):
    more = {"nanquantile": (0.3,), "nanpercentile": (30.0,)}.get(name, ())

    def total(x):
        result = getattr(ops, name)(x, *more, axis=1)
        return ops.sum(ops.where(ops.isnan(result), 0.0, result))

    gradient = host(transforms.grad(total)(ops.convert_to_tensor(X)))
    assert np.isfinite(gradient).all()
    assert not gradient[np.isnan(X)].any()


def test_one_number_has_no_spread_and_a_gradient_of_zero(differentiating_backend):
    x = ops.convert_to_tensor([2.0, NAN])
    assert float(host(ops.nanstd(x))) == 0
    assert host(transforms.grad(ops.nanstd)(x)).tolist() == [0, 0]


def test_nan_is_no_place_of_an_extreme(backend):
    assert int(host(ops.nanargmax([NAN, -INF, -INF]))) == 1
    assert int(host(ops.nanargmin([NAN, INF]))) == 1
    assert float(host(ops.nanmax([NAN, -INF]))) == -INF


def test_infinities_between_numbers(backend):
    x = np.array([[4.0, -INF, NAN], [NAN, INF, INF], [-INF, -INF, 2.0]], "float32")
    assert_close(ops.nanmedian(x, axis=1), np.array([-INF, INF, -INF]), 0)
    assert_close(ops.nanquantile(x, 0.1, axis=1), np.array([-INF, INF, -INF]), 0)
    assert_close(ops.median(np.array([[1, INF, INF, 2], [-INF, 0, 1, INF]], "float32"), 1), np.array([INF, 0.5]), 0)
    assert_close(ops.nancumsum([1.0, NAN, INF]), np.array([1, 1, INF]), 0)


def test_sixteen_bits_count_and_rank_exactly(backend):
    x = np.arange(3001, dtype="float32") / 3000
    for name in ("bfloat16", "float16"):
        given = ops.cast(x, name)
        exact = host(given)
        assert ops.dtype(ops.nanmean(given)) == name
        assert_close(ops.nanmean(given), np.mean(exact), 4e-3)
        assert_close(ops.nanstd(given), np.std(exact), 4e-3)
        assert_close(ops.median(given), np.median(exact), 0)
        assert_close(ops.nanquantile(given, 0.9), np.quantile(exact, 0.9), 2e-3)
        assert_close(ops.percentile(given, 90.0), np.quantile(exact, 0.9), 2e-3)


def test_the_dtype_of_a_quantile_is_that_of_the_data(backend):
    x, part = ops.cast(np.arange(5), "bfloat16"), np.array([0.5], "float32")
    assert [ops.dtype(f(x, part)) for f in (ops.quantile, ops.nanquantile, ops.percentile)] == ["bfloat16"] * 3
    assert ops.dtype(ops.nanquantile(np.arange(5), 0.5)) == "float32"


def test_complex_numbers(backend):
    x = np.array([1 + 2j, complex(NAN, 1), complex(0, NAN), 3 - 1j], "complex64")
    assert_close(ops.nansum(x), np.array(4 + 1j), 1e-6)
    assert_close(ops.nanmean(x), np.array(2 + 0.5j), 1e-6)
    assert_close(ops.nanvar(x), np.var(x[[0, 3]]), 1e-6)
    assert ops.dtype(ops.nanstd(x)) == "float32"


@pytest.mark.parametrize("name", ["nanmax", "nanmin", "nanargmax", "nanargmin", "ptp"])
def test_extremes_of_nothing(backend, name):
    with pytest.raises(ArgumentError, match=rf"`{name}` needs at least one element to reduce. Received shape \(0, 2\)"):
        getattr(ops, name)(ops.zeros((0, 2)), axis=0)


@pytest.mark.parametrize("name", ["quantile", "nanquantile", "percentile", "nanpercentile"])
def test_errors_of_quantiles(backend, name):
    op = getattr(ops, name)
    with pytest.raises(ArgumentError, match=f"`{name}` needs `method` to be one of linear, .* Received 'cubic'"):
        op(ops.ones((3,)), 0.5, method="cubic")
    with pytest.raises(ArgumentError, match=rf"`{name}` needs `q` of rank 0 or 1. Received shape \(1, 2\)"):
        op(ops.ones((3,)), [[0.5, 0.5]])
    with pytest.raises(ArgumentError, match=rf"`{name}` needs at least one element to reduce. Received shape \(2, 0\)"):
        op(ops.ones((2, 0)), 0.5, axis=1)
    with pytest.raises(ArgumentError, match=f"`{name}` needs `axis` from -1 to 0 for a tensor of rank 1"):
        op(ops.ones((3,)), 0.5, axis=1)
