"""Python numbers among the arguments, which become tensors of the dtype that the op computes in."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import Input, Variable, ops, random, transforms
from keraslite.backend import registry
from keraslite.errors import ArgumentError, DTypeError

INTEGERS = ("int8", "int16", "int32", "uint8", "uint16", "uint32")


@pytest.mark.parametrize("dtype", INTEGERS)
def test_what_an_integer_dtype_cannot_hold_is_an_error(backend, dtype):
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    x = ops.convert_to_tensor(np.array([0, 1, 100], dtype))
    for number in (low - 1, high + 1, float(high) * 4):
        for call in (
            lambda n: ops.add(x, int(n)),
            lambda n: ops.maximum(x, int(n)),
            lambda n: ops.less(x, int(n)),
            lambda n: ops.where(True, x, int(n)),
            lambda n: ops.clip(x, 0, int(n)),
            lambda n: ops.searchsorted(x, int(n)),
            lambda n: ops.full((2,), int(n), dtype),
            lambda n: ops.pad(x, 1, constant_values=int(n)),
            lambda n: ops.max(x, initial=n),
            lambda n: ops.min(x, initial=n),
            lambda n: ops.convert_to_tensor(n, dtype),
            lambda n: ops.convert_to_tensor([[0, n], [1, 1]], dtype),
            lambda n: ops.full((2,), [int(n), 1], dtype),
            lambda n: ops.linspace(0, n, 3, dtype=dtype),
            lambda n: Variable(n, dtype=dtype),
            lambda n: Variable([n, 1], dtype=dtype),
            lambda n: Variable([0, 0], dtype=dtype).assign([1, n]),
        ):
            with pytest.raises(ArgumentError, match=rf"needs numbers from {low} to {high}, .* {dtype}"):
                call(number)
    for number in (low, high):
        assert int(ops.convert_to_numpy(ops.convert_to_tensor(number, dtype))) == number
        assert ops.convert_to_numpy(ops.convert_to_tensor([number, 0], dtype)).tolist() == [number, 0]
        assert int(Variable(number, dtype=dtype).numpy()) == number
    for values in (float("nan"), [1.0, float("nan")]):
        with pytest.raises(ArgumentError, match="Received nan"):
            ops.convert_to_tensor(values, dtype)


def test_spaced_numbers_have_to_fit_their_dtype(backend):
    for call, ends in (
        (lambda: ops.linspace(0, 256, 3, dtype="uint8"), 256),
        (lambda: ops.linspace(-0.5, 2, 3, dtype="uint8"), -1),
        (lambda: ops.logspace(0, 3, 4, dtype="uint8"), 1000),
        (lambda: ops.geomspace(1, 1000, 4, dtype="int8"), 1000),
    ):
        with pytest.raises(ArgumentError, match=rf"`\w+` needs numbers from .*Received {ends}\.0\. Use another dtype"):
            call()
    spaced = ops.linspace(0, 256, 4, endpoint=False, dtype="uint8")
    assert ops.convert_to_numpy(spaced).tolist() == [0, 64, 128, 192]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_floats_lose_what_is_behind_the_point_in_integer_dtypes(backend, dtype):
    x = ops.convert_to_tensor(np.array([1, 2], dtype))
    results = {
        "full": (ops.full((2,), 1.7, dtype), [1, 1]),
        "pad": (ops.pad(x, 1, constant_values=3.9), [3, 1, 2, 3]),
        "max": (ops.max(x, initial=5.5), 5),
        "min": (ops.min(x, initial=0.5), 0),
    }
    for name, (result, expected) in results.items():
        assert ops.dtype(result) == dtype, name
        assert ops.convert_to_numpy(result).tolist() == expected, name


def test_numbers_of_other_kinds(backend):
    cases = ((1.0, "int32", 1), (-1.7, "int32", -1), (True, "int8", 1), (2, "bool", True))
    for number, dtype, expected in cases:
        made = ops.convert_to_tensor(number, dtype)
        assert ops.dtype(made) == dtype
        assert ops.convert_to_numpy(made).item() == expected
    with pytest.raises(DTypeError, match="`convert_to_tensor` needs real numbers to make float32 of"):
        ops.convert_to_tensor(1j, "float32")
    for function in (ops.eye, ops.tri, ops.identity):
        with pytest.raises(DTypeError, match=r"needs an integer `N`. Received N=2.0"):
            function(2.0)
    assert ops.convert_to_numpy(ops.hard_tanh(np.array([0, 1, 5], "uint8"))).tolist() == [0, 1, 1]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_all_numbers_of_an_integer_dtype_can_be_drawn(backend, dtype):
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    if np.dtype(dtype).itemsize > 2 and backend == "jax":
        pytest.skip("needs 64 bits")
    drawn = random.randint((4000,), low, high + 1, dtype=dtype, seed=3)
    assert ops.dtype(drawn) == dtype
    values = ops.convert_to_numpy(drawn).astype("float64")
    assert values.min() < low + (high - low) * 0.05
    assert values.max() > high - (high - low) * 0.05
    assert registry.current().name == backend


def test_normalization_has_the_dtype_of_its_input(backend):
    x, scale = np.arange(6, dtype="float16").reshape(2, 3), np.full(3, 2, "float32")
    for result in (ops.layer_normalization(x, scale, scale), ops.rms_normalization(x, scale)):
        assert ops.dtype(result) == "float16"
    assert ops.dtype(ops.layer_normalization(x.astype("float32"), scale.astype("float16"))) == "float32"


def test_a_list_of_tensors_is_one_tensor(backend):
    v = Variable(np.asarray([2.0, 3.0], "float32"))
    x = v.value
    for made, expected in (
        (ops.convert_to_tensor([x[0], 5.0]), [2, 5]),
        (ops.convert_to_tensor([[x[0], 1], (x[1], 2)]), [[2, 1], [3, 2]]),
        (ops.add([v, v], 1), [[3, 4], [3, 4]]),
        (ops.concatenate([[x[0]], x]), [2, 2, 3]),
        (transforms.jit(lambda x: ops.sum([x[0] * 3, x[1]]))(x), 9),
    ):
        assert np.array_equal(ops.convert_to_numpy(made), expected)
        assert ops.dtype(made) == "float32"
    assert ops.dtype(ops.convert_to_tensor([x[0], 1.0], "float16")) == "float16"
    assert ops.sum([Input((3,)), Input((3,))], axis=0).shape == (None, 3)
    if "gradients" in registry.current().capabilities:
        gradient = transforms.grad(lambda x: ops.sum(ops.convert_to_tensor([x[0] * 3, x[1]])))(x)
        assert ops.convert_to_numpy(gradient).tolist() == [3, 1]
