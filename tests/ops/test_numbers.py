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
            lambda n: ops.arange(n, n + 1, dtype=dtype),
            lambda n: ops.arange(0, n * 2, n, dtype=dtype),
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


def test_ranges_have_to_fit_their_dtype(backend):
    for arguments, wrong in (
        ((254, 258, None, "uint8"), 257),
        ((250.0, 259.0, 4, np.uint8), 258),
        ((3, -3, -1, "uint16"), -2),
        ((3_000_000_000, 3_000_000_002), 3_000_000_000),
        ((np.int64(120), np.int64(130), None, "int8"), 129),
    ):
        with pytest.raises(ArgumentError, match=f"`arange` needs numbers from .*Received {wrong}. Use another dtype"):
            ops.arange(*arguments)
    for arguments in ((float("inf"),), (0, float("nan"), 1, "int32"), ([1, 2],)):
        with pytest.raises(ArgumentError, match="`arange` needs finite numbers. Received"):
            ops.arange(*arguments)
    for arguments, expected in (
        ((254, 256, None, "uint8"), [254, 255]),
        ((254, 256, 2, "uint8"), [254]),
        ((300, 0, None, "uint8"), []),
        ((2, -1, -1, "uint8"), [2, 1, 0]),
        ((2**31 - 2, 2**31), [2**31 - 2, 2**31 - 1]),
        ((254.5, 256.0, None, "uint8"), [254, 255]),
        ((np.uint8(253), np.uint8(255)), [253, 254]),
    ):
        assert ops.convert_to_numpy(ops.arange(*arguments)).tolist() == expected


def test_ranges_of_fractions_are_the_same_on_every_engine(backend):
    for start, stop, step in ((0, 3, 0.5), (0.7, 5, 1.5), (5, 0, -1.5), (-2.6, 3, 1.3), (2.0**24, 2.0**24 + 4, 1)):
        expected = np.trunc(np.arange(start, stop, step)).astype("int32")
        for dtype in ("int32", "int8", "int16")[: 3 if abs(start) < 9 else 1]:
            found = ops.arange(start, stop, step, dtype=dtype)
            assert ops.dtype(found) == dtype
            assert ops.convert_to_numpy(found).tolist() == expected.tolist()
    for start, stop, step in ((1.7, 8.3, 0.6), (-0.4, 2.1, 0.5), (0.3, 2.7, 0.8), (0.1, 0.7, 0.3), (1.1, 2.0, 0.3)):
        found = ops.convert_to_numpy(ops.arange(start, stop, step))
        np.testing.assert_allclose(found, np.arange(start, stop, step), atol=1e-5)


def test_spaced_numbers_of_tensors_end_at_their_dtype(backend):
    if backend == "numpy":
        pytest.skip("its tensors are on the host, where such numbers are an error")
    low, zero, one, three, large = (ops.convert_to_tensor(x) for x in (-20.0, 0.0, 1.0, 3.0, 300.0))
    for made, expected in (
        (ops.linspace(zero, large, 4, dtype="uint8"), [0, 100, 200, 255]),
        (ops.linspace(low, large, 5, dtype="int8"), [-20, 60, 127, 127, 127]),
        (ops.linspace(low, zero, 3, dtype="uint16"), [0, 0, 0]),
        (ops.linspace(zero, 2.0**33, 3, dtype="int32"), [0, 2**31 - 1, 2**31 - 1]),
        (ops.logspace(zero, three, 4, dtype="uint8"), [1, 10, 100, 255]),
        (ops.geomspace(one, large * 10, 3, dtype="int8"), [1, 54, 127]),
        (transforms.jit(lambda x: ops.linspace(0, x, 4, dtype="uint8"))(large), [0, 100, 200, 255]),
    ):
        assert ops.convert_to_numpy(made).tolist() == expected


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
