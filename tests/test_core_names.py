"""Core names of Keras: `backend`, `config`, `legacy`, policies and utilities."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import keraslite as keras
from keraslite import config, layers, utils
from keraslite.backend import registry
from keraslite.errors import (
    ArgumentError,
    ConfigWarning,
    DTypeError,
    MissingCapabilityError,
    SerializationError,
    UnknownBackendError,
    UnknownNameError,
)

DTYPES = [
    (None, "float32"), (float, "float32"), (int, "int32"), (bool, "bool"), ("bfloat16", "bfloat16"), (str, "string"),
    (np.float16, "float16"), (np.dtype("int8"), "int8"), ("complex64", "complex64"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "name"), DTYPES, ids=str)
def test_dtypes_by_name(given, name):
    assert keras.backend.standardize_dtype(given) == utils.standardize_dtype(given) == name
    assert keras.backend.is_float_dtype(given) == ("float" in name)
    assert keras.backend.is_int_dtype(given) == ("int" in name)


def test_dtypes_in_common_and_of_tensors(backend):
    assert keras.backend.result_type() == "float32"
    assert keras.backend.result_type("bfloat16", "float16") == "float32"
    assert keras.backend.result_type("int8", float) == "float32"
    assert keras.backend.standardize_dtype(keras.ops.zeros(2, "float16").dtype) == "float16"
    with pytest.raises(DTypeError, match="Received 'foo'"):
        keras.backend.standardize_dtype("foo")


def test_backend_has_the_settings(backend):
    assert keras.backend.backend() == backend
    keras.backend.set_epsilon(1e-4)
    keras.backend.set_floatx("float16")
    keras.backend.set_image_data_format("channels_first")
    assert (config.epsilon(), config.floatx(), config.image_data_format()) == (1e-4, "float16", "channels_first")
    assert (keras.backend.epsilon(), keras.backend.floatx()) == (1e-4, "float16")
    assert keras.backend.image_data_format() == "channels_first"


def test_numbers_and_symbolic_tensors():
    utils.clear_session()
    assert [keras.backend.get_uid("a"), keras.backend.get_uid("a"), keras.backend.get_uid("b")] == [1, 2, 1]
    assert [keras.backend.get_uid(), keras.backend.get_uid()] == [1, 2]
    keras.backend.clear_session()
    assert keras.backend.get_uid("a") == 1
    x = keras.Input((3,))
    assert utils.is_keras_tensor(x)
    assert keras.backend.is_keras_tensor(layers.Dense(2)(x))
    assert not keras.backend.is_keras_tensor(np.ones(2))


def test_the_api_that_is_followed():
    assert keras.keras_version == "3.15.1"
    assert keras.__version__ == keras.version() != keras.keras_version


@pytest.mark.parametrize("options", [{"sparse": True}, {"ragged": True}, {"ragged_rank": 1}])
def test_symbolic_tensors_are_dense(options):
    with pytest.raises(
        MissingCapabilityError, match="`KerasTensor` needs to stand for a dense tensor. Received sparse="
    ):
        keras.KerasTensor((2, 3), **options)


def test_a_symbolic_tensor_by_keras_arguments():
    x = keras.KerasTensor((None, 3), "int32", False, False, False, "mine")
    assert (x.shape, x.dtype, x.name, x.record_history) == ((None, 3), "int32", "mine", False)
    assert (x.ragged_rank, x.row_splits_dtype, x.sparse, x.ragged) == (None, None, False, False)
    assert keras.ops.cast(x, "float32").dtype == "float32"


def test_the_inputs_of_a_tensor():
    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    hidden = layers.Dense(2)(a)
    outputs = keras.ops.multiply(keras.ops.add(hidden, b), hidden)
    assert utils.get_source_inputs(outputs) == [a, b]
    assert utils.get_source_inputs(hidden) == utils.get_source_inputs(a) == [a]
    free = keras.KerasTensor((2,))
    assert utils.get_source_inputs(keras.ops.relu(free)) == [free]
    with pytest.raises(ArgumentError, match="`get_source_inputs` needs a symbolic tensor. Received int 3"):
        utils.get_source_inputs(3)


# ---- config -----------------------------------------------------------------------------------------------------


@pytest.fixture
def unlimited():
    yield
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)


def small_model():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model, np.ones((40, 3), "float32"), np.ones((40, 1), "float32")


def test_limits_of_training(differentiating_backend, unlimited):
    model, x, y = small_model()
    config.set_max_epochs(2)
    config.set_max_steps_per_epoch(3)
    history = model.fit(x, y, epochs=5, batch_size=4, verbose=0)
    assert history.epoch == [0, 1]
    assert int(model.optimizer.iterations) == 6
    assert model.fit(x, y, epochs=5, initial_epoch=1, batch_size=4, verbose=0).epoch == [1]
    assert model.fit(x, y, steps_per_epoch=2, batch_size=4, verbose=0, epochs=1).epoch == [0]
    assert int(model.optimizer.iterations) == 11
    assert model.predict(x, batch_size=4, verbose=0).shape == (12, 1)
    assert model.predict(x[:8], batch_size=4, verbose=0).shape == (8, 1)
    config.set_max_epochs(None)
    config.set_max_steps_per_epoch(None)
    assert (config.max_epochs(), config.max_steps_per_epoch()) == (None, None)
    assert model.predict(x, batch_size=4, verbose=0).shape == (40, 1)
    assert model.fit(x, y, epochs=3, verbose=0).epoch == [0, 1, 2]


@pytest.mark.parametrize("value", [0, -3, "a", 1.5, True])
@pytest.mark.parametrize("name", ["max_epochs", "max_steps_per_epoch"])
def test_limits_that_make_no_sense(name, value):
    with pytest.raises(ArgumentError, match=f"`set_{name}` needs `{name}` to be a positive integer"):
        getattr(config, f"set_{name}")(value)


def run(code, **environment):
    variables = {**os.environ, "KERAS_BACKEND": "numpy", **environment}
    return subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False)


def test_limits_from_the_environment():
    code = "from keraslite import config; print(config.max_epochs(), config.max_steps_per_epoch())"
    assert run(code, KERAS_MAX_EPOCHS="3", KERAS_MAX_STEPS_PER_EPOCH="7").stdout.split() == ["3", "7"]
    assert run(code).stdout.split() == ["None", "None"]
    failed = run(code, KERAS_MAX_EPOCHS="many")
    assert "ConfigError: KERAS_MAX_EPOCHS needs to be a positive integer. Received 'many'." in failed.stderr


def test_switches_that_have_one_position():
    assert config.is_nnx_enabled() is False
    with pytest.warns(ConfigWarning, match="`enable_unsafe_deserialization` changes nothing: files are data"):
        config.enable_unsafe_deserialization()


def test_the_engine_of_the_process():
    code = (
        "import keraslite as keras\n"
        "keras.config.set_backend('numpy'); print(keras.config.backend())\n"
        "print(type(keras.ops.zeros(2)).__module__)\n"
        "keras.config.explain()"
    )
    done = run(code, KERAS_BACKEND="torch" if "torch" in registry.installed() else "numpy")
    assert done.stdout.split()[:2] == ["numpy", "numpy"], done.stderr
    assert re.search(r"backend +numpy +set_backend\(\)", done.stdout)
    with pytest.raises(UnknownBackendError, match="`set_backend` needs the name of an engine. Received 'foo'"):
        config.set_backend("foo")


# ---- policies ---------------------------------------------------------------------------------------------------


def test_policies_under_all_names():
    policy = keras.FloatDTypePolicy("mixed_bfloat16")
    assert keras.dtype_policies.FloatDTypePolicy is keras.FloatDTypePolicy
    assert policy == keras.DTypePolicy("mixed_bfloat16")
    assert hash(policy) == hash(keras.DTypePolicy("mixed_bfloat16"))
    assert (policy.name, policy.compute_dtype, policy.get_config()) == (
        "mixed_bfloat16", "bfloat16", {"name": "mixed_bfloat16"}
    )  # fmt: skip
    config_ = keras.dtype_policies.serialize(dtype_policy=policy)
    assert config_ == {
        "module": "keras", "class_name": "FloatDTypePolicy", "config": {"name": "mixed_bfloat16"},
        "registered_name": None,
    }  # fmt: skip
    assert keras.dtype_policies.deserialize(config_) == policy
    assert keras.dtype_policies.serialize("float16") == "float16"
    with pytest.raises(AttributeError):
        policy.name = "float32"


def test_a_policy_map_with_policies_of_ones_own():
    class Half(keras.DTypePolicy):
        def __init__(self, name="float16"):
            super().__init__(name)

    made = keras.dtype_policies.DTypePolicyMap(policy_map={"a/b": Half()})
    again = keras.dtype_policies.DTypePolicyMap.from_config(made.get_config(), custom_objects={"Half": Half})
    assert type(again["a/b"]) is Half
    assert again == made


# ---- legacy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"])
def test_optimizers_of_keras_2(name):
    with pytest.raises(
        ImportError, match=f"`optimizers.legacy.{name}` needs Keras 2. Use `keraslite.optimizers.{name}`"
    ):
        getattr(keras.optimizers.legacy, name)(0.1)
    assert hasattr(keras.optimizers, name)


def double(x):
    return 2 * x


def test_configs_of_keras_2():
    places = (keras.utils.legacy, keras.legacy.saving)
    for place in places:
        written = place.serialize_keras_object(layers.Dense(3, name="d"))
        assert (written["class_name"], written["config"]["units"]) == ("Dense", 3)
        made = place.deserialize_keras_object(written, module_objects={"Dense": layers.Dense})
        assert (type(made), made.units, made.name) == (layers.Dense, 3, "d")
        assert place.serialize_keras_object(double) == "double"
        assert place.serialize_keras_object(None) is None
        assert place.deserialize_keras_object(None) is None
        assert place.deserialize_keras_object("double", {"double": None}, {"double": double}) is double
        assert place.deserialize_keras_object(double) is double
        assert isinstance(place.deserialize_keras_object("Dense", {"Dense": keras.optimizers.SGD}), keras.Optimizer)


BAD = [
    ({"class_name": "Dense", "config": {"units": 3}}, UnknownNameError, "name of a known thing. Received 'Dense'"),
    ("os.system", UnknownNameError, "name of a known thing. Received 'os.system'"),
    ({"class_name": "Dense"}, SerializationError, "needs a dict with `class_name` and `config`"),
    (3, SerializationError, "needs a config, a name or a function. Received 3"),
]


@pytest.mark.parametrize(("identifier", "error", "message"), BAD, ids=str)
def test_configs_of_keras_2_that_name_nothing(identifier, error, message):
    with pytest.raises(error, match=message):
        keras.utils.legacy.deserialize_keras_object(identifier, printable_module_name="thing")


def test_what_has_no_config():
    with pytest.raises(SerializationError, match="needs an object with a `get_config` method, or a function. Rec"):
        keras.utils.legacy.serialize_keras_object(3)


# ---- optimizers, devices, variables ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["variables", "var_list"])
@pytest.mark.parametrize("cls", ["SGD", "Adam", "Nadam"])
def test_building_an_optimizer_by_either_name(cls, name, backend):
    for optimizer in (getattr(keras.optimizers, cls)(), keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam())):
        optimizer.build(**{name: [keras.Variable(np.ones(2))]})
        assert optimizer.built
    with pytest.raises(ArgumentError, match="needs the variables that it will update"):
        getattr(keras.optimizers, cls)().build()


def test_a_device_by_name(backend):
    with keras.device(device_name="cpu:0"):
        assert keras.Variable(np.ones(2), layout=None).numpy().tolist() == [1, 1]
    with pytest.raises(ArgumentError, match="`device` needs a device of engine"):
        keras.device(device_name="nowhere").__enter__()


# ---- interactive logging ----------------------------------------------------------------------------------------


@pytest.fixture
def silent(caplog):
    """The records of the logger, while nothing is printed."""
    config.disable_interactive_logging()
    caplog.set_level(logging.INFO, logger="keraslite")
    yield lambda: [record.getMessage() for record in caplog.records if record.name == "keraslite"]
    config.enable_interactive_logging()


def test_what_is_logged(differentiating_backend, silent, capsys):
    model, x, y = small_model()
    stopping = keras.callbacks.EarlyStopping("loss", patience=1, min_delta=1e9, verbose=1)
    model.fit(x, y, epochs=5, batch_size=10, verbose=1, callbacks=[stopping])
    model.evaluate(x, y, verbose=2)
    model.summary()
    bar = utils.Progbar(2)
    bar.add(1, [("a", 1.0)])
    bar.add(1, [("a", 3.0)])
    assert capsys.readouterr().out == ""
    lines = silent()
    assert re.match(r"Epoch 1/5 - 4/4 - .* - loss: \d", lines[0])
    assert re.match(r"Epoch 2/5 - 4/4", lines[1])
    assert lines[2] == "Epoch 2: early stopping"
    assert re.match(r"2/2 - .* - loss: \d", lines[3])
    assert lines[4].startswith('Model: "sequential')
    assert lines[-1].startswith("2/2 - ")
    assert lines[-1].endswith("a: 2.0000")
    assert not any(line.strip() == "" or "\r" in line for line in lines)


def test_what_is_printed_otherwise(differentiating_backend, capsys, caplog):
    model, x, y = small_model()
    caplog.set_level(logging.INFO, logger="keraslite")
    model.fit(x, y, batch_size=10)
    assert re.match(r"Epoch 1/1 - 4/4 - .* - loss: \d.*\n$", capsys.readouterr().out)
    assert not [record for record in caplog.records if record.name == "keraslite"]
    assert utils.is_interactive_logging_enabled()
