"""Gradients at corners, poles and ties of functions, as docs/gradients.md states them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keraslite import ops, transforms

inf, nan = float("inf"), float("nan")


def op(name, **attributes):
    """The op of that name, dotted below `keraslite.ops`, with some attributes given."""

    def run(*xs):
        found = ops
        for part in name.split("."):
            found = getattr(found, part)
        return found(*xs, **attributes)

    return run


# op: cases of (inputs, gradient of the sum with respect to each of them)
POINTS = {
    # corners
    "abs": [([0.0], [0.0])],
    "absolute": [([0.0, -0.0, 2.0], [0.0, 0.0, 1.0])],
    "sign": [([0.0, 3.0], [0.0, 0.0])],
    "floor": [([1.0], [0.0])],
    "round": [([0.5], [0.0])],
    "relu": [([0.0], [0.0])],
    "relu6": [([0.0, 6.0], [0.0, 0.0])],
    "leaky_relu": [([0.0], [0.2])],
    "elu": [([0.0, 1000.0, -1000.0], [1.0, 1.0, 0.0])],
    "celu": [([0.0, 1000.0], [1.0, 1.0])],
    "selu": [([0.0, 1000.0], [1.7580993, 1.050701])],
    "gelu": [([1000.0, -1000.0], [1.0, 0.0])],
    "silu": [([1000.0, -1000.0], [1.0, 0.0])],
    "softplus": [([1000.0, -1000.0, inf, -inf], [1.0, 0.0, 1.0, 0.0])],
    "sigmoid": [([1000.0, -1000.0, inf, -inf], [0.0, 0.0, 0.0, 0.0])],
    "log_sigmoid": [([1000.0, -1000.0], [0.0, 1.0])],
    "softsign": [([0.0], [1.0])],
    "hard_sigmoid": [([-3.0, 3.0], [1 / 6, 1 / 6])],
    "hard_tanh": [([-1.0, 1.0], [1.0, 1.0])],
    "hard_silu": [([-3.0, 3.0], [-0.5, 1.5])],
    "hard_shrink": [([-0.5, 0.5], [0.0, 0.0])],
    "soft_shrink": [([-0.5, 0.5], [0.0, 0.0])],
    "sparse_plus": [([-1.0, 1.0], [0.0, 1.0])],
    "sparse_sigmoid": [([-1.0, 1.0], [0.5, 0.5])],
    # poles
    "sqrt": [([0.0, inf], [inf, 0.0])],
    "cbrt": [([0.0, 8.0, -8.0], [inf, 1 / 12, 1 / 12])],
    "rsqrt": [([0.0], [-inf])],
    "reciprocal": [([0.0], [-inf])],
    "log": [([0.0], [inf])],
    "log2": [([0.0], [inf])],
    "log10": [([0.0], [inf])],
    "log1p": [([-1.0], [inf])],
    "exp": [([-inf, 1000.0], [0.0, inf])],
    "tanh": [([inf, -inf], [0.0, 0.0])],
    "erf": [([inf, -inf], [0.0, 0.0])],
    "erfinv": [([1.0, -1.0], [inf, inf])],
    "arccos": [([1.0, -1.0], [-inf, -inf])],
    "arcsin": [([1.0, -1.0], [inf, inf])],
    "arccosh": [([1.0], [inf])],
    "arctanh": [([1.0, -1.0], [inf, inf])],
    # two operands
    "divide": [([1.0, 0.0], [0.0, 0.0], [inf, inf], [-inf, nan])],
    "divide_no_nan": [([1.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0])],
    "floor_divide": [([4.0, 5.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0])],
    "mod": [([4.0, -4.0], [2.0, 2.0], [1.0, 1.0], [-2.0, 2.0])],
    "power": [
        ([0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 0.5, -1.0], [0.0, 1.0, 0.0, inf, -inf], [0.0] * 5),
        ([2.0, inf], [0.0, 0.0], [0.0, 0.0], [float(np.log(2)), inf]),
        ([-2.0, -2.0], [2.0, 3.0], [-4.0, 12.0], [0.0, 0.0]),
    ],
    "maximum": [([0.0, inf, -inf, 3.0], [0.0, inf, -inf, 1.0], [0.5, 0.5, 0.5, 1.0], [0.5, 0.5, 0.5, 0.0])],
    "minimum": [([0.0, inf, -inf, 3.0], [0.0, inf, -inf, 1.0], [0.5, 0.5, 0.5, 0.0], [0.5, 0.5, 0.5, 1.0])],
    "hypot": [([0.0, 0.0], [0.0, 3.0], [0.0, 0.0], [0.0, 1.0])],
    "arctan2": [([0.0, 0.0, 0.0], [0.0, 1.0, -1.0], [0.0, 1.0, -1.0], [0.0, 0.0, 0.0])],
    "logaddexp": [([0.0, -inf, inf, -inf], [0.0, -inf, inf, 1.0], [0.5, 0.5, 0.5, 0.0], [0.5, 0.5, 0.5, 1.0])],
    # many elements
    "max": [([2.0, 2.0, 1.0], [0.5, 0.5, 0.0]), ([-inf, -inf], [0.5, 0.5])],
    "min": [([1.0, 2.0, 1.0], [0.5, 0.0, 0.5])],
    "amax": [([2.0, 2.0, 1.0], [0.5, 0.5, 0.0])],
    "amin": [([1.0, 2.0, 1.0], [0.5, 0.0, 0.5])],
    "sort": [([2.0, 2.0, 1.0], [1.0, 1.0, 1.0])],
    "median": [([2.0, 2.0, 1.0], [1.0, 0.0, 0.0])],
    "prod": [([0.0, 2.0, 3.0], [6.0, 0.0, 0.0]), ([0.0, 0.0, 3.0], [0.0, 0.0, 0.0])],
    "cumprod": [([0.0, 2.0, 3.0], [9.0, 0.0, 0.0]), ([2.0, 0.0, 3.0], [1.0, 8.0, 0.0])],
    "std": [([2.0, 2.0], [0.0, 0.0]), ([2.0], [0.0])],
    "var": [([2.0, 2.0], [0.0, 0.0])],
    "logsumexp": [
        ([-inf, -inf], [0.5, 0.5]), ([-inf, 1.0], [0.0, 1.0]), ([inf, 1.0], [1.0, 0.0]),
        ([inf, inf, 1.0], [0.5, 0.5, 0.0]),
    ],
    "norm": [([0.0, 0.0], [0.0, 0.0])],
    "normalize": [([0.0, 0.0], [1e7, 1e7]), ([0.0, 3.0], [1 / 3, 0.0])],
    "softmax": [([-inf, 1.0], [0.0, 0.0])],
    "log_softmax": [([-inf, 1.0], [1.0, -1.0])],
    "sparsemax": [([1.0, 1.0], [0.0, 0.0])],
    "det": [([[1.0, 2.0], [2.0, 4.0]], [[4.0, -2.0], [-2.0, 1.0]]),
            ([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]),
            ([[0.0, 1.0], [1.0, 0.0]], [[0.0, -1.0], [-1.0, 0.0]])],
}  # fmt: skip

WEIGHTS = [1.0, 2.0, 4.0]
# name: function, inputs, gradients
CALLS = {
    "clip at its bounds": (lambda x: ops.clip(x, -1.0, 1.0), [[-1.0, 0.0, 1.0, 2.0]], [[1.0, 1.0, 1.0, 0.0]]),
    "clip below only": (lambda x: ops.clip(x, 0.0, None), [[0.0, -1.0, 1.0]], [[1.0, 0.0, 1.0]]),
    "bounds of clip": (ops.clip, [[0.0, -1.0, 9.0], [0.0] * 3, [1.0] * 3], [[1.0, 0, 0], [0.0, 1, 0], [0.0, 0, 1]]),
    "bounds of clip that cross": (ops.clip, [[0.0], [1.0], [-1.0]], [[0.0], [0.0], [1.0]]),
    "norm 1 at 0": (op("norm", ord=1), [[0.0, 1.0]], [[0.0, 1.0]]),
    "norm 3 at 0": (op("norm", ord=3), [[0.0, 0.0]], [[0.0, 0.0]]),
    "norm inf at a tie": (op("norm", ord=inf), [[2.0, -2.0, 0.0]], [[0.5, -0.5, 0.0]]),
    "norm fro at 0": (op("norm", ord="fro"), [np.zeros((2, 2))], [np.zeros((2, 2))]),
    "norm of columns of which one is 0": (op("norm", axis=0), [[[3.0, 0.0], [4.0, 0.0]]], [[[0.6, 0.0], [0.8, 0.0]]]),
    "logsumexp of rows of which one is -inf": (
        op("logsumexp", axis=1), [[[-inf, -inf], [0.0, 0.0]]], [[[0.5, 0.5], [0.5, 0.5]]],
    ),
    "x ** 0 at 0": (lambda x: x * 0 + ops.power(x, 0), [[0.0]], [[0.0]]),
    "0 ** x": (lambda x: ops.power(0.0, x), [[0.0, 2.0]], [[0.0, 0.0]]),
    "sort is stable": (lambda x: ops.sort(x) * ops.convert_to_tensor(WEIGHTS), [[2.0, 1.0, 2.0]], [[2.0, 1.0, 4.0]]),
    "top_k takes the first": (lambda x: ops.top_k(x, 2)[0], [[2.0, 2.0, 2.0]], [[1.0, 1.0, 0.0]]),
    "max_pool takes the first": (
        lambda x: ops.max_pool(ops.reshape(x, (1, 4, 1)), 2, 2), [[1.0, 1.0, 2.0, 2.0]], [[1.0, 0.0, 1.0, 0.0]],
    ),
    "segment_max shares": (lambda x: ops.segment_max(x, np.array([0, 0, 1]), 2), [[1.0, 1.0, 2.0]], [[0.5, 0.5, 1.0]]),
    "where guards": (
        lambda x: ops.where(x > 0, ops.sqrt(ops.where(x > 0, x, 1.0)), 0.0), [[0.0, 4.0, -1.0]], [[0.0, 0.25, 0.0]],
    ),
    "where guards a logarithm": (
        lambda x: ops.where(x > 0, ops.log(ops.where(x > 0, x, 1.0)), 0.0), [[0.0, 4.0]], [[0.0, 0.25]],
    ),
    "x / x without NaN": (lambda x: ops.divide_no_nan(x, x), [[0.0, 4.0]], [[0.0, 0.0]]),
    "a mean of nothing": (
        lambda x, w: ops.divide_no_nan(ops.sum(x * w), ops.sum(w)), [[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]],
    ),
    "attention to nothing": (
        lambda q: ops.dot_product_attention(
            ops.reshape(q, (1, 2, 1, 1)), ops.ones((1, 2, 1, 1)), ops.ones((1, 2, 1, 1)),
            mask=np.zeros((1, 1, 2, 2), bool),
        ), [[1.0, 1.0]], [[0.0, 0.0]],
    ),
    "crossentropy of certainty": (
        lambda p: ops.binary_crossentropy(np.array([0.0, 1.0], "float32"), p), [[0.0, 1.0]], [[0.0, 0.0]],
    ),
    "crossentropy of large logits": (
        lambda p: ops.binary_crossentropy(np.array([0.0, 1.0], "float32"), p, from_logits=True),
        [[-1000.0, 1000.0]], [[0.0, 0.0]],
    ),
    "rows without variance": (lambda x: ops.layer_normalization(x), [[[0.0, 0.0]]], [[[0.0, 0.0]]]),
    "moments of constants": (lambda x: ops.moments(x, axes=[0])[1], [[2.0, 2.0]], [[0.0, 0.0]]),
}  # fmt: skip


def gradients(function, inputs) -> list[np.ndarray]:
    tensors = [ops.convert_to_tensor(np.asarray(x), dtype="float32") for x in inputs]
    found = transforms.grad(lambda *xs: ops.sum(function(*xs)), argnums=tuple(range(len(tensors))))(*tensors)
    return [np.asarray(ops.convert_to_numpy(g)) for g in found]


def compare(function, inputs, expected) -> None:
    for seen, wanted in zip(gradients(function, inputs), expected, strict=True):
        np.testing.assert_allclose(seen, np.asarray(wanted, "float32"), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", POINTS)
def test_gradient_at_singular_points(differentiating_backend, name):
    for case in POINTS[name]:
        half = len(case) // 2
        compare(op(name), case[:half], case[half:])


@pytest.mark.parametrize("name", CALLS)
def test_gradient_of_calls(differentiating_backend, name):
    compare(*CALLS[name])


@pytest.mark.parametrize("name", ["abs", "maximum", "power", "clip", "hypot", "arctan2", "logsumexp", "norm", "det"])
def test_the_same_within_jit(differentiating_backend, name):
    if name == "clip":
        function, inputs, expected = CALLS["bounds of clip"]
    else:
        case = POINTS[name][0]
        function, inputs, expected = op(name), case[: len(case) // 2], case[len(case) // 2 :]
    tensors = [ops.convert_to_tensor(np.asarray(x), dtype="float32") for x in inputs]
    every = tuple(range(len(tensors)))
    run = transforms.jit(transforms.grad(lambda *xs: ops.sum(function(*xs)), argnums=every))
    for seen, wanted in zip(run(*tensors), expected, strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(seen), np.asarray(wanted, "float32"), rtol=2e-5, atol=1e-6)


def test_second_derivatives_past_the_guards(differentiating_backend):
    for function, x, expected in (
        (lambda x: ops.power(x, 3), 2.0, 12.0),
        (lambda x: ops.absolute(x) * x, 2.0, 2.0),
        (lambda x: ops.clip(x * x, 0.0, 9.0), 2.0, 2.0),
        (lambda x: ops.logsumexp(ops.stack([x, x * x])), 1.0, 1.25),
        (lambda x: ops.det(ops.reshape(ops.stack([x, x * 0 + 2, x * 0 + 3, x]), (2, 2))), 1.0, 2.0),
    ):
        second = transforms.grad(transforms.grad(function))(ops.convert_to_tensor(x))
        np.testing.assert_allclose(ops.convert_to_numpy(second), expected, rtol=1e-4)


def test_the_page_has_every_op_of_the_table():
    page = (Path(__file__).parents[2] / "docs" / "gradients.md").read_text()
    missing = [name for name in POINTS if f"`{name}`" not in page]
    assert not missing
