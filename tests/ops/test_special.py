"""Special functions, bits and complex numbers, beyond the tables of the conformance suite."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import KerasTensor, ops, transforms
from keraslite.conformance.rows import assert_close
from keraslite.errors import ArgumentError, DTypeError

X = np.array([0.5, -2.0, 3.0], "float32")
COMPLEX = np.array([1 + 2j, -3j, 4], "complex64")


def gradient(f, x):
    return ops.convert_to_numpy(transforms.grad(lambda x: ops.sum(f(x)))(ops.convert_to_tensor(x)))


@pytest.mark.usefixtures("differentiating_backend")
def test_singular_points_have_finite_gradients():
    zero = np.zeros((1,), "float32")
    assert_close(gradient(ops.sinc, zero), np.zeros(1), 0)
    assert_close(gradient(ops.angle, zero), np.zeros(1), 0)
    assert_close(gradient(lambda x: ops.logaddexp2(x, x), np.array([-np.inf], "float32")), np.ones(1), 0)
    assert_close(gradient(lambda x: ops.vander(x, 3), zero), np.ones(1), 0)


@pytest.mark.usefixtures("differentiating_backend")
def test_slopes_of_sinc_near_0():
    x = np.array([1e-4, 1e-3, 0.02, 0.04], "float32")
    wide = np.pi * x.astype("float64")
    expected = np.pi * (np.cos(wide) / wide - np.sin(wide) / wide**2)
    np.testing.assert_allclose(gradient(ops.sinc, x), expected, rtol=1e-4)


@pytest.mark.usefixtures("differentiating_backend")
def test_slopes_of_cbrt():
    assert gradient(ops.cbrt, np.zeros((1,), "float32")).tolist() == [np.inf]
    x = np.array([0.7, 8.0], "float32")
    slope = transforms.grad(lambda x: ops.sum(ops.cbrt(x)))
    np.testing.assert_allclose(gradient(slope, x), -2 / 9 * x ** (-5 / 3), rtol=1e-4)


@pytest.mark.usefixtures("differentiating_backend")
def test_gradients_through_complex_numbers():
    assert_close(gradient(lambda x: ops.real(ops.polar(x, 2 * x)), X), np.cos(2 * X) - 2 * X * np.sin(2 * X), 1e-5)
    assert_close(gradient(lambda x: ops.angle(ops.polar(ops.abs(x), x / 4)), X), np.full(3, 0.25), 1e-5)
    pairs = np.stack([X, 2 * X], -1)
    assert_close(gradient(lambda x: ops.imag(ops.view_as_complex(x)), pairs), np.array([[0.0, 1.0]] * 3), 0)


@pytest.mark.usefixtures("differentiating_backend")
def test_bits_pass_no_gradient():
    assert_close(gradient(lambda x: ops.nextafter(x, 9.0) + x, X), np.ones(3), 0)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision(dtype):
    one = ops.ones((), dtype)
    step = {"float16": 2.0**-10, "bfloat16": 2.0**-7}[dtype]
    assert float(ops.convert_to_numpy(ops.cast(ops.nextafter(one, 2.0), "float32"))) == 1 + step
    for name in ("cbrt", "erfc", "i0", "sinc", "deg2rad", "fabs", "angle"):
        assert ops.dtype(getattr(ops, name)(one)) == dtype
    assert ops.dtype(ops.ldexp(one, 3)) == dtype
    assert ops.dtype(ops.polar(one, one)) == "complex64"
    assert ops.dtype(ops.slogdet(ops.ones((2, 2), dtype))[1]) == "float32"


@pytest.mark.usefixtures("backend")
def test_smallest_numbers():
    tiny = ops.convert_to_numpy(ops.view(ops.nextafter(np.float32(0), np.array([1.0, -1.0], "float32")), "int32"))
    assert tiny.tolist() == [1, -(2**31) + 1]


@pytest.mark.usefixtures("backend")
def test_view_of_unknown_sizes():
    assert ops.view(KerasTensor((None, 4)), "int16").shape == (None, 8)
    assert ops.view(KerasTensor((None, None)), "uint8").shape == (None, None)
    assert ops.view(KerasTensor((3, 4)), "int32").dtype == "int32"
    assert ops.polar(KerasTensor((3, 1)), KerasTensor((4,))).dtype == "complex64"


@pytest.mark.usefixtures("backend")
def test_spaced_numbers():
    assert_close(ops.geomspace(1, 1000, 4, dtype="int32"), np.array([1, 10, 100, 1000]), 0)
    assert_close(ops.geomspace(-1.0, -8.0, 4), np.array([-1.0, -2, -4, -8]), 1e-5)
    between = ops.convert_to_numpy(ops.geomspace(1.0, -8.0, 4))
    assert between[[0, 3]].tolist() == [1, -8]
    assert np.isnan(between[1:3]).all()
    assert ops.logspace(KerasTensor((None, 3)), 2.0, 4, axis=1).shape == (None, 4, 3)


@pytest.mark.usefixtures("backend")
def test_determinants():
    sign, size = ops.slogdet(np.zeros((2, 3, 3), "float32"))
    assert_close(sign, np.zeros(2), 0)
    assert ops.convert_to_numpy(size).tolist() == [-np.inf, -np.inf]
    assert_close(ops.logdet(np.diag([1e30, 1e30]).astype("float32")), np.array(138.15511), 1e-5)


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: ops.gcd(X, 2), r"`gcd` needs integers\. Received dtypes float32, int\. Use `ops\.cast` first\."),
        (lambda: ops.lcm(2, X), r"`lcm` needs integers\. Received dtypes int, float32\."),
        (lambda: ops.ldexp(X, X), r"`ldexp` needs integers as `x2`\. Received dtype float32\."),
        (lambda: ops.fabs(COMPLEX), r"`fabs` needs real numbers\. Received dtypes complex64\. Use `ops\.real`"),
        (lambda: ops.signbit(COMPLEX), r"`signbit` needs real numbers\."),
        (lambda: ops.isposinf(COMPLEX), r"`isposinf` needs real numbers\."),
        (lambda: ops.polar(COMPLEX, X), r"`polar` needs real numbers\. Received dtypes complex64, float32\."),
    ],
)
def test_wrong_dtypes(run, message):
    with pytest.raises(DTypeError, match=message):
        run()


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: ops.view(X.astype("float16"), "int32"), r"`view` needs a last axis whose bits.*\(3,\) of float16"),
        (lambda: ops.view(np.float32(1), "int16"), r"`view` needs a last axis whose bits.*Received shape \(\)"),
        (lambda: ops.view_as_complex(X), r"`view_as_complex` needs a last axis of size 2.*Received shape \(3,\)"),
        (
            lambda: ops.vander(X[None]),
            r"`vander` needs a tensor of rank 1, .*shape \(1, 3\) and N=None",
        ),
        (lambda: ops.vander(X, -1), r"`vander` needs a tensor of rank 1, and `N` of 0 or more.*N=-1"),
        (lambda: ops.logspace(0.0, 1.0, -1), r"`logspace` needs `num` of 0 or more\. Received -1\."),
        (lambda: ops.geomspace(1.0, 2.0, -1), r"`geomspace` needs `num` of 0 or more\. Received -1\."),
        (lambda: ops.slogdet(X), r"`slogdet` needs matrices.*Received shape \(3,\)"),
        (lambda: ops.logdet(np.ones((2, 3), "float32")), r"`logdet` needs square matrices\. Received shape \(2, 3\)"),
    ],
)
def test_wrong_shapes(run, message):
    with pytest.raises(ArgumentError, match=message):
        run()
