"""Conversion, casts and storage: the same promises from every engine."""

from __future__ import annotations

import numpy as np
import pytest

from keraslite import Variable
from keraslite.backend import dtypes, registry
from keraslite.initializers import Initializer

ALL = sorted(dtypes.NAMES)
NARROW = {"int64": "int32", "uint64": "uint32", "float64": "float32", "complex128": "complex64"}


def stored_as(engine, name: str) -> str:
    return name if "float64" in engine.capabilities else NARROW.get(name, name)


@pytest.mark.parametrize("name", ALL)
def test_there_and_back(backend, name):
    engine = registry.current()
    array = np.array([[0, 1, 2]]).astype(dtypes.to_numpy_dtype(name))
    tensor = engine.to_tensor(array, None, None)
    assert engine.dtype_name(tensor) == stored_as(engine, name)
    assert engine.shape(tensor) == (1, 3)
    back = engine.to_numpy(tensor)
    assert back.dtype == dtypes.to_numpy_dtype(stored_as(engine, name))
    assert back.tolist() == array.tolist()
    back[:] = 0  # a copy, so that it may be written to
    assert engine.to_numpy(tensor).tolist() == array.tolist()


@pytest.mark.parametrize("name", ALL)
def test_cast(backend, name):
    engine = registry.current()
    for source in ("float32", "int32", "bool", "complex64"):
        values = np.array([0, 1, 1 if source == "bool" else 2]).astype(source)
        result = engine.cast(engine.to_tensor(values, None, None), name)
        assert engine.dtype_name(result) == stored_as(engine, name)
        expected = dtypes.host_array(values, name)
        assert engine.to_numpy(result).tolist() == expected.tolist()
        assert engine.to_numpy(engine.to_tensor(values, name, None)).tolist() == expected.tolist()


@pytest.mark.parametrize("name", ALL)
def test_scalar(backend, name):
    engine = registry.current()
    result = engine.scalar(True if name == "bool" else 1, name, None)
    assert (engine.dtype_name(result), engine.shape(result)) == (stored_as(engine, name), ())
    assert engine.to_numpy(result) == 1


def test_negative_zero_and_nan(backend):
    engine = registry.current()
    for value in (0.0, -0.0):
        assert np.signbit(engine.to_numpy(engine.scalar(value, "float32", None))) == np.signbit(value)
    assert np.isnan(engine.to_numpy(engine.scalar(float("nan"), "float32", None)))


def test_a_tensor_does_not_share_the_array(backend):
    if backend == "numpy":
        pytest.skip("its tensors are the arrays")
    engine = registry.current()
    array = np.ones((256, 256), "float32")
    tensor = engine.to_tensor(array, None, None)
    array[:] = 5
    assert engine.to_numpy(tensor).max() == 1


def test_arrays_of_every_layout(backend):
    engine = registry.current()
    for array in (np.ones((3, 4))[::-1, ::2], np.ones(3, ">f4"), np.array(3.0), np.ones((0, 2)), np.arange(3)[::-1]):
        array.flags.writeable = False
        assert engine.to_numpy(engine.to_tensor(array, None, None)).tolist() == array.tolist()
        assert engine.to_numpy(engine.new_storage(array, "float32")).tolist() == array.tolist()


@pytest.mark.parametrize("name", ["float32", "bfloat16", "int32", "bool", "uint32"])
def test_storage(backend, name):
    engine = registry.current()
    array = np.array([0, 1, 1]).astype(dtypes.to_numpy_dtype(name))
    storage = engine.new_storage(array, name, True, engine.default_device())  # has the array from now on
    assert engine.to_numpy(engine.read_storage(storage)).tolist() == [0, 1, 1]
    assert engine.dtype_name(engine.read_storage(storage)) == name
    new = engine.to_tensor(np.array([1, 0, 1]), name, None)
    storage = engine.write_storage(storage, new)
    assert engine.to_numpy(engine.read_storage(storage)).tolist() == [1, 0, 1]
    engine.set_trainable(storage, False)
    engine.set_trainable(storage, True)
    other = engine.new_storage(new, name)
    engine.write_storage(other, engine.to_tensor(np.zeros(3), name, None))
    assert engine.to_numpy(new).tolist() == [1, 0, 1]


def test_a_variable_does_not_share_the_array_it_is_made_from(backend):
    array = np.ones((64, 64), "float32")

    class Kept(Initializer):
        def __call__(self, shape, dtype=None):
            return array

    variables = [Variable(array), *(Variable(make, shape=(64, 64), dtype="float32") for make in (Kept(), Kept().host))]
    array[:] = 5
    assert all(variable.numpy().max() == 1 for variable in variables)
    transposed = Variable(np.arange(6.0).reshape(2, 3).T)
    assert transposed.numpy().tolist() == [[0, 3], [1, 4], [2, 5]]


def test_to_device(backend):
    engine = registry.current()
    tensor = engine.to_device(engine.to_tensor(np.ones(3, "float32"), None, "cpu:0"), "cpu:0")
    assert engine.device_of(tensor) == "cpu:0"
    engine.synchronize()
