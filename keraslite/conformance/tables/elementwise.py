"""Conformance of arithmetic, elementary functions, comparison and bits."""

from __future__ import annotations

import numpy as np
from scipy import special

from keraslite.conformance.rows import Row, call

G = np.random.default_rng(1)
A = G.normal(size=(3, 4)) * 2
B = G.normal(size=(3, 4)) + 3.0
ROW = G.normal(size=(4,)) + 0.1
COLUMN = G.normal(size=(3, 1)) - 0.1
UNIT = G.uniform(-0.9, 0.9, size=(3, 4))
POSITIVE = G.uniform(0.2, 4, size=(3, 4))
INTS = np.array([[1, 2, 3], [4, 5, 7]], "int32")
BOOLS = np.array([[True, False, True], [False, False, True]])
ODD = np.array([0.0, 1.0, -2.0, np.nan, np.inf, -np.inf])

UNARY = [
    ("negative", np.negative, A), ("absolute", np.abs, A), ("abs", np.abs, A), ("sign", np.sign, A),
    ("square", np.square, A), ("reciprocal", np.reciprocal, B), ("sqrt", np.sqrt, POSITIVE),
    ("rsqrt", lambda x: 1 / np.sqrt(x), POSITIVE), ("exp", np.exp, A), ("exp2", np.exp2, A), ("expm1", np.expm1, A),
    ("log", np.log, POSITIVE), ("log1p", np.log1p, POSITIVE), ("log2", np.log2, POSITIVE),
    ("log10", np.log10, POSITIVE),
    ("erf", special.erf, A), ("erfinv", special.erfinv, UNIT), ("floor", np.floor, A), ("ceil", np.ceil, A),
    ("round", np.round, A), ("trunc", np.trunc, A), ("sin", np.sin, A), ("cos", np.cos, A), ("tan", np.tan, UNIT),
    ("arcsin", np.arcsin, UNIT), ("arccos", np.arccos, UNIT), ("arctan", np.arctan, A), ("sinh", np.sinh, A),
    ("cosh", np.cosh, A), ("tanh", np.tanh, A), ("arcsinh", np.arcsinh, A), ("arccosh", np.arccosh, POSITIVE + 1),
    ("arctanh", np.arctanh, UNIT), ("real", np.real, A), ("conj", np.conj, A),
]  # fmt: skip
BINARY = [
    ("add", np.add), ("subtract", np.subtract), ("multiply", np.multiply), ("divide", np.divide),
    ("true_divide", np.divide), ("maximum", np.maximum), ("minimum", np.minimum), ("arctan2", np.arctan2),
    ("logaddexp", np.logaddexp), ("hypot", np.hypot), ("mod", np.mod),
]  # fmt: skip
COMPARISONS = [
    ("equal", np.equal), ("not_equal", np.not_equal), ("greater", np.greater), ("greater_equal", np.greater_equal),
    ("less", np.less), ("less_equal", np.less_equal), ("logical_and", np.logical_and), ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor), ("isclose", np.isclose),
]  # fmt: skip
FLOATED = {"float32": "float32", "int32": "float32", "bool": "float32"}

