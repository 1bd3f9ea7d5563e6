"""One lattice of dtypes: every pair on every engine, and the dtype that results from asking for one."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import keras_peer
import numpy as np
import pytest

import keraslite
from keraslite import ops, random
from keraslite.backend import dtypes, registry
from keraslite.errors import DTypeError
from keraslite.ops.symbolic import SymbolicTensor

WEAK = {"bool?": True, "int?": 2, "float?": 0.5, "complex?": 1j}
ALL = [*sorted(dtypes.NAMES), *WEAK]
WIDE = ("int64", "uint64", "float64", "complex128")
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def common(*names: str) -> str | None:
    """What the lattice says, None where there is nothing."""
    try:
        return dtypes.promote(*names)
    except DTypeError:
        return None


def stored(name: str) -> str:
    return name if name in WEAK else registry.current().stored_dtype(name)


def host(name: str):
    return WEAK[name] if name in WEAK else np.array([1, 0]).astype(dtypes.to_numpy_dtype(name))


def checked(result, left: str, right: str) -> None:
    expected = common(stored(left), stored(right))
    assert expected is not None
    assert ops.dtype(result) == stored(expected)
    total = np.asarray(host(left)).astype("complex128") + np.asarray(host(right)).astype("complex128")
    values = np.asarray(ops.convert_to_numpy(result)).astype("complex128")
    np.testing.assert_array_equal(values, total != 0 if expected == "bool" else total)


@pytest.mark.parametrize("left", ALL)
def test_add_of_every_pair(backend, left):
    engine = registry.current()
    for right in ALL:
        operands = [host(name) if name in WEAK else engine.to_tensor(host(name), name) for name in (left, right)]
        symbolic = [host(name) if name in WEAK else SymbolicTensor((2,), stored(name)) for name in (left, right)]
        if common(stored(left), stored(right)) is None:
            for pair in (operands, symbolic, [host(left), host(right)]):
                with pytest.raises(DTypeError, match=r"`add` needs operands with a common dtype\. Received .*Cast one"):
                    ops.add(*pair)
            continue
        result = ops.add(*operands)
        checked(result, left, right)
        checked(ops.add(operands[0], host(right)), left, right)
        if not {left, right} <= WEAK.keys():
            assert ops.add(*symbolic).dtype == ops.dtype(result)


def test_the_default_float_decides_for_numbers(backend):
    keraslite.config.set_floatx("float16")
    assert ops.dtype(ops.add(1, 0.5)) == ops.dtype(ops.add(ops.ones((2,), "int32"), 0.5)) == "float16"
    assert ops.dtype(ops.zeros((2,))) == ops.dtype(ops.convert_to_tensor(0.5)) == "float16"


@pytest.mark.skipif(not keras_peer.available(), reason="compares with real Keras")
@pytest.mark.parametrize("backend_of_keras", ["jax", "tensorflow"])
def test_same_as_keras(backend_of_keras):
    """Keras may narrow 64 bits where JAX does, and refuses float8 altogether; else it is the same lattice."""
    pairs = [list(pair) for pair in itertools.product(ALL, repeat=2)]
    theirs = keras_peer.call("promotion_on_keras:result_types", backend=backend_of_keras, pairs=pairs)
    for pair, name in zip(pairs, theirs, strict=True):
        ours = common(*pair)
        if any("float8" in operand for operand in pair):
            assert name == "[ValueError]", pair
        elif pair[0] in WEAK and pair[1] in WEAK and backend_of_keras == "tensorflow":
            continue  # there an int alone is int64
        else:
            assert NARROW.get(ours, ours) == NARROW.get(name, name), pair


# ---- dtypes asked for ---------------------------------------------------------------------------------------

MAKERS = {
    "zeros": lambda d: ops.zeros((2,), d),
    "ones": lambda d: ops.ones((2,), dtype=d),
    "full": lambda d: ops.full((2,), 1, d),
    "empty": lambda d: ops.empty((2,), d),
    "eye": lambda d: ops.eye(2, dtype=d),
    "arange": lambda d: ops.arange(3, dtype=d),
    "linspace": lambda d: ops.linspace(0, 1, 3, dtype=d),
    "zeros_like": lambda d: ops.zeros_like(np.ones(2, "float32"), dtype=d),
    "full_like": lambda d: ops.full_like(np.ones(2, "float32"), 1, dtype=d),
    "cast": lambda d: ops.cast([1.0, 0.0], d),
    "saturate_cast": lambda d: ops.saturate_cast([1.0, 0.0], d),
    "convert_to_tensor": lambda d: ops.convert_to_tensor([1, 0], dtype=d),
    "prod": lambda d: ops.prod([1, 2], dtype=d),
    "one_hot": lambda d: ops.one_hot([0, 1], 2, dtype=d),
    "Variable": lambda d: keraslite.Variable([1.0, 0.0], dtype=d),
    "normal": lambda d: random.normal((2,), dtype=d, seed=1),
    "uniform": lambda d: random.uniform((2,), dtype=d, seed=1),
    "randint": lambda d: random.randint((2,), 0, 5, dtype=d, seed=1),
}
FITS = {"normal": dtypes.is_float, "uniform": dtypes.is_float, "randint": dtypes.is_int,
        "linspace": dtypes.is_float, "arange": lambda name: not dtypes.is_complex(name)}  # fmt: skip
CASES = [
    (maker, name) for maker in MAKERS for name in ("int32", "float32", "bfloat16", *WIDE)
    if FITS.get(maker, bool)(name)
]  # fmt: skip


@pytest.mark.parametrize(("maker", "name"), CASES)
def test_a_dtype_asked_for_is_given_or_an_error(backend, maker, name):
    if stored(name) == name:
        assert ops.dtype(MAKERS[maker](name)) == name
        return
    text = (
        rf"`{maker}` needs a dtype that engine 'jax' has switched on\. Received {name}\. Set jax\.config\.update"
        rf'\("jax_enable_x64", True\) or JAX_ENABLE_X64=1, or ask for {NARROW[name]}\.'
    )
    with pytest.raises(DTypeError, match=text):
        MAKERS[maker](name)


@pytest.mark.parametrize("name", WIDE)
def test_data_of_the_host_becomes_what_the_engine_stores(backend, name):
    array = np.array([1, 2]).astype(name)
    assert ops.dtype(ops.convert_to_tensor(array)) == stored(name)
    assert ops.dtype(ops.add(array, array)) == stored(name)
    assert ops.dtype(ops.reshape(array, (2, 1))) == stored(name)
    symbolic = ops.add(SymbolicTensor((2,), stored(name)), array)
    assert symbolic.dtype == ops.dtype(ops.add(ops.convert_to_tensor(array), array))


def test_a_symbolic_cast_to_a_dtype_switched_off(backend):
    x = SymbolicTensor((2,))
    if stored("int64") == "int64":
        assert ops.cast(x, "int64").dtype == "int64"
        return
    with pytest.raises(DTypeError, match=r"`cast` needs a dtype that engine 'jax' has switched on\. Received int64"):
        ops.cast(x, "int64")


SWITCHED = """
import json, sys, itertools
import numpy as np
import keraslite
from keraslite import ops
from keraslite.backend import dtypes, registry
import jax
engine, wrong = registry.current(), []
names = sorted(dtypes.NAMES)
for left, right in itertools.product(names, repeat=2):
    try:
        expected = dtypes.promote(left, right)
    except dtypes.DTypeError:
        continue
    arrays = [np.array([1, 0]).astype(dtypes.to_numpy_dtype(n)) for n in (left, right)]
    for given in (arrays, [ops.convert_to_tensor(a) for a in arrays]):
        if ops.dtype(ops.add(*given)) != expected:
            wrong.append([left, right, expected, ops.dtype(ops.add(*given))])
