"""What keraslite's conformance suite, which is about ops, says nothing of: dtypes, Variables, models, loops."""

from __future__ import annotations

import array_api_strict as xp
import numpy as np
import pytest

import keraslite
from keraslite import ops, transforms
from keraslite.backend import contract, registry
from keraslite.errors import DTypeError, MissingCapabilityError


@pytest.fixture(autouse=True)
def engine():
    with registry.use_backend("array_api") as engine:
        yield engine


def test_owes_nothing(engine):
    assert contract.missing(engine) == []


@pytest.mark.parametrize("name", ["bool", "int8", "uint16", "int32", "uint64", "float32", "float64", "complex64"])
def test_there_and_back(engine, name):
    array = np.array([[0, 1, 2]]).astype(name)
    tensor = engine.to_tensor(array)
    assert engine.dtype_name(tensor) == name
    back = engine.to_numpy(tensor)
    assert (back.dtype, back.tolist()) == (array.dtype, array.tolist())
    array[:] = back[:] = 0  # neither is the tensor's own memory
    assert engine.to_numpy(tensor).tolist() == np.array([[0, 1, 2]]).astype(name).tolist()


@pytest.mark.parametrize("name", ["float16", "bfloat16", "float8_e5m2"])
def test_a_dtype_that_the_standard_lacks(name):
    with pytest.raises(
        DTypeError, match=f"Engine 'array_api' needs a dtype of the array API standard. Received '{name}'"
    ):
        ops.ones((2,), dtype=name)


def test_results_are_arrays_of_the_library():
    assert type(ops.add([1.0, 2.0], 1)) is type(xp.empty(0))


def test_variables_keep_what_was_read():
    variable = keraslite.Variable(np.zeros(3), dtype="float32")
    before = variable.value
    variable.assign_add(ops.ones((3,)))
    assert (ops.convert_to_numpy(before).tolist(), variable.numpy().tolist()) == ([0, 0, 0], [1, 1, 1])


def test_transforms_are_loops():
    x = ops.convert_to_tensor(np.arange(6.0).reshape(2, 3), dtype="float32")
    assert ops.convert_to_numpy(ops.vectorized_map(ops.sum, x)).tolist() == [3, 12]
    assert ops.convert_to_numpy(transforms.jit(lambda x: x * 2)(x)).tolist() == [[0, 2, 4], [6, 8, 10]]
    assert int(ops.while_loop(lambda i: i < 5, lambda i: (i + 2,), (ops.convert_to_tensor(0),))[0]) == 6


def test_gradients_say_who_has_them():
    with pytest.raises(MissingCapabilityError, match=r"needs an engine with gradients\. Received engine 'array_api'"):
        transforms.grad(ops.sum)(ops.ones((2,)))


def test_a_model_predicts():
    layers = keraslite.layers
    model = keraslite.Sequential(
        [keraslite.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same"), layers.Flatten(), layers.Dense(2, "softmax")]
    )
    given = model.predict(np.ones((2, 8, 8, 3), "float32"), verbose=0)
    np.testing.assert_allclose(given.sum(axis=1), [1, 1], rtol=1e-6)
