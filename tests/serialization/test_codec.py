"""Values to plain data and back, in Keras's spelling."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keraslite import layers, ops, serialization
from keraslite.dtype_policies import DTypePolicy, DTypePolicyMap
from keraslite.errors import ArgumentError, SerializationError, UnknownNameError, UnsafeModelError
from keraslite.layers.core.input_layer import Input
from keraslite.serialization import Configurable, custom_object_scope, deserialize, register_serializable, serialize


@register_serializable("tests")
def doubled(x):
    return 2 * x


def unregistered(x):
    return x


class Unregistered(Configurable):
    def __init__(self, a, b=2):
        self.a, self.b = a, b


@register_serializable("tests", "Renamed")
class Registered(Unregistered):
    pass


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (2.5, 2.5),
        ("a", "a"),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        ([1, "a", None], [1, "a", None]),
        ((1, (2,)), (1, (2,))),
        ({"a": (1, 2)}, {"a": (1, 2)}),
        (slice(1, None, 2), {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": 2}}),
        (..., {"class_name": "__ellipsis__", "config": {}}),
        (b"abc", {"class_name": "__bytes__", "config": {"value": "abc"}}),
    ],
)
def test_plain_values_are_spelled_as_keras_does(value, plain):
    assert serialize(value) == plain
    assert deserialize(serialize(value)) == value


def test_dtypes_become_names():
    assert serialize(np.float32) == "float32"
    assert serialize(np.dtype("int8")) == "int8"


def test_arrays():
    config = serialize(np.array([[1, 2]], "int32"))
    assert config == {"class_name": "__numpy__", "config": {"value": [[1, 2]], "dtype": "int32"}}
    back = deserialize(json.loads(json.dumps(config)))
    assert back.dtype == np.int32
    assert back.tolist() == [[1, 2]]


def test_tensors(backend):
    config = serialize(ops.convert_to_tensor(np.ones(2, "float32")))
    name = "__numpy__" if backend == "numpy" else "__tensor__"
    assert config == {"class_name": name, "config": {"value": [1.0, 1.0], "dtype": "float32"}}
    back = deserialize(config)
    assert ops.convert_to_numpy(back).tolist() == [1.0, 1.0]


def test_symbolic_tensors_name_their_layer():
    config = serialize(Input((3,), name="given"))
    assert config["class_name"] == "__keras_tensor__"
    assert config["config"] == {"shape": (None, 3), "dtype": "float32", "keras_history": ["given", 0, 0]}
    assert deserialize(config).shape == (None, 3)


def test_objects_of_ours_stand_under_keras_public_names():
    assert serialize(DTypePolicy("mixed_float16")) == {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "mixed_float16"},
        "registered_name": None,
    }
    policies = DTypePolicyMap("float32", {"a/b": "mixed_bfloat16"})
    config = serialize(policies)
    assert config["module"] == "keras.dtype_policies"
    assert config["config"]["policy_map"]["a/b"]["config"] == {"name": "mixed_bfloat16"}
    assert deserialize(config) == policies


def test_registered_objects_come_back_and_others_need_custom_objects():
    config = json.loads(json.dumps(serialize(Registered(1, b=3))))
    assert config["registered_name"] == "tests>Renamed"
    assert deserialize(config).b == 3
    config = serialize(Unregistered(1))
    assert config["config"] == {"a": 1, "b": 2}
    with pytest.raises(UnknownNameError, match=r"needs a class it knows. Received 'Unregistered'"):
        deserialize(config)
    assert deserialize(config, custom_objects={"Unregistered": Unregistered}).a == 1
    with custom_object_scope({"Unregistered": Unregistered}):
        assert deserialize(config).a == 1


def test_functions_go_by_name():
    config = serialize(doubled)
    assert config == {
        "module": "builtins", "class_name": "function", "config": "tests>doubled", "registered_name": "function",
    }  # fmt: skip
    assert deserialize(config) is doubled
    config = serialize(unregistered)
    assert config["config"] == "unregistered"
    with pytest.raises(UnknownNameError, match=r"needs a function it knows"):
        deserialize(config)
    assert deserialize(config, custom_objects={"unregistered": unregistered}) is unregistered


def test_functions_of_ours_go_by_name_and_cannot_be_shadowed():
    def our_own(x):
        return x

    serialization.builtin_functions("ops", {"our_own_test_function": our_own})
    config = serialize(our_own)
    assert config["config"] == "our_own_test_function"
    assert deserialize(config, custom_objects={"our_own_test_function": doubled}) is our_own

    def our_own_test_function(x):
        return x

    with pytest.raises(SerializationError, match=r"whose name is its own"):
        serialize(our_own_test_function)


def test_classes_of_ours_cannot_be_shadowed():
    config = serialize(DTypePolicy("float32"))
    back = deserialize(config, custom_objects={"DTypePolicy": Unregistered})
    assert type(back) is DTypePolicy


def test_lambdas_are_refused():
    with pytest.raises(SerializationError, match=r"needs a function with a name"):
        serialize(lambda x: x)
    with pytest.raises(UnsafeModelError, match=r"which is code"):
        deserialize({"class_name": "__lambda__", "config": {"code": "4wEA"}})


@pytest.mark.parametrize("value", [1 + 2j, {1, 2}, object(), Unregistered])
def test_other_values_are_refused(value):
    with pytest.raises(SerializationError, match=r"`serialize` needs"):
        serialize(value)


def test_a_module_is_never_imported():
    config = {"module": "os", "class_name": "system", "config": {}, "registered_name": "system"}
    with pytest.raises(UnknownNameError, match=r"'system'"):
        deserialize(config)


def test_unknown_classes_of_keras_get_the_nearest_name():
    config = {"module": "keras.dtype_policies", "class_name": "DTypePolicyMop", "config": {}, "registered_name": None}
    with pytest.raises(UnknownNameError, match=r"Did you mean 'keras.dtype_policies.DTypePolicyMap'\?"):
        deserialize(config)


def test_a_config_that_does_not_fit_names_the_class():
    config = {**serialize(Registered(1)), "config": {"a": 1, "zzz": 2}}
    with pytest.raises(SerializationError, match=r"Registered|Renamed"):
        deserialize(config)


def test_shared_objects_stay_shared():
    one = Registered(1)
    with serialization.sharing_scope():
        config = serialize([one, one, Registered(2)])
    assert config[0]["shared_object_id"] == config[1]["shared_object_id"]
    with serialization.sharing_scope():
        a, b, c = deserialize(config)
    assert a is b
    assert c is not a


def test_arguments_of_earlier_versions_of_keras():
    known = {"double": doubled, "Flat": layers.Flatten}
    options = {"module_objects": known, "printable_module_name": "layer"}
    assert isinstance(deserialize(serialize(layers.Flatten()), **options), layers.Flatten)
    assert deserialize("double", **options) is doubled
    assert isinstance(deserialize("Flat", **options), layers.Flatten)
    assert isinstance(deserialize({"class_name": "Flat", "config": {}}, **options), layers.Flatten)
    assert deserialize("other", **options) == "other"
    with pytest.raises(ArgumentError, match="'modul'"):
        deserialize("double", modul=known)


def test_what_holds_itself():
    loop = [1]
    loop.append(loop)
    with pytest.raises(SerializationError, match="holds itself"):
        serialize({"loop": loop})