asked = {n: ops.dtype(ops.zeros((2,), n)) for n in names}
x = ops.convert_to_tensor(np.array([0.5]))
gradient = keraslite.transforms.grad(lambda x: ops.sum(ops.sin(x)))(x)
print(json.dumps({"wrong": wrong, "asked": asked, "gradient": ops.dtype(gradient), "switch": jax.config.jax_enable_x64,
                  "capable": "float64" in engine.capabilities, "default": ops.dtype(ops.zeros(()))}))
"""


@pytest.mark.skipif("jax" not in registry.installed(), reason="about jax")
def test_jax_with_64_bits():
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_ENABLE_X64": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SWITCHED], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["wrong"] == []
    assert seen["asked"] == {name: name for name in seen["asked"]}
    assert (seen["gradient"], seen["capable"], seen["default"], seen["switch"]) == ("float64", True, "float32", True)


def test_the_switch_may_be_turned_while_the_program_runs(backend):
    if backend != "jax":
        pytest.skip("about jax")
    import jax

    array = np.array([1, 2], "float64")
    for on in (False, True, False):
        with jax.enable_x64(on):
            name = "float64" if on else "float32"
            assert ops.dtype(ops.multiply(array, array)) == name
            assert ops.dtype(ops.negative(array)) == name
            if on:
                assert ops.dtype(ops.zeros((2,), "float64")) == "float64"
            else:
                with pytest.raises(DTypeError):
                    ops.zeros((2,), "float64")