ROWS = [Row(name, (call(x), call(x[0]), call(x[0, 0].reshape(()))), f, draws="unary") for name, f, x in UNARY]
ROWS += [
    Row(name, (call(A, B), call(COLUMN, ROW), call(A, 2.5), call(3, B)), f, gradient=name != "mod", draws="binary")
    for name, f in BINARY
]
ROWS += [
    Row(name, (call(A, B), call(A, A), call(COLUMN, ROW), call(INTS, 2)), f, gradient=False, draws="binary")
    for name, f in COMPARISONS
]
ROWS += [
    Row("sqrt", (call(INTS),), np.sqrt, gradient=False, dtypes=FLOATED),
    Row("floor", (call(INTS),), np.floor, gradient=False, dtypes=FLOATED),
    Row("trunc", (call(INTS),), np.trunc, gradient=False, dtypes={"int32": "int32", "bool": "bool"}),
    Row("absolute", (call(INTS),), np.abs, gradient=False, dtypes={"int32": "int32", "bool": "bool"}),
    Row("square", (call(INTS),), np.square, gradient=False, dtypes={"int32": "int32", "bool": "int32"}),
    Row("add", (call(INTS, INTS),), np.add, gradient=False, dtypes={"bool bool": "bool", "int32 bool": "int32"}),
    Row("divide", (call(INTS, INTS),), np.divide, gradient=False, dtypes={"int32 int32": "float32"}),
    Row("multiply", (call(BOOLS, BOOLS),), np.multiply, gradient=False, dtypes={"bool bool": "bool"}),
    Row("imag", (call(A),), np.imag, gradient=False),
    Row("round", (call(A * 100, 1), call(A * 100, decimals=-1), call(INTS * 7, -1)), np.round, 1e-4, gradient=False),
    Row("floor_divide", (call(A, 0.7), call(INTS - 4, 3), call(INTS, -INTS)), np.floor_divide, gradient=False,
        dtypes={"bool bool": "int32"}),
    Row("mod", (call(INTS - 4, 3), call(INTS - 4, -3)), np.mod, gradient=False),
    Row("power", (call(POSITIVE, POSITIVE), call(POSITIVE, A), call(POSITIVE, 2), call(A, 3)), np.power, 1e-4,
        dtypes={"bool bool": "int32"}),
    Row("power", (call(INTS, 2),), np.power, gradient=False),
    Row("clip", (call(A, -1.0, 0.5), call(A, None, 0.5), call(A, -1.0, None), call(INTS, 2, 4)), np.clip,
        dtypes={"bool": "float32"}, gradient=False),
    Row("clip", (call(A, -1.0, 0.5), call(A, ROW - 1, ROW)), np.clip),
    Row("divide_no_nan", (call(A, B), call(A, np.array([0.0, 1, 0, 2]))),
        lambda a, b: np.where(b == 0, 0, a / np.where(b == 0, 1, b)), gradient=False),
    Row("divide_no_nan", (call(A, B),), np.divide),
    Row("nan_to_num", (call(ODD), call(ODD, 1.0, 9.0, -9.0), call(A)), lambda x, nan=0.0, posinf=None, neginf=None:
        np.nan_to_num(x, nan=nan, posinf=3.4028235e38 if posinf is None else posinf,
                      neginf=-3.4028235e38 if neginf is None else neginf), gradient=False),
    Row("isfinite", (call(ODD), call(INTS)), np.isfinite, gradient=False, draws="unary"),
    Row("isnan", (call(ODD), call(INTS)), np.isnan, gradient=False, draws="unary"),
    Row("isinf", (call(ODD), call(INTS)), np.isinf, gradient=False, draws="unary"),
    Row("isclose", (call(ODD, ODD), call(ODD, ODD, equal_nan=True), call(A, A + 1e-3, 0.0, 1e-2)), np.isclose,
        gradient=False),
    Row("allclose", (call(A, A), call(A, A + 1e-3)), np.allclose, gradient=False),
    Row("logical_not", (call(BOOLS), call(INTS - 1)), np.logical_not, gradient=False),
    Row("where", (call(BOOLS, A[:2, :3], B[:2, :3]), call(BOOLS, A[:2, :3], 0.0),
                  call(BOOLS[:, :1], A[:2, :3], B[:2, 2::-1])), np.where, mixes=False),
    Row("where", (call(BOOLS, INTS, 0),), np.where, gradient=False,
        dtypes={"bool int32": "int32", "bool bool": "int32", "bool float32": "float32"}),
    *(Row(name, (call(INTS, 5), call(BOOLS, BOOLS)), f, gradient=False, mixes=False)
      for name, f in (("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or), ("bitwise_xor", np.bitwise_xor))),
    Row("bitwise_invert", (call(INTS), call(BOOLS)), np.invert, gradient=False, mixes=False),
    Row("bitwise_not", (call(INTS),), np.invert, gradient=False, mixes=False),
    Row("left_shift", (call(INTS, 2),), np.left_shift, gradient=False, mixes=False),
    Row("right_shift", (call(INTS - 4, 1),), np.right_shift, gradient=False, mixes=False),
    Row("cast", (call(A, "int32"), call(INTS, "float32"), call(A, "bool"), call(BOOLS, "int32")),
        lambda x, dtype: x.astype(dtype), gradient=False),
    Row("saturate_cast", (call(A * 300, "uint8"), call(A * 1e12, "int32"), call(INTS - 4, "uint8"), call(INTS, "int8")),
        lambda x, dtype: np.clip(np.trunc(x), np.iinfo(dtype).min, np.iinfo(dtype).max), gradient=False),
]  # fmt: skip
