"""Special functions, bits, complex numbers, spaced numbers and determinants against NumPy and SciPy."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(11)
A = G.normal(size=(3, 4)) * 2
B = G.normal(size=(3, 4)) + 3.0
COLUMN = G.normal(size=(3, 1)) - 0.1
INTS = np.array([[12, -18, 7], [0, 30, -5]], "int32")
OTHERS = np.array([[8, 27, 0], [0, -45, 10]], "int32")
ODD = np.array([0.0, -0.0, 1.5, -2.0, np.nan, np.inf, -np.inf])
FLIPPED = np.array([np.nan, 3.0, np.nan, -5.0, np.nan, -1.0, 2.0])
COMPLEX = (A + 1j * B).astype("complex64")
MATRIX = G.normal(size=(2, 3, 3))
FLOATED = {"float32": "float32", "int32": "float32", "bool": "float32"}


def nextafter(x1, x2):
    return np.nextafter(np.float32(x1), np.float32(x2)).astype("float64")


def view(x, dtype=None):
    x = x.astype("float32") if x.dtype == np.float64 else x
    return x if dtype is None else np.ascontiguousarray(x).view(dtype)


def lgamma(x):
    return np.where(np.isinf(x), np.inf, special.gammaln(x))  # SciPy: -inf at -inf


def vander(x, N=None, increasing=False):
    powers = np.arange(len(x) if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1])


def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    steps = np.arange(num) / max(1, num - 1 if endpoint else num)
    exponents = np.moveaxis(np.multiply.outer(steps, np.subtract(stop, start)) + start, 0, axis)
    values = np.power(float(base), exponents)
    return values if dtype is None else np.trunc(values * (1 + 1e-9)).astype(dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    steps = np.arange(num) / max(1, num - 1 if endpoint else num)
    ratio = np.asarray(np.divide(stop, start))
    values = np.moveaxis(start * np.exp(np.multiply.outer(steps, np.log(ratio))), 0, axis)
    return values if dtype is None else np.trunc(values * (1 + 1e-9)).astype(dtype)


def slogdet(x):
    values = np.linalg.det(x)
    return [np.sign(values), np.log(np.abs(values))]


def flat(name, reference, *calls, **options):
    return Row(name, calls, reference, gradient=False, **options)


ROWS = [
    Row("cbrt", (call(A), call(np.array([27.0, -8.0, 0.1, 125.0]))), np.cbrt, 1e-6, dtypes=FLOATED),
    flat("cbrt", np.cbrt, call(ODD), call(INTS), call(np.array([1e-30, -1e30, 3e38]))),
    Row("deg2rad", (call(A * 90),), np.deg2rad, dtypes=FLOATED),
    Row("rad2deg", (call(A),), np.rad2deg, 1e-4, dtypes=FLOATED),
    Row("fabs", (call(A), call(INTS)), np.fabs, dtypes=FLOATED),
    Row("erfc", (call(A),), special.erfc, dtypes=FLOATED),
    flat("erfc", lambda x: special.erfc(x), call(np.array([0.0, -3, 5, np.inf, -np.inf, np.nan])), call(INTS / 10)),
    Row("lgamma", (call(A), call(B / 3)), lgamma, 1e-4, dtypes=FLOATED),
    flat("lgamma", lgamma, call(A / 100), call(np.array([0.0, -1, -7, -0.25, 1, 2, 171, 1e6, np.inf, -np.inf, np.nan])),
         call(INTS)),
    Row("gammainc", (call(B, B[:1]), call(B / 9, 0.5), call(2.5, B * 3)), special.gammainc, 2e-5,
        dtypes={"int32 int32": "float32"}),
    flat("gammainc", special.gammainc, call(np.array([0.0, 0, 1, 1, -1, 1, np.nan, 0.01, 40, 60, 50]),
                                             np.array([0.0, 1, 0, np.inf, 1, -1, 1, 0.03, 20, 70, 40])),
         call(INTS, np.abs(OTHERS)), tolerance=2e-5),
    Row("copysign", (call(A, B[:1] - 3), call(A, -2.0)), np.copysign, dtypes={"int32 int32": "float32"}),
    flat("copysign", np.copysign, call(ODD[ODD == ODD], np.array([-0.0, 0, -1, -np.inf, 3, -3])), call(INTS, OTHERS)),
    Row("float_power", (call(B, A), call(B, 2), call(A, 3)), np.float_power, 1e-4,
        dtypes={"int32 int32": "float32", "bool bool": "float32"}),
    flat("float_power", np.float_power, call(np.array([2, 4, -3], "int32"), np.array([-1, 2, 3], "int32")),
         call(INTS, -2)),
    Row("i0", (call(A), call(A[0])), special.i0, dtypes=FLOATED),
    flat("i0", special.i0, call(np.array([0.0, 3.74, 3.76, -9.0])), call(OTHERS[:, :1])),
    Row("sinc", (call(A), call(A / 50), call(A[0])), np.sinc, dtypes=FLOATED),
    Row("sinc", (call(np.array([0.0, 1e-4, -1e-3, 0.03, 0.0319])),), np.sinc),
    Row("fmax", (call(A, B[:1] - 3), call(A, 0.3)), np.fmax, dtypes={"bool bool": "bool"}),
    Row("fmin", (call(A, B[:1] - 3), call(A, 0.3)), np.fmin, dtypes={"int32 bool": "int32"}),
    *(flat(name, f, call(ODD, FLIPPED), call(INTS, OTHERS), call(INTS, 3)) for name, f in
      (("fmax", np.fmax), ("fmin", np.fmin))),
    Row("fmod", (call(A * 3, B), call(A * 3, -B), call(COLUMN * 9, A[0])), np.fmod, 1e-4),
    flat("fmod", np.fmod, call(INTS, 5), call(INTS, -5), call(ODD, 1.25), dtypes={"bool bool": "int32"}),
    Row("heaviside", (call(A, COLUMN), call(A, 0.5)), np.heaviside),
    flat("heaviside", np.heaviside, call(ODD, 0.5), call(INTS, 0.25), dtypes={"bool bool": "float32"}),
    Row("logaddexp2", (call(A, B), call(COLUMN, A), call(A, 2.5)), np.logaddexp2),
    flat("logaddexp2", np.logaddexp2, call(ODD, np.array([1, 2, 3, 300, 5, np.inf, -np.inf]))),
    flat("isposinf", np.isposinf, call(ODD), call(A)),
    flat("isneginf", np.isneginf, call(ODD), call(A)),
    flat("isreal", np.isreal, call(np.real(COMPLEX).astype("complex64")), call(COMPLEX), call(ODD), call(INTS),
         mixes=False),
    flat("signbit", np.signbit, call(ODD[ODD == ODD]), call(INTS), call(INTS > 0), dtypes={"int32": "bool"}),
    flat("gcd", np.gcd, call(INTS, OTHERS), call(INTS, 6), call(INTS[:, :1], OTHERS[0]), mixes=False),
    flat("lcm", np.lcm, call(INTS, OTHERS), call(INTS, 6), call(INTS[:, :1], OTHERS[0]), mixes=False),
    Row("ldexp", (call(A, INTS[:1, :1]), call(A, -3), call(A, np.array([3, -30, 20, 1], "int32"))), np.ldexp,
        mixes=False),
    flat("ldexp", np.ldexp, call(np.array([1.0, 2.0**100, 2.0**-120, 0.0]), np.array([127, -200, 230, 900], "int32")),
         call(INTS, OTHERS), mixes=False),
    flat("nextafter", nextafter, call(A, B), call(np.array([0.0, 1.0, 1.0, -1.0, 3.0]), np.array([-1.0, 2, 0, 0, 3])),
         call(A, 0), tolerance=0),
    flat("view", view, call(A), call(A, "int32"), call(A, "int16"), call(A, dtype="uint8"), call(INTS, "float32"),
         call(INTS.astype("int16").reshape(3, 2), "int32"), call(INTS > 0, "uint8"), mixes=False),
    flat("angle", np.angle, call(COMPLEX), call(A), call(INTS), call(np.array([np.nan, 0.0])), mixes=False),
    Row("angle", (call(A),), np.angle, dtypes=FLOATED),
    flat("polar", lambda abs_, angle: abs_ * np.exp(1j * angle), call(B, A), call(COLUMN, A[0]), call(2.0, A),
         dtypes={"float32 float32": "complex64", "int32 bool": "complex64"}),
    flat("view_as_complex", lambda x: x[..., 0] + 1j * x[..., 1], call(A[:, :2]), call(INTS[:, 1:]),
         dtypes={"int32": "complex64"}),
    flat("view_as_real", lambda x: np.stack([x.real, x.imag], -1), call(COMPLEX), call(INTS), mixes=False),
    Row("view_as_real", (call(A),), lambda x: np.stack([x.real, x.imag], -1), dtypes=FLOATED),
    Row("logspace", (call(COLUMN[0], A[1], 5), call(COLUMN, A, 4, False, 2, axis=-1), call(0.0, 2.0, num=3)), logspace,
        1e-4, symbolic="static"),
    flat("logspace", logspace, call(0, 3, 4, dtype="int32"), call(1, 9, 5, True, 2, "int32"), call(INTS, 2, 0),
         symbolic="static", mixes=False),
    Row("geomspace", (call(B[0], B[1], 5), call(-B[:, :1], -B, 4, False, axis=-1), call(1.0, 1000.0, num=4)), geomspace,
        1e-4, symbolic="static"),
    flat("geomspace", geomspace, call(1, 1000, 4, dtype="int32"), call(-1, -256, 9, True, "int32"), call(1.0, 8.0, 1),
         symbolic="static", mixes=False),
    Row("vander", (call(A[0]), call(A[0], 3), call(A[0], increasing=True), call(np.array([0.0, -2.0]), 4)), vander,
        1e-4, dtypes={"int32": "int32", "bool": "int32"}),
    flat("vander", vander, call(INTS[0], 3), call(INTS[0], 0)),
    Row("slogdet", (call(MATRIX), call(MATRIX[0])), slogdet, 1e-4, gradient=False, mixes=False, symbolic="static"),
    Row("logdet", (call(MATRIX), call(-MATRIX[1]), call(np.diag([2.0, math.pi]))), lambda x: slogdet(x)[1], 1e-4,
        mixes=False, symbolic="static"),
]  # fmt: skip
